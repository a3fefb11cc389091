import { ms } from '@srwan/interface'
import type { Timer } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import { LivenessEvidence, RoundTripEstimate, isActive, listsOf } from './simulated-liveness-evidence.ts'
import type { Combination, SentProbe, Verdict } from './simulated-liveness-evidence.ts'
import { listKey } from './simulated-packet.ts'
import type { EndToEndProbes } from './simulated-path-probes.ts'
import type { PathLists, SimulatedSession } from './simulated-session.ts'

const FAST = 100
const SLOW = 1000
const FAST_AFTER_DATA = 1000
const OFF_AFTER_DATA = 10_000
const BURST = 5
const BURST_SPACING = 20
const ROUND_INTERVAL = 1000
const LEAST_DOUBT = 60
const WARY_DOUBT = 400
const UNKNOWN_TRIP = 300
const FALSE_SWITCH = 1e-6
const LEAST_LOSS = 0.03
const MOST_LOSS = 0.9
const MAX_NEEDED = 10
const LOSS_MEMORY = 64
const DWELL = 2000
const MAX_DWELL = 60_000
const FLAP_WINDOW = 60_000
const STEADY = 3
const STANDBY_MISSES = 3
const NANOSECONDS_PER_MS = 1e6

const ACTIVE: Combination = [false, false]
const STANDBY: Combination = [true, true]
const ALL: readonly Combination[] = [ACTIVE, [true, false], [false, true], STANDBY]

/** The policy that is watched. */
export interface WatchedPolicy {
  readonly color: number
  /** The session, where it is open. */
  readonly session: () => SimulatedSession | undefined
  readonly active: () => PathLists
  readonly standby: () => PathLists | undefined
  readonly lastData: () => number
  /** Takes the standby's lists of the dead directions. */
  readonly switchOver: (dead: Exclude<Verdict, 'undecided' | 'alive'>, gap: number) => void
  /** Another open pair of the policy's becomes the standby. @returns false where there is none */
  readonly nextStandby: () => boolean
  readonly tell: (event: 'pathFailed' | 'pathRecovered', role: 'active' | 'standby') => void
}

interface Doubt {
  readonly since: number
  readonly needed: number
  readonly mayDecide: number
  /** It began soon after a switch: two bursts decide. */
  readonly wary: boolean
  round: number
  burstLeft: number
  nextBurst: number
  roundEnds: number
  told: boolean
}

/** Whether the paths in use still answer, as protocol/liveness.md says; the native datapath's twin. */
export class SimulatedLiveness {
  readonly #core: SimulatedCore
  readonly #probes: EndToEndProbes
  readonly #policy: WatchedPolicy
  readonly #evidence = new LivenessEvidence()
  #timer: Timer | undefined
  #activeTrip = RoundTripEstimate.guess(UNKNOWN_TRIP)
  #standbyTrip = RoundTripEstimate.guess(UNKNOWN_TRIP)
  #nextActive = 0
  #nextStandby = 0
  #lastProof = 0
  #loss = 0
  #doubt: Doubt | undefined
  #follow = false
  #standbyMissed = 0
  #standbyAnswered = 0
  #isProving = false
  #left: PathLists | undefined
  #switchedAt = -Infinity
  #hold = 0

  constructor(core: SimulatedCore, probes: EndToEndProbes, policy: WatchedPolicy) {
    this.#core = core
    this.#probes = probes
    this.#policy = policy
  }

