import type { PathLists } from './simulated-session.ts'

const LEAST_MARGIN = 30
/** Where one answer is missing already. */
const LEAST_MARGIN_IN_DOUBT = 10
const MAX_WAIT = 1000
const MAX_PROBES = 128
/** Older probes say nothing about now. */
const REMEMBERED = 2000
/** So long before its first answer, and so many times from then on, a witness tells who was silent beside it. */
const WITNESS_SPAN = 100
const SILENT_BESIDE = 2

/** Which lists a probe takes: `[forward, reverse]`, true = the standby's. */
export type Combination = readonly [boolean, boolean]

export type Verdict = 'undecided' | 'alive' | 'forward' | 'reverse' | 'both'

/** Smoothed round trip of a pair and its mean deviation, ms; the guess of the first deviation is forgotten at the second sample. */
export class RoundTripEstimate {
  readonly #smoothed: number
  readonly #deviation: number
  readonly #samples: number

  private constructor(smoothed: number, deviation: number, samples: number) {
    this.#smoothed = smoothed
    this.#deviation = deviation
    this.#samples = samples
  }

  static guess(roundTrip: number): RoundTripEstimate {
    return new RoundTripEstimate(roundTrip, roundTrip / 2, 0)
  }

  after(roundTrip: number): RoundTripEstimate {
    if (this.#samples === 0) return new RoundTripEstimate(roundTrip, roundTrip / 2, 1)
    const error = Math.abs(roundTrip - this.#smoothed)
    const deviation = this.#samples === 1 ? error : this.#deviation + (error - this.#deviation) / 4
    return new RoundTripEstimate(this.#smoothed + (roundTrip - this.#smoothed) / 8, deviation, 2)
  }

  /** How long after it was sent a probe counts as missed. */
  wait(inDoubt: boolean): number {
    return Math.min(MAX_WAIT, this.#smoothed + Math.max(inDoubt ? LEAST_MARGIN_IN_DOUBT : LEAST_MARGIN, 4 * this.#deviation))
  }
}

export interface SentProbe {
  readonly combination: Combination
  readonly sentAt: number
  readonly deadline: number
  state: 'waiting' | 'silent' | 'answered'
}

/** What the probes of one policy say about its active and standby lists, and which direction of the active pair is therefore dead. */
export class LivenessEvidence {
  #probes: SentProbe[] = []

  sent(combination: Combination, sentAt: number, wait: number): SentProbe {
    const probe: SentProbe = { combination, sentAt, deadline: sentAt + wait, state: 'waiting' }
    const from = this.#probes.findIndex((known) => known.sentAt > sentAt - REMEMBERED)
    if (from > 0) this.#probes.splice(0, from)
    if (this.#probes.length >= MAX_PROBES) this.#probes.shift()
    this.#probes.push(probe)
    return probe
  }

  clear(): void {
    this.#probes = []
  }

  /** The standby is another pair from now on. */
  forgetStandby(): void {
    this.#probes = this.#probes.filter(({ combination }) => isActive(combination))
  }

  remembers(probe: SentProbe): boolean {
    return this.#probes.includes(probe)
  }

  nextDeadline(): number {
    return Math.min(...this.#probes.filter(({ state }) => state === 'waiting').map(({ deadline }) => deadline))
  }

  /** Those whose deadline has passed; they count as silent. */
  expire(now: number): readonly SentProbe[] {
    const missed = this.#probes.filter(({ state, deadline }) => state === 'waiting' && deadline <= now)
    for (const probe of missed) probe.state = 'silent'
    return missed
  }

  activeAnsweredAfter(sentAt: number): boolean {
    return this.#probes.some((probe) => probe.state === 'answered' && isActive(probe.combination) && probe.sentAt > sentAt)
  }

  /**
   * @param since - when the probe was sent whose silence is looked into
   * @param needed - silent probes after which a list that nobody answered over counts as dead
   */
  judge(since: number, needed: number): Verdict {
    const recent = this.#probes.filter(({ sentAt }) => sentAt >= since)
    const over = (forward: boolean, reverse: boolean): readonly SentProbe[] => recent.filter(({ combination }) => combination[0] === forward && combination[1] === reverse)
    const [active, otherForward, otherReverse, standby] = [over(false, false), over(true, false), over(false, true), over(true, true)]
    if (isAnswered(active) || (isAnswered(otherForward) && isAnswered(otherReverse))) return 'alive'
    const tookForward = [...active, ...otherReverse]
    const tookReverse = [...active, ...otherForward]
    if (isDead(tookForward, otherForward, needed)) return 'forward'
    if (isDead(tookReverse, otherReverse, needed)) return 'reverse'
    const isBoth = isDead(tookForward, standby, needed) && isDead(tookReverse, standby, needed) && isQuiet(otherForward, needed) && isQuiet(otherReverse, needed)
    return isBoth ? 'both' : 'undecided'
  }
}

function isAnswered(probes: readonly SentProbe[]): boolean {
  return probes.some(({ state }) => state === 'answered')
}

/** Silence says something only about the time at which the witness, the pair that takes the standby's list instead, does answer. */
function isDead(took: readonly SentProbe[], witness: readonly SentProbe[], needed: number): boolean {
  if (isAnswered(took)) return false
  const answeredFrom = Math.min(...witness.filter(({ state }) => state === 'answered').map(({ sentAt }) => sentAt))
  const silentSince = (from: number): number => took.filter(({ state, sentAt }) => state === 'silent' && sentAt >= from).length
  return silentSince(answeredFrom - WITNESS_SPAN) >= needed && silentSince(answeredFrom) >= Math.min(SILENT_BESIDE, needed)
}

/** An answer over a mixed pair would tell that only one direction is dead. */
function isQuiet(mixed: readonly SentProbe[], needed: number): boolean {
  const silent = mixed.filter(({ state }) => state === 'silent').length
  return !isAnswered(mixed) && silent >= Math.min(mixed.length, Math.max(1, Math.floor(needed / 3)))
}

export function isActive([forward, reverse]: Combination): boolean {
  return !forward && !reverse
}

/** The lists of a combination; the active one's where there is no standby. */
export function listsOf(combination: Combination, active: PathLists, standby: PathLists = active): PathLists {
  const [forward, reverse] = combination
  return { forward: forward ? standby.forward : active.forward, reverse: reverse ? standby.reverse : active.reverse }
}
