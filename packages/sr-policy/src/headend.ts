import { EventEmitter } from 'node:events'
import { COLORS, InvalidInputError, NoCandidatePathError, UnknownDestinationError, ms } from '@srwan/interface'
import type { Color, DatapathEvents, DelayMatrix, Logger, Member, Milliseconds, PathDecision, Sid, Timer } from '@srwan/interface'
import { MAX_TRANSITS } from '@srwan/topology'
import { DEBOUNCE, GOOD_NEWS_INTERVALS } from './constants.ts'
import { afterAvoidance, passes } from './avoidance.ts'
import { DecisionQueue } from './decision-queue.ts'
import type { Urgency } from './decision-queue.ts'
import { desiredConfig } from './desired-config.ts'
import { NarrowPaths } from './narrow-paths.ts'
import type { DecideOptions, SrPolicy, SrPolicyComponents, SrPolicyEvents, SrPolicyInit } from './sr-policy.ts'
import { activePair, afterDeparture, afterRound, afterSwitch, newRecord } from './policy-record.ts'
import type { PolicyRecord, StepContext } from './policy-record.ts'
import { planProbes } from './probe-plan.ts'
import { probeRound } from './probe-round.ts'
import { dueRound, hasMatrixFilled, knownShare } from './round-triggers.ts'
import { isDefaultPath } from './segment-lists.ts'

const NEVER = ms(-Infinity)
const NOBODY: ReadonlySet<Sid> = new Set()
/** Colours that this headend can decide. */
const DECIDABLE: ReadonlySet<Color> = new Set<Color>(['latency'])

/** Wires roster, matrix and datapath to the pure parts: plan, judge, choose, desired configuration. */
export class Headend implements SrPolicy {
  readonly #components: SrPolicyComponents
  readonly #pulseInterval: Milliseconds
  readonly #maxTransits: number
  readonly #transit: boolean
  readonly #log: Logger
  readonly #events = new EventEmitter()
  readonly #queue = new DecisionQueue<PathDecision>()
  readonly #records = new Map<string, PolicyRecord>()
  readonly #narrow = new NarrowPaths()
  readonly #lastDemand = new Map<string, Milliseconds>()
  /** Of the own group first, then those of other groups with a lease. */
  #members: ReadonlyMap<Sid, Member> = new Map()
  #groupSize = 0
  #isRunning = false
  #pulse: Timer | undefined
  #review: Timer | undefined
  #configuredAt = NEVER