  /** Data went or came: probes come fast from now on. */
  hasten(): void {
    if (this.#timer !== undefined && this.#nextActive <= this.#now() + FAST) return
    this.#nextActive = Math.min(this.#nextActive, this.#now())
    this.#arm(this.#timer === undefined ? FAST : 0)
  }

  /** The pair in use is another one from now on: nothing that was found out counts. */
  restart(): void {
    this.#evidence.clear()
    this.#doubt = undefined
    this.#activeTrip = RoundTripEstimate.guess(UNKNOWN_TRIP)
    this.#lastProof = this.#now()
    this.#follow = false
    this.restartStandby()
  }

  /** Takes over what damps going back and forth, when the policy is configured anew. */
  inherit(before: SimulatedLiveness): void {
    this.#left = before.#left
    this.#switchedAt = before.#switchedAt
    this.#hold = before.#hold
    this.#loss = before.#loss
  }

  restartStandby(): void {
    this.#evidence.forgetStandby()
    this.#standbyTrip = RoundTripEstimate.guess(UNKNOWN_TRIP)
    this.#standbyMissed = this.#standbyAnswered = 0
    this.#isProving = false
    this.#nextStandby = this.#now()
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #now(): number {
    return this.#core.clock.now()
  }

  #arm(delay: number): void {
    this.#timer?.cancel()
    this.#timer = this.#core.later(ms(Math.max(0, delay)), () => {
      this.#timer = undefined
      this.#tick()
    })
  }

  #tick(): void {
    const quiet = this.#now() - this.#policy.lastData()
    if (quiet > OFF_AFTER_DATA) {
      this.restart()
      return
    }
    const session = this.#policy.session()
    if (session === undefined) {
      this.#arm(FAST)
      return
    }
    for (const missed of this.#evidence.expire(this.#now())) this.#miss(missed)
    this.#decide()
    if (this.#doubt !== undefined && this.#now() >= this.#doubt.nextBurst) this.#burst(session, this.#doubt)
    if (this.#doubt !== undefined && this.#now() >= this.#doubt.roundEnds) this.#endRound(this.#doubt)
    this.#probeRegularly(session, quiet)
    this.#armNext()
  }

  #armNext(): void {
    const { nextBurst = Infinity, roundEnds = Infinity, mayDecide = Infinity } = this.#doubt ?? {}
    const decision = mayDecide > this.#now() ? mayDecide : Infinity
    this.#arm(Math.min(this.#nextActive, this.#nextStandby, nextBurst, roundEnds, decision, this.#evidence.nextDeadline()) - this.#now())
  }

  #probeRegularly(session: SimulatedSession, quiet: number): void {
    const inBurst = (this.#doubt?.burstLeft ?? 0) > 0
    if (this.#now() >= this.#nextActive) {
      this.#nextActive = this.#now() + (quiet > FAST_AFTER_DATA && this.#doubt === undefined ? SLOW : FAST)
      if (!inBurst) this.#probe(session, ACTIVE)
    }
    if (this.#now() < this.#nextStandby) return
    this.#nextStandby = this.#now() + SLOW
    if (!inBurst && this.#policy.standby() !== undefined) this.#probe(session, STANDBY)
  }

  #miss(missed: SentProbe): void {
    if (this.#doubt !== undefined) return
    if (isActive(missed.combination)) {
      if (!this.#evidence.activeAnsweredAfter(missed.sentAt)) this.#suspect(missed)
      this.#loss += (1 - this.#loss) / LOSS_MEMORY
      return
    }
    this.#standbyAnswered = 0
    this.#standbyMissed++
    if (this.#standbyMissed % STANDBY_MISSES !== 0) return
    if (this.#standbyMissed === STANDBY_MISSES) this.#policy.tell('pathFailed', 'standby')
    if (this.#policy.nextStandby()) this.restartStandby()
  }

  #suspect(missed: SentProbe): void {
    const loss = Math.min(MOST_LOSS, Math.max(LEAST_LOSS, this.#loss))
    const needed = Math.min(MAX_NEEDED, Math.ceil(Math.log(FALSE_SWITCH) / Math.log(loss)))
    const now = this.#now()
    const wary = now < this.#switchedAt + this.#hold
    const mayDecide = wary ? Math.max(now + WARY_DOUBT, this.#switchedAt + DWELL) : now + LEAST_DOUBT
    this.#doubt = { since: missed.sentAt, needed, mayDecide, wary, round: 0, burstLeft: 0, nextBurst: now, roundEnds: Infinity, told: false }
  }

  #burst(session: SimulatedSession, doubt: Doubt): void {
    if (doubt.burstLeft === 0) {
      doubt.burstLeft = BURST
      doubt.round++
    }
    for (const combination of this.#policy.standby() === undefined ? [ACTIVE] : ALL) this.#probe(session, combination)
    doubt.burstLeft--
    doubt.nextBurst = doubt.burstLeft > 0 ? this.#now() + BURST_SPACING : Infinity
    if (doubt.burstLeft === 0) doubt.roundEnds = this.#now() + Math.max(this.#activeTrip.wait(true), this.#standbyTrip.wait(true)) + 1
  }

  /** Neither the pair in use nor the standby answers, or the standby may not be taken yet. */
  #endRound(doubt: Doubt): void {
    doubt.roundEnds = Infinity
    if (!doubt.told) this.#policy.tell('pathFailed', 'active')
    doubt.told = true
    const isSilent = this.#evidence.judge(doubt.since, doubt.needed) === 'undecided'
    const hasAnother = isSilent && this.#policy.nextStandby()
    if (hasAnother) this.restartStandby()
    const isAtOnce = (hasAnother || doubt.wary) && doubt.round === 1
    doubt.nextBurst = isAtOnce ? this.#now() : this.#now() + ROUND_INTERVAL
    if (doubt.mayDecide > this.#now()) doubt.nextBurst = Math.min(doubt.nextBurst, doubt.mayDecide)
  }

  #decide(): void {
    const doubt = this.#doubt
    if (doubt === undefined) return
    const verdict = this.#evidence.judge(doubt.since, doubt.needed)
    if (verdict === 'undecided') return
    if (verdict === 'alive') {
      if (doubt.told) this.#policy.tell('pathRecovered', 'active')
      this.#doubt = undefined
      return
    }
    const isSteady = (!this.#isProving && !doubt.wary) || doubt.round > 1
    if (this.#now() >= doubt.mayDecide && isSteady) this.#switchOver(verdict)
  }

  #switchOver(dead: Exclude<Verdict, 'undecided' | 'alive'>): void {
    const before = this.#policy.active()
    const trip = dead === 'both' ? this.#standbyTrip : this.#activeTrip
    this.#policy.switchOver(dead, this.#now() - this.#lastProof)
    const isBack = this.#left !== undefined && same(this.#left, this.#policy.active()) && this.#now() - this.#switchedAt < FLAP_WINDOW
    this.#hold = isBack ? Math.min(2 * this.#hold, MAX_DWELL) : DWELL
    this.#switchedAt = this.#now()
    this.#left = before
    this.restart()
    this.#activeTrip = trip
    this.#isProving = true
    this.#follow = true
    this.#nextActive = this.#now()
    this.#nextStandby = this.#now() + SLOW
  }

  #probe(session: SimulatedSession, combination: Combination): void {
    const [active, standby] = [this.#policy.active(), this.#policy.standby()]
    const name: Combination =
      standby === undefined
        ? ACTIVE
        : [combination[0] && listKey(standby.forward) !== listKey(active.forward), combination[1] && listKey(standby.reverse) !== listKey(active.reverse)]
    const lists = listsOf(name, active, standby)
    if (!isActive(name) && !session.isOpen(lists)) return
    const trips = name[0] === name[1] ? [name[0] ? this.#standbyTrip : this.#activeTrip] : [this.#activeTrip, this.#standbyTrip]
    const wait = Math.max(...trips.map((trip) => trip.wait(this.#doubt !== undefined)))
    const probe = this.#evidence.sent(name, this.#now(), wait)
    this.#probes.send(session, { ...lists, color: this.#policy.color, follow: isActive(name) && this.#follow }, (sample) => {
      if (sample !== undefined && this.#evidence.remembers(probe)) this.#answer(probe, Number(sample.roundTrip) / NANOSECONDS_PER_MS)
    })
  }

  #answer(probe: SentProbe, roundTrip: number): void {
    probe.state = 'answered'
    if (isActive(probe.combination)) {
      this.#activeTrip = this.#activeTrip.after(roundTrip)
      this.#lastProof = this.#now()
      this.#follow = false
      if (this.#doubt === undefined) this.#loss -= this.#loss / LOSS_MEMORY
    } else if (probe.combination[0] && probe.combination[1]) this.#answerOfStandby(roundTrip)
    if (this.#doubt === undefined) return
    this.#decide()
    this.#armNext()
  }

  #answerOfStandby(roundTrip: number): void {
    this.#standbyTrip = this.#standbyTrip.after(roundTrip)
    if (this.#standbyMissed >= STANDBY_MISSES) this.#policy.tell('pathRecovered', 'standby')
    this.#standbyMissed = 0
    if (this.#doubt === undefined && ++this.#standbyAnswered >= STEADY) this.#isProving = false
  }
}

function same(one: PathLists, other: PathLists): boolean {
  return listKey(one.forward) === listKey(other.forward) && listKey(one.reverse) === listKey(other.reverse)
}
