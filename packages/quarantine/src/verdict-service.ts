import { EventEmitter } from 'node:events'
import { epochAt, ms } from '@srwan/interface'
import type { Logger, Member, Milliseconds, PeerIdText, QuarantineVerdict, Sid, Timer } from '@srwan/interface'
import { judge } from './judge.ts'
import { isConclusive, observationBody, observationKey, parseObservation } from './observation.ts'
import type { Observation } from './observation.ts'
import { ProofBook } from './proof-book.ts'
import { isContradicted } from './recomputed.ts'
import { isTwoColumns, twoColumnsBody, twoColumnsKey } from './two-columns.ts'
import { OwnEvidence } from './own-evidence.ts'
import { quarantineParameters, RELAPSE_MEMORY } from './parameters.ts'
import type { QuarantineParameters } from './parameters.ts'
import type { Quarantine, QuarantineComponents, QuarantineInit, TrialCause } from './quarantine.ts'
import type { Testimony, Witness } from './testimony.ts'

/** Entries that come together are judged together. */
const DEBOUNCE = ms(300)
/** Observations of this node in one epoch: a log has 256 places. */
const MAX_REPORTS_PER_EPOCH = 60
/** Own suspicions that wait for a trial. */
const MAX_SUSPICIONS = 32
/** Most epochs that an entry counts for. */
const MAX_TTL = 192

/** Binds the pure verdicts to log, roster and clock. */
export class VerdictService implements Quarantine {
  readonly #components: QuarantineComponents
  readonly #init: QuarantineInit
  readonly #parameters: QuarantineParameters
  readonly #log: Logger
  readonly #events = new EventEmitter()
  readonly #own: OwnEvidence
  readonly #proofs: ProofBook
  readonly #suspicions = new Set<Sid>()
  readonly #said = new Map<string, { holds: boolean; at: Milliseconds }>()
  readonly #taken = new WeakMap<object, Observation | 'nothing'>()
  readonly #proving = new Set<Sid>()
  #reports = { epoch: -1, count: 0 }
  #judged: readonly QuarantineVerdict[] = []
  #current: ReadonlySet<Sid> = new Set()
  #malformed = 0
  #contradicted = 0
  #tick: Timer | undefined
  #soon: Timer | undefined
  #isRunning = false

  constructor(components: QuarantineComponents, init: QuarantineInit) {
    this.#components = components
    this.#init = init
    this.#parameters = quarantineParameters(init)
    this.#own = new OwnEvidence(this.#parameters.sentence)
    this.#proofs = new ProofBook({ networkId: init.networkId ?? '', epoch: init.epoch, verify: components.verify ?? (() => undefined) })
    this.#log = components.logger.forComponent('srwan:quarantine')
  }

