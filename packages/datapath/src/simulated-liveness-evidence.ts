import type { PathLists } from './simulated-session.ts'

const LEAST_MARGIN = 30
/** Where one answer is missing already. */
const LEAST_MARGIN_IN_DOUBT = 10
const MAX_WAIT = 1000
const MAX_PROBES = 128
/** Older probes say nothing about now. */
const REMEMBERED = 2000

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

interface Tally {
  sent: number
  silent: number
  answered: number
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
    const tally = (fits: (combination: Combination) => boolean): Tally => tallyOf(recent.filter(({ combination }) => fits(combination)))
    const active = tally(isActive)
    const otherForward = tally(([forward, reverse]) => forward && !reverse)
    const otherReverse = tally(([forward, reverse]) => !forward && reverse)
    if (active.answered > 0 || (otherForward.answered > 0 && otherReverse.answered > 0)) return 'alive'
    const forwardDead = isDead(sum(active, otherReverse), needed)
    const reverseDead = isDead(sum(active, otherForward), needed)
    if (forwardDead && otherForward.answered > 0) return 'forward'
    if (reverseDead && otherReverse.answered > 0) return 'reverse'
    const standby = tally(([forward, reverse]) => forward && reverse)
    const evidence = [forwardDead, reverseDead, isQuiet(otherForward, needed), isQuiet(otherReverse, needed), standby.answered > 0]
    return evidence.every(Boolean) ? 'both' : 'undecided'
  }
}

function sum(one: Tally, other: Tally): Tally {
  return { sent: one.sent + other.sent, silent: one.silent + other.silent, answered: one.answered + other.answered }
}

function isDead(list: Tally, needed: number): boolean {
  return list.answered === 0 && list.silent >= needed
}

/** An answer over a mixed pair would tell that only one direction is dead. */
function isQuiet(mixed: Tally, needed: number): boolean {
  return mixed.answered === 0 && mixed.silent >= Math.min(mixed.sent, Math.max(1, Math.floor(needed / 3)))
}

export function isActive([forward, reverse]: Combination): boolean {
  return !forward && !reverse
}

/** The lists of a combination; the active one's where there is no standby. */
export function listsOf(combination: Combination, active: PathLists, standby: PathLists = active): PathLists {
  const [forward, reverse] = combination
  return { forward: forward ? standby.forward : active.forward, reverse: reverse ? standby.reverse : active.reverse }
}

function tallyOf(probes: readonly SentProbe[]): Tally {
  const count = (state: SentProbe['state']): number => probes.filter((probe) => probe.state === state).length
  return { sent: probes.length, silent: count('silent'), answered: count('answered') }
}
