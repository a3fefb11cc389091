import { ms } from '@srwan/interface'
import type {
  Clock,
  ComponentLogger,
  Datapath,
  DatapathEvents,
  EvidenceFinding,
  Logger,
  MatrixSource,
  Milliseconds,
  PathDecision,
  Random,
  RosterSource,
  Sid,
  Signer,
  Startable,
  Timer
} from '@srwan/interface'
import { LEAST_OCTETS } from '@srwan/quarantine'
import type { Observation, Quarantine, TrialCause } from '@srwan/quarantine'
import type { PulseContradiction } from '@srwan/measurement'
import type { SrPolicy } from '@srwan/sr-policy'
import { pathCost } from '@srwan/topology'
import { AnswerWatch } from './answer-watch.ts'
import type { AnswerTimes } from './answer-watch.ts'
import { BlackHoleCases } from './black-hole-case.ts'
import { CarriageWatch, SAMPLE_INTERVAL } from './carriage-watch.ts'
import { DelayWatch } from './delay-watch.ts'
import { tryRouter } from './router-trial.ts'
import { TrialBudget } from './trial-budget.ts'

/** A router that answered a pair probe within this many pulse intervals answers probes. */
const HEARD_INTERVALS = 2
/** A trial that has not ended after this says nothing. */
const TRIAL_TIMEOUT = ms(30_000)
/** Between trials of one router on own suspicion, in pulse intervals. */
const RETRY_INTERVALS = 3

/** What evidence is gathered from; it starts and stops none of these. */
export interface EvidenceComponents {
  readonly datapath: Pick<Datapath, 'on' | 'off' | 'sessions' | 'probePaths'>
  readonly matrix: MatrixSource
  /** Inequalities between columns. */
  readonly findings: () => readonly EvidenceFinding[]
  /** Routers that signed two pulses which cannot both be true. @default none */
  readonly contradictions?: () => readonly PulseContradiction[]
  readonly srPolicy: Pick<SrPolicy, 'on' | 'off' | 'improvedCount'>
  readonly quarantine: Quarantine
  readonly roster: RosterSource
  readonly self: Pick<Signer, 'sid'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
}

/** Knobs. */
export interface EvidenceInit {
  readonly pulseInterval: Milliseconds
}

/** Watches what routers do for this node, tries those that are suspect, and tells the quarantine; nothing before `start`. */
export function createEvidence(components: EvidenceComponents, init: EvidenceInit): Startable {
  return new EvidenceService(components, init)
}

class EvidenceService implements Startable {
  readonly #components: EvidenceComponents
  readonly #pulseInterval: Milliseconds
  readonly #log: Logger
  readonly #carriage = new CarriageWatch()
  readonly #cases = new BlackHoleCases()
  readonly #answers = new AnswerWatch()
  readonly #delays: DelayWatch
  readonly #budget: TrialBudget
  readonly #triedAt = new Map<Sid, Milliseconds>()
  /** Paths in use by endpoint, as they were before a switch. */
  #active = new Map<Sid, readonly Sid[]>()
  #timers: readonly Timer[] = []
  #trial: AbortController | undefined

  constructor(components: EvidenceComponents, init: EvidenceInit) {
    this.#components = components
    this.#pulseInterval = init.pulseInterval
    this.#delays = new DelayWatch(components.self.sid)
    this.#budget = new TrialBudget(components.clock)
    this.#log = components.logger.forComponent('srwan:evidence')
  }