  constructor(components: SrPolicyComponents, init: SrPolicyInit) {
    this.#components = components
    this.#pulseInterval = init.pulseInterval
    this.#maxTransits = init.maxTransits ?? MAX_TRANSITS
    this.#transit = init.transit
    this.#log = components.logger.forComponent('srwan:sr-policy')
    if (!Number.isInteger(this.#maxTransits) || this.#maxTransits < 0 || this.#maxTransits > MAX_TRANSITS) {
      throw new InvalidInputError({ source: 'SR policy', field: 'maxTransits' }, `is ${this.#maxTransits}, not 0 to ${MAX_TRANSITS}`)
    }
  }

  get improvedCount(): number {
    return this.decisions().filter(({ forward, reverse }) => !isDefaultPath(forward.active) || !isDefaultPath(reverse.active)).length
  }

  start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.#isRunning) return Promise.resolve()
    const { datapath, matrix, roster, beyond, clock } = this.#components
    this.#isRunning = true
    roster.on('change', this.#onRoster)
    beyond?.on('change', this.#onRoster)
    matrix.on('update', this.#onMatrix)
    datapath.on('demand', this.#onDemand)
    datapath.on('switched', this.#onSwitched)
    datapath.on('pathFailed', this.#onPathFailed)
    datapath.on('pathMtu', this.#onPathMtu)
    this.#components.avoided?.on('change', this.#onAvoided)
    this.#pulse = clock.setInterval(() => {
      this.#reviewSoon()
    }, this.#pulseInterval)
    this.#onRoster()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    const { datapath, matrix, roster, beyond } = this.#components
    this.#isRunning = false
    roster.off('change', this.#onRoster)
    beyond?.off('change', this.#onRoster)
    matrix.off('update', this.#onMatrix)
    datapath.off('demand', this.#onDemand)
    datapath.off('switched', this.#onSwitched)
    datapath.off('pathFailed', this.#onPathFailed)
    datapath.off('pathMtu', this.#onPathMtu)
    this.#components.avoided?.off('change', this.#onAvoided)
    this.#pulse?.cancel()
    this.#review?.cancel()
    this.#review = undefined
    this.#queue.clear(new NoCandidatePathError('the headend was stopped'))
    return Promise.resolve()
  }

  on<K extends keyof SrPolicyEvents>(name: K, listener: (event: SrPolicyEvents[K]) => void): void {
    this.#events.on(name, listener)
  }

  off<K extends keyof SrPolicyEvents>(name: K, listener: (event: SrPolicyEvents[K]) => void): void {
    this.#events.off(name, listener)
  }

  decision(endpoint: Sid, color: Color): PathDecision | undefined {
    return this.#records.get(keyOf(endpoint, color))?.decision
  }

  decisions(): readonly PathDecision[] {
    return [...this.#records.values()].flatMap(({ decision }) => decision ?? [])
  }

  async decide(endpoint: Sid, color: Color, options: DecideOptions = {}): Promise<PathDecision> {
    options.signal?.throwIfAborted()
    this.#check(endpoint, color)
    const record = this.#records.get(keyOf(endpoint, color))
    const age = this.#components.clock.now() - (record?.decision?.decidedAt ?? NEVER)
    const isFresh = age < GOOD_NEWS_INTERVALS * this.#pulseInterval && record !== undefined && !hasMatrixFilled(record, knownShare(this.#matrix(), this.#groupSize))
    if (isFresh && options.fresh !== true && record.decision !== undefined) return record.decision
    return unlessAborted(this.#enqueue(endpoint, color, 'request'), options.signal)
  }

  #check(endpoint: Sid, color: Color): void {
    if (!this.#isRunning) throw new NoCandidatePathError('the headend is not running')
    if (!DECIDABLE.has(color)) throw new InvalidInputError({ source: 'path request', field: 'color' }, `\`${color}\` cannot be decided yet`, { remedy: 'use `latency`' })
    if (!this.#isReachable(endpoint) && !this.#isBeyond(endpoint)) throw new UnknownDestinationError(`no other member of this network has the SID ${endpoint}`)
  }

  #isReachable(endpoint: Sid): boolean {
    return endpoint !== this.#components.self.sid && this.#members.get(endpoint)?.descriptor.endpoints[0] !== undefined
  }

  /** A router of another group: what leads to it is asked of `beyond`, not of the matrix. */
  #isBeyond(endpoint: Sid): boolean {
    const { beyond, roster } = this.#components
    return beyond?.knows(endpoint) === true && !roster.current().members.some(({ sid }) => sid === endpoint)
  }

  #enqueue(endpoint: Sid, color: Color, urgency: Urgency): Promise<PathDecision> {
    return this.#queue.run(keyOf(endpoint, color), urgency, (signal) => this.#decideNow(endpoint, color, signal))
  }

  async #decideNow(endpoint: Sid, color: Color, signal: AbortSignal): Promise<PathDecision> {
    const { datapath, clock, self } = this.#components
    const beyond = this.#isBeyond(endpoint) ? await this.#components.beyond?.candidates(endpoint, signal) : undefined
    if (!this.#isReachable(endpoint)) throw new UnknownDestinationError(`the member with the SID ${endpoint} has left`)
    const key = keyOf(endpoint, color)
    const before = this.#records.get(key) ?? newRecord({ self: self.sid, endpoint, color }, clock.now())
    const matrix = this.#matrix()
    const pairs = planProbes({
      self: self.sid,
      endpoint,
      matrix,
      at: clock.now(),
      maxTransits: this.#maxTransits,
      transits: this.#transits(),
      active: activePair(before),
      beyond,
      standby: { forward: before.decision?.forward.standby, reverse: before.decision?.reverse.standby }
    })
    const probed = await probeRound({ datapath, clock, endpoint, color, pairs: this.#known(pairs) }, signal)
    if (!this.#isReachable(endpoint)) throw new UnknownDestinationError(`the member with the SID ${endpoint} has left`)
    const judgement = this.#narrow.without(probed, { endpoint, color }, clock.now())
    const isBlind = beyond !== undefined && beyond.forward.length === 0
    const round = { judgement, coverage: isBlind ? 0 : knownShare(matrix, this.#groupSize) }
    const after = afterRound(this.#records.get(key) ?? before, round, this.#step())
    const present = afterDeparture(after, (sid) => this.#members.has(sid), this.#step())
    const record = afterAvoidance(present, this.#avoided(), this.#step())
    this.#adopt(key, record)
    if (record.decision === undefined) throw new NoCandidatePathError(`no path to ${endpoint}`)
    return record.decision
  }

  /** Pairs whose every transit is still a member (the datapath knows no others) and carries for this node. */
  #known(pairs: ReturnType<typeof planProbes>): ReturnType<typeof planProbes> {
    const { sid } = this.#components.self
    const avoided = this.#avoided()
    return pairs
      .filter(({ forward, reverse }) => [...forward, ...reverse].every((segment) => segment === sid || this.#isReachable(segment)))
      .filter(({ forward, reverse }) => !passes(forward, avoided) && !passes(reverse, avoided))
  }

  #avoided(): ReadonlySet<Sid> {
    return this.#components.avoided?.current() ?? NOBODY
  }

  #adopt(key: string, record: PolicyRecord): void {
    this.#records.set(key, record)
    this.#configure()
    if (record.decision === undefined) return
    this.#log.debug('path decided', { endpoint: record.endpoint, color: record.color, explanation: record.decision.explanation })
    this.#events.emit('decided', record.decision)
  }

  readonly #onRoster = (): void => {
    const { roster, beyond } = this.#components
    const { members } = roster.current()
    const own = new Set(members.map(({ sid }) => sid))
    const outside = (beyond?.current() ?? []).filter(({ sid }) => !own.has(sid))
    this.#groupSize = own.size
    this.#members = new Map([...members, ...outside].map((member) => [member.sid, member]))
    for (const [key, record] of this.#records) {
      if (!this.#isReachable(record.endpoint)) {
        this.#records.delete(key)
        this.#lastDemand.delete(key)
        continue
      }
      const next = afterDeparture(record, (sid) => this.#members.has(sid), this.#step())
      if (next !== record) this.#adopt(key, next)
    }
    this.#configure()
    this.#reviewSoon()
  }

  /** Their paths are left now; a round finds better ones than the standby or the default path. */
  readonly #onAvoided = (avoided: ReadonlySet<Sid>): void => {
    for (const [key, record] of this.#records) {
      const next = afterAvoidance(record, avoided, this.#step())
      if (next === record) continue
      this.#adopt(key, next)
      this.#decideInBackground(record.endpoint, record.color, 'broken')
    }
    this.#configure()
  }

  readonly #onMatrix = (): void => {
    this.#reviewSoon()
  }

  readonly #onDemand = (event: DatapathEvents['demand']): void => {
    const color = colorOf(event.color)
    if (color === undefined || !DECIDABLE.has(color) || !this.#isReachable(event.endpoint)) return
    const key = keyOf(event.endpoint, color)
    this.#lastDemand.set(key, this.#components.clock.now())
    if (this.#records.get(key)?.decision === undefined) this.#decideInBackground(event.endpoint, color, 'request')
  }

  readonly #onSwitched = (event: DatapathEvents['switched']): void => {
    const color = colorOf(event.color)
    const record = color === undefined ? undefined : this.#records.get(keyOf(event.endpoint, color))
    if (color === undefined || record === undefined) return
    this.#adopt(keyOf(event.endpoint, color), afterSwitch(record, { forward: event.forward, reverse: event.reverse }, this.#step()))
    this.#components.clock.setTimeout(() => {
      if (this.#isRunning) this.#decideInBackground(event.endpoint, color, 'broken')
    }, DEBOUNCE)
  }

  /** The pair in use is silent and nothing better is known to the datapath, or the standby is dead before it was needed. */
  readonly #onPathFailed = (event: DatapathEvents['pathFailed']): void => {
    const color = colorOf(event.color)
    const decision = color === undefined ? undefined : this.#records.get(keyOf(event.endpoint, color))?.decision
    if (color === undefined || decision === undefined) return
    const isRecent = this.#components.clock.now() - decision.decidedAt < this.#pulseInterval
    if (event.role === 'active') this.#decideInBackground(event.endpoint, color, 'broken')
    else if (!isRecent) this.#decideInBackground(event.endpoint, color, 'routine')
  }

  /** Probes of a round are small and pass a path that is too narrow: the datapath's word is what excludes it. */
  readonly #onPathMtu = (event: DatapathEvents['pathMtu']): void => {
    const color = colorOf(event.color)
    if (color === undefined || !this.#narrow.note(event, this.#components.clock.now())) return
    if (this.#records.get(keyOf(event.endpoint, color))?.decision === undefined) return
    this.#components.clock.setTimeout(() => {
      if (this.#isRunning) this.#decideInBackground(event.endpoint, color, 'broken')
    }, DEBOUNCE)
  }

  #reviewSoon(): void {
    if (!this.#isRunning) return
    this.#review ??= this.#components.clock.setTimeout(() => {
      this.#review = undefined
      if (this.#isRunning) this.#reviewAll()
    }, DEBOUNCE)
  }

  #reviewAll(): void {
    const now = this.#components.clock.now()
    const matrix = this.#matrix()
    const common = {
      self: this.#components.self.sid,
      matrix,
      share: knownShare(matrix, this.#groupSize),
      now,
      pulseInterval: this.#pulseInterval,
      maxTransits: this.#maxTransits,
      transits: this.#transits()
    }
    for (const [key, record] of this.#records) {
      if (this.#queue.has(key)) continue
      const urgency = dueRound({ ...common, record, lastDemand: this.#lastDemand.get(key) ?? NEVER })
      if (urgency !== undefined) this.#decideInBackground(record.endpoint, record.color, urgency)
    }
    // the relays of each peer follow the matrix, slowly
    if (now - this.#configuredAt >= GOOD_NEWS_INTERVALS * this.#pulseInterval) this.#configure()
  }

  #decideInBackground(endpoint: Sid, color: Color, urgency: Urgency): void {
    this.#enqueue(endpoint, color, urgency).catch((error: unknown) => {
      if (this.#isRunning) this.#log.debug('a decision failed', { endpoint, color, error })
    })
  }

  #configure(): void {
    if (!this.#isRunning) return
    const { datapath, self, localPrefixes, clock } = this.#components
    this.#configuredAt = clock.now()
    const state = {
      self: self.sid,
      localPrefixes,
      transit: this.#transit,
      members: [...this.#members.values()].slice(0, this.#groupSize),
      guests: [...this.#members.values()].slice(this.#groupSize).map((member) => ({ member, relays: this.#components.beyond?.relaysTo(member.sid) ?? [] })),
      matrix: this.#matrix(),
      at: clock.now(),
      decisions: this.decisions(),
      avoided: this.#avoided()
    }
    try {
      datapath.reconfigure(desiredConfig(state))
    } catch (error) {
      this.#log.error('the datapath refused its configuration; the one before stays', { error })
    }
  }

  #matrix(): DelayMatrix {
    return this.#components.matrix.current()
  }

  #transits(): readonly Sid[] {
    const avoided = this.#avoided()
    const isTransit = ({ sid, descriptor }: Member): boolean => descriptor.roles.includes('transit') && descriptor.endpoints.length > 0 && !avoided.has(sid)
    return [...this.#members.values()].filter(isTransit).map(({ sid }) => sid)
  }

  #step(): StepContext {
    return { now: this.#components.clock.now(), pulseInterval: this.#pulseInterval, nameOf: (sid) => this.#members.get(sid)?.name }
  }
}

function keyOf(endpoint: Sid, color: Color): string {
  return `${endpoint} ${color}`
}

function colorOf(wire: number): Color | undefined {
  return (Object.keys(COLORS) as Color[]).find((color) => COLORS[color] === wire)
}

/** The promise's outcome, or the signal's reason where that comes first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort)
    })
  })
}