  start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.#isRunning) return Promise.resolve()
    this.#isRunning = true
    const { log, roster, clock } = this.#components
    log.on('change', this.#judgeSoon)
    roster.on('change', this.#judgeSoon)
    this.#tick = clock.setInterval(this.#judge, ms(Math.max(1000, this.#init.pulseInterval / 2)))
    this.#judge()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#isRunning = false
    const { log, roster } = this.#components
    log.off('change', this.#judgeSoon)
    roster.off('change', this.#judgeSoon)
    this.#tick?.cancel()
    this.#soon?.cancel()
    this.#soon = undefined
    return Promise.resolve()
  }

  on(name: 'change', listener: (event: ReadonlySet<Sid>) => void): void {
    this.#events.on(name, listener)
  }

  off(name: 'change', listener: (event: ReadonlySet<Sid>) => void): void {
    this.#events.off(name, listener)
  }

  current(): ReadonlySet<Sid> {
    return this.#current
  }

  malformed(): number {
    return this.#malformed + this.#proofs.malformed()
  }

  contradicted(): number {
    return this.#contradicted
  }

  verdicts(): readonly QuarantineVerdict[] {
    const verdicts = new Map(this.#judged.map((verdict) => [verdict.router, verdict]))
    for (const [router, { since, reason }] of this.#own.list()) {
      const known = verdicts.get(router)
      const reasons = [`seen by this node: ${reason}`, ...(known?.reasons ?? [])]
      verdicts.set(router, { ...(known ?? { router, state: 'suspected', since }), reasons, isAvoided: true })
    }
    return [...verdicts.values()].toSorted((a, b) => (a.router < b.router ? -1 : 1))
  }

  avoid(router: Sid, reason: string): void {
    if (router === this.#components.self.sid) return
    this.#own.avoid(router, reason, this.#now())
    this.#log.info('a router is left out of paths, on own evidence', { router, reason })
    this.#publish()
  }

  relieve(router: Sid): void {
    if (!this.#own.relieve(router)) return
    this.#log.info('own evidence against a router is void', { router })
    this.#publish()
  }

  suspect(router: Sid): void {
    if (this.#suspicions.size < MAX_SUSPICIONS && router !== this.#components.self.sid) this.#suspicions.add(router)
  }

  tried(router: Sid): void {
    this.#suspicions.delete(router)
  }

  trialsWanted(): readonly { readonly router: Sid; readonly cause: TrialCause }[] {
    const now = this.#now()
    const own = [...this.#own.list()].filter(([, { until }]) => until - now < 2 * this.#init.pulseInterval).map(([router]) => router)
    const others = this.#judged.filter(({ router }) => router !== this.#components.self.sid)
    const onProbation = others.filter(
      ({ router, state, since }) => state === 'probation' && now - Math.max(since, this.#lastWord(router)) > (this.#lastWord(router) < since ? 0 : this.#parameters.window / 2)
    )
    const accused = others.filter(({ router, state }) => state === 'suspected' && now - this.#lastWord(router) > this.#parameters.window / 2)
    const wanted = new Map<Sid, TrialCause>()
    for (const router of [...this.#suspicions, ...own]) wanted.set(router, 'own')
    for (const { router } of onProbation) if (!wanted.has(router)) wanted.set(router, 'probation')
    for (const { router } of accused) if (!wanted.has(router)) wanted.set(router, 'accused')
    return [...wanted].map(([router, cause]) => ({ router, cause }))
  }

  async report(seen: Omit<Observation, 'at'>): Promise<boolean> {
    const now = this.#now()
    const observation = { ...seen, at: ms(Math.floor(now / 1000) * 1000) }
    const epoch = epochAt(now, this.#parameters.epoch)
    if (this.#reports.epoch !== epoch) this.#reports = { epoch, count: 0 }
    const key = `${seen.subject} ${seen.class}`
    if (!isConclusive(observation) || this.#isSaid(key, observation) || this.#reports.count >= MAX_REPORTS_PER_EPOCH) return false
    this.#reports.count++
    this.#said.set(key, { holds: seen.holds, at: observation.at })
    const ttl = Math.min(MAX_TTL, 1 + Math.ceil(RELAPSE_MEMORY / this.#parameters.epoch))
    try {
      await this.#components.log.append({ key: observationKey(observation), ttl, body: observationBody(observation) })
      return true
    } catch (error) {
      this.#said.delete(key)
      this.#log.warn('an observation could not be written', { subject: seen.subject, class: seen.class, error })
      return false
    }
  }

  async prove(router: Sid, messages: readonly [Uint8Array, Uint8Array]): Promise<boolean> {
    const { log } = this.#components
    const epoch = epochAt(this.#now(), this.#parameters.epoch)
    if (this.#reports.epoch !== epoch) this.#reports = { epoch, count: 0 }
    const isShown = this.#proofs.proven(log.observations()).some((proven) => proven.router === router)
    if (isShown || this.#proving.has(router) || this.#reports.count >= MAX_REPORTS_PER_EPOCH) return false
    this.#reports.count++
    this.#proving.add(router)
    try {
      await log.append({ key: twoColumnsKey(router), ttl: MAX_TTL, body: twoColumnsBody(router, messages) })
      return true
    } catch (error) {
      this.#log.warn('a proof could not be written', { router, error })
      return false
    } finally {
      this.#proving.delete(router)
    }
  }

  /** The same was said not long ago, and since the begin of its probation. */
  #isSaid(key: string, { subject, holds, at }: Observation): boolean {
    const before = this.#said.get(key)
    const verdict = this.#judged.find(({ router }) => router === subject)
    const isJudged = verdict?.state === 'probation' && (before?.at ?? 0) < verdict.since
    return before !== undefined && before.holds === holds && at - before.at < this.#parameters.window / 2 && !isJudged
  }

  /** When this node last said something of a router, wall time; 0 where never. */
  #lastWord(router: Sid): number {
    let last = 0
    for (const [key, { at }] of this.#said) if (key.startsWith(router)) last = Math.max(last, at)
    return last
  }

  readonly #judgeSoon = (): void => {
    if (!this.#isRunning) return
    this.#soon ??= this.#components.clock.setTimeout(() => {
      this.#soon = undefined
      if (this.#isRunning) this.#judge()
    }, DEBOUNCE)
  }

  readonly #judge = (): void => {
    const { log, roster, self } = this.#components
    const { members } = roster.current()
    const sids = new Map(members.map(({ peerId, sid }) => [peerId, sid]))
    const now = this.#now()
    this.#own.expire(now)
    for (const [key, { at }] of this.#said) if (now - at > this.#parameters.window) this.#said.delete(key)
    const forks = [...log.forks()].flatMap(({ author, epoch }) => {
      const router = sids.get(author)
      return router === undefined ? [] : [{ router, since: ms(epoch * this.#parameters.epoch) }]
    })
    const witnesses = new Map(members.map((member) => [member.sid, witnessOf(member, this.#init.votes)]))
    const before = new Map(this.#judged.map(({ router, state }) => [router, state]))
    this.#judged = judge({ testimony: this.#testimony(sids), forks, proofs: this.#proofs.proven(log.observations()), witnesses, now, parameters: this.#parameters })
    for (const { router, state, reasons } of this.#judged) {
      if (before.get(router) !== state) this.#log[router === self.sid ? 'warn' : 'info']('verdict on a router', { router, state, reasons })
    }
    this.#publish()
  };

  *#testimony(sids: ReadonlyMap<PeerIdText, Sid>): Iterable<Testimony> {
    for (const { author, epoch, body } of this.#components.log.observations()) {
      const observer = sids.get(author)
      const observation = observer === undefined ? undefined : this.#take(observer, body)
      if (observer !== undefined && observation !== undefined) yield { observer, epoch, observation }
    }
  }

  /** A body is parsed, compared with the columns held here, and counted where it says nothing, once: when it comes in. */
  #take(observer: Sid, body: unknown): Observation | undefined {
    if (typeof body !== 'object' || body === null || isTwoColumns(body)) return undefined
    let taken = this.#taken.get(body)
    if (taken === undefined) {
      const observation = parseObservation(body)
      if (observation === undefined) this.#malformed++
      taken = observation === undefined || this.#isRefuted(observer, observation) ? 'nothing' : observation
      this.#taken.set(body, taken)
    }
    return taken === 'nothing' ? undefined : taken
  }

  #isRefuted(observer: Sid, observation: Observation): boolean {
    const { self, delaysBetween } = this.#components
    if (delaysBetween === undefined || observer === self.sid) return false
    if (!isContradicted({ observer, observation }, delaysBetween)) return false
    this.#contradicted++
    this.#log.debug('an observation contradicts published delays and does not count', { observer, subject: observation.subject, class: observation.class })
    return true
  }

  #publish(): void {
    const next = new Set(this.verdicts().flatMap(({ router, isAvoided }) => (isAvoided && router !== this.#components.self.sid ? [router] : [])))
    if (next.size === this.#current.size && [...next].every((router) => this.#current.has(router))) return
    this.#current = next
    this.#events.emit('change', next)
  }

  #now(): Milliseconds {
    return this.#components.clock.wallTime()
  }
}

function witnessOf(member: Member, votes: QuarantineInit['votes']): Witness {
  const { geo, endpoints } = member.descriptor
  const address = endpoints[0]?.address
  return {
    sid: member.sid,
    ...(geo.asn === undefined ? {} : { asn: geo.asn }),
    ...(address === undefined ? {} : { network: networkOf(address) }),
    votes: votes?.(member) ?? true
  }
}

/** The /24 of an IPv4 address, the /48 of an IPv6 one (its first three groups, as they are written). */
function networkOf(address: string): string {
  if (!address.includes(':')) return address.split('.').slice(0, 3).join('.')
  const [head = ''] = address.split('::')
  return [...head.split(':'), '0', '0', '0'].slice(0, 3).join(':')
}