  start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.#timers.length > 0) return Promise.resolve()
    const { datapath, srPolicy, clock } = this.#components
    datapath.on('probe', this.#onProbe)
    datapath.on('probeLost', this.#onProbeLost)
    datapath.on('session', this.#onSession)
    datapath.on('switched', this.#onSwitched)
    datapath.on('pathFailed', this.#onPathFailed)
    srPolicy.on('decided', this.#onDecided)
    this.#timers = [clock.setInterval(this.#everySecond, ms(SAMPLE_INTERVAL)), clock.setInterval(this.#everyPulse, this.#pulseInterval)]
    return Promise.resolve()
  }

  stop(): Promise<void> {
    const { datapath, srPolicy } = this.#components
    datapath.off('probe', this.#onProbe)
    datapath.off('probeLost', this.#onProbeLost)
    datapath.off('session', this.#onSession)
    datapath.off('switched', this.#onSwitched)
    datapath.off('pathFailed', this.#onPathFailed)
    srPolicy.off('decided', this.#onDecided)
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
    this.#trial?.abort(new Error('the node stops'))
    return Promise.resolve()
  }

  readonly #onProbe = (event: DatapathEvents['probe']): void => {
    this.#answers.answered(event, this.#components.clock.now())
  }
  readonly #onProbeLost = (event: DatapathEvents['probeLost']): void => {
    this.#answers.lost(event)
  }
  readonly #onSession = (event: DatapathEvents['session']): void => {
    this.#reportWorth(this.#answers.session(event, this.#times()))
  }

  /** The datapath left a path: its transits are tried if they answer probes. */
  readonly #onSwitched = ({ endpoint }: DatapathEvents['switched']): void => {
    this.#suspectAll(this.#active.get(endpoint) ?? [])
  }
  readonly #onPathFailed = ({ forward, reverse }: DatapathEvents['pathFailed']): void => {
    this.#suspectAll([...forward.slice(0, -1), ...reverse.slice(0, -1)])
  }

  readonly #onDecided = (decision: PathDecision): void => {
    const { matrix, clock, self } = this.#components
    const candidates = [...decision.forward.candidates, ...decision.reverse.candidates]
    const answered = new Set(candidates.filter(({ cost }) => cost !== undefined).flatMap(({ segments }) => segments.slice(0, -1)))
    const lost = candidates.filter(({ reason, cost }) => reason === 'unreachable' && cost === undefined).flatMap(({ segments }) => segments.slice(0, -1))
    if (candidates.some(({ cost }) => cost !== undefined)) this.#suspectAll(lost.filter((transit) => !answered.has(transit)))
    const current = matrix.current()
    const at = clock.now()
    const direct = pathCost(current, { from: self.sid, segments: [decision.endpoint] }, at)
    const predicted = (segments: readonly Sid[]): number | undefined => {
      const cost = pathCost(current, { from: self.sid, segments }, at)
      return cost === undefined || direct === undefined ? undefined : cost - direct
    }
    this.#reportAll(this.#delays.takeRound(decision, predicted))
  }

  #suspectAll(transits: readonly Sid[]): void {
    const { clock, quarantine, self } = this.#components
    const now = clock.now()
    for (const router of new Set(transits)) {
      const isFresh = now - (this.#triedAt.get(router) ?? -Infinity) < RETRY_INTERVALS * this.#pulseInterval
      if (router !== self.sid && !isFresh && this.#answers.isHeardSince(router, this.#heardSince())) quarantine.suspect(router)
    }
  }

  readonly #everySecond = (): void => {
    const { datapath, clock, quarantine } = this.#components
    const sessions = datapath.sessions()
    this.#active = new Map(
      sessions.flatMap(({ role, egress, active }) =>
        role === 'ingress' && active !== undefined ? [[egress, [...active.forward.slice(0, -1), ...active.reverse.slice(0, -1)]]] : []
      )
    )
    const { avoid, relieve, observations, carried } = this.#cases.take(this.#carriage.sample(sessions, clock.now()), clock.now())
    for (const router of avoid) quarantine.avoid(router, 'data over it did not arrive while probes did (black-hole)')
    for (const router of relieve) quarantine.relieve(router)
    const accused = new Set(quarantine.verdicts().map(({ router }) => router))
    const cleared = [...carried].filter(([router, { sent }]) => accused.has(router) && sent >= LEAST_OCTETS)
    this.#reportAll([
      ...observations,
      ...cleared.map(([subject, { endpoint, sent, arrived }]) => ({
        subject,
        class: 'black-hole' as const,
        holds: false,
        windowSeconds: 3,
        seenWith: [endpoint],
        figures: { octetsSent: sent, octetsArrived: arrived }
      }))
    ])
    this.#tryNext()
  }

  readonly #everyPulse = (): void => {
    const { findings, matrix, roster, self, quarantine } = this.#components
    const routers = roster.current().members.flatMap(({ sid }) => (sid === self.sid ? [] : [sid]))
    const known = new Set(routers)
    this.#answers.keepOnly(known)
    for (const router of this.#triedAt.keys()) if (!known.has(router)) this.#triedAt.delete(router)
    this.#reportWorth([...this.#delays.take(findings(), routers), ...this.#answers.observations(matrix.current(), self.sid, this.#times())])
    for (const { router, messages } of this.#components.contradictions?.() ?? []) void quarantine.prove(router, messages)
  }

  /** That somebody is honest is worth a word only where the opposite was said. */
  #reportWorth(seen: readonly Omit<Observation, 'at'>[]): void {
    if (seen.length === 0) return
    const accused = new Set(this.#components.quarantine.verdicts().map(({ router }) => router))
    this.#reportAll(seen.filter(({ holds, subject }) => holds || accused.has(subject)))
  }

  #reportAll(observations: readonly Omit<Observation, 'at'>[]): void {
    for (const observation of observations) {
      this.#components.quarantine.report(observation).catch((error: unknown) => {
        this.#log.warn('an observation was not written', { error })
      })
    }
  }

  /** One trial at a time. */
  #tryNext(): void {
    const { quarantine, roster } = this.#components
    if (this.#trial !== undefined) return
    const members = new Set(roster.current().members.map(({ sid }) => sid))
    for (const { router, cause } of quarantine.trialsWanted()) {
      const isRecent = this.#components.clock.now() - (this.#triedAt.get(router) ?? -Infinity) < this.#pulseInterval
      if (!members.has(router) || isRecent) {
        if (!members.has(router)) quarantine.tried(router)
        continue
      }
      if (cause !== 'own' && !this.#budget.take()) continue
      this.#run(router, cause)
      return
    }
  }

  #run(router: Sid, cause: TrialCause): void {
    const { datapath, self, quarantine, clock } = this.#components
    const abort = new AbortController()
    this.#trial = abort
    this.#triedAt.set(router, clock.now())
    const started = clock.now()
    const timer = clock.setTimeout(() => {
      abort.abort(new Error('the trial took too long'))
    }, TRIAL_TIMEOUT)
    tryRouter({ datapath, self: self.sid }, { router, egresses: this.#egressesFor(router) }, abort.signal)
      .then((outcome) => {
        if (this.#timers.length > 0) this.#conclude(router, outcome, started)
      })
      .catch((error: unknown) => {
        this.#log.debug('a trial failed', { router, error })
      })
      .finally(() => {
        timer.cancel()
        quarantine.tried(router)
        this.#trial = undefined
        this.#log.debug('a router was tried', { router, cause })
      })
  }

  #conclude(router: Sid, outcome: Omit<Observation, 'at'> | undefined, started: Milliseconds): void {
    const { quarantine, clock } = this.#components
    const isHeard = this.#answers.isHeardSince(router, ms(started - HEARD_INTERVALS * this.#pulseInterval))
    if (outcome === undefined || (outcome.holds && !isHeard)) return
    this.#triedAt.set(router, clock.now())
    const accused = quarantine.verdicts().some((verdict) => verdict.router === router)
    if (outcome.holds) quarantine.avoid(router, 'carries no data although it answers probes (black-hole)')
    else quarantine.relieve(router)
    if (outcome.holds || accused) this.#reportAll([outcome])
  }

  /** Members whose delays to and from the router are known, so that it answers their probes; in random order, or a router could serve some only. */
  #egressesFor(router: Sid): readonly Sid[] {
    const { matrix, self, random } = this.#components
    const { sids, cells } = matrix.current()
    const index = sids.indexOf(router)
    if (index < 0) return []
    const others = sids.filter((sid, other) => {
      if (sid === router || sid === self.sid) return false
      return cells[index]?.[other]?.oneWayDelay !== undefined && cells[other]?.[index]?.oneWayDelay !== undefined
    })
    return others
      .map((sid) => ({ sid, rank: random.next() }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ sid }) => sid)
  }

  #heardSince(): Milliseconds {
    return this.#times().heardSince
  }

  #times(): AnswerTimes {
    const now = this.#components.clock.now()
    return { now, heardSince: ms(now - HEARD_INTERVALS * this.#pulseInterval) }
  }
}
