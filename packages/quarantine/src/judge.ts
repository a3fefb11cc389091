import { ms } from '@srwan/interface'
import type { Milliseconds, QuarantineVerdict, Sid } from '@srwan/interface'
import type { ObservationFamily } from './observation.ts'
import type { QuarantineParameters } from './parameters.ts'
import { admissibleWords } from './testimony.ts'
import type { Testimony, Witness, Word } from './testimony.ts'
import { convict, convictedIn, hear, newDefendant, passTime } from './trial.ts'
import type { Defendant, RemovalCounts } from './trial.ts'
import { weigh } from './weights.ts'

const FORK_TEXT = 'signed two entries for one place of its log (fork): proven'

/** All that verdicts depend on. */
export interface Case {
  /** In any order, repetitions and inadmissible ones among it. */
  readonly testimony: Iterable<Testimony>
  /** Routers of which the replica holds a fork proof, with the wall time of the epoch from which they count as forked. */
  readonly forks: Iterable<{ readonly router: Sid; readonly since: Milliseconds }>
  /** Routers of which something else is proven that no honest one does, since when, and what. @default none */
  readonly proofs?: Iterable<{ readonly router: Sid; readonly since: Milliseconds; readonly reason: string }>
  /** The group. */
  readonly witnesses: ReadonlyMap<Sid, Witness>
  /** Wall time. */
  readonly now: Milliseconds
  readonly parameters: QuarantineParameters
}

/**
 * Where every router stands against which something speaks. A function of its argument alone: the time line is gone through from its begin, so nodes with equal evidence come to equal verdicts whatever
 * they thought before and in whatever order they learned it. Protocol document `quarantine.md`.
 *
 * @returns those that are not clear, in the order of their SIDs
 */
export function judge(theCase: Case): readonly QuarantineVerdict[] {
  const { forks, proofs = [], witnesses, now } = theCase
  const court = new Court(theCase)
  court.hearAll(admissibleWords(theCase.testimony, theCase))
  const verdicts = court.verdicts()
  const proven = [...proofs, ...[...forks].map((fork) => ({ ...fork, reason: FORK_TEXT }))].toSorted((a, b) => b.since - a.since || (a.reason < b.reason ? 1 : -1))
  for (const { router, since, reason } of proven) {
    if (!witnesses.has(router) || since > now) continue
    verdicts.set(router, { router, state: 'quarantined', since, reasons: [reason, ...(verdicts.get(router)?.reasons ?? [])], isAvoided: true })
  }
  return [...verdicts.values()].toSorted((a, b) => (a.router < b.router ? -1 : 1))
}

/** The time line of one group. */
class Court {
  readonly #case: Case
  readonly #defendants = new Map<Sid, Defendant>()
  readonly #words = new Map<Sid, Map<ObservationFamily, Map<Sid, Word>>>()
  readonly #removals: RemovalCounts = new Map()

  constructor(theCase: Case) {
    this.#case = theCase
  }

  /** Stops at every instant at which something can change: a word, its end, the end of a sentence. */
  hearAll(words: readonly Word[]): void {
    const { now, parameters } = this.#case
    const { slot, window } = parameters
    const instants = [...new Set(words.flatMap((word) => [word.slot * slot, word.slot * slot + window]))].filter((time) => time <= now).toSorted((a, b) => a - b)
    let next = 0
    let following = 0
    for (;;) {
      const deadline = this.#nextDeadline()
      const time = Math.min(instants[following] ?? Infinity, deadline)
      if (time > now) return
      while ((instants[following] ?? Infinity) <= time) following++
      for (; (words[next]?.slot ?? Infinity) * slot <= time; next++) this.#take(words[next] as Word)
      this.#sit(ms(time))
    }
  }

  verdicts(): Map<Sid, QuarantineVerdict> {
    const verdicts = new Map<Sid, QuarantineVerdict>()
    for (const [router, { state, since, until, reasons }] of this.#defendants) {
      if (state === 'clear') continue
      const isAvoided = state !== 'suspected'
      verdicts.set(router, { router, state, since, ...(until === undefined || state !== 'quarantined' ? {} : { until }), reasons, isAvoided })
    }
    return verdicts
  }

  #take(word: Word): void {
    const families = this.#words.get(word.subject) ?? new Map<ObservationFamily, Map<Sid, Word>>()
    const byObserver = families.get(word.family) ?? new Map<Sid, Word>()
    byObserver.set(word.observer, word)
    families.set(word.family, byObserver)
    this.#words.set(word.subject, families)
    if (!this.#defendants.has(word.subject)) this.#defendants.set(word.subject, newDefendant())
  }

  #sit(time: Milliseconds): void {
    const { witnesses, parameters } = this.#case
    const instant = { time, size: witnesses.size, parameters }
    for (const [router, defendant] of this.#defendants) passTime(defendant, instant, this.#isAccused(router, defendant, time))
    this.#forget(time)
    const balances = weigh(this.#words, witnesses)
    const candidates: Parameters<typeof convict>[0][number][] = []
    for (const [router, defendant] of this.#defendants) {
      const said = balances.get(router) ?? []
      hear(defendant, said, instant)
      const convicted = defendant.state === 'quarantined' ? [] : convictedIn(said, witnesses.size)
      if (convicted.length > 0) candidates.push({ router, defendant, balances: convicted })
    }
    const removed = [...this.#defendants.values()].filter(({ state }) => state === 'quarantined' || state === 'probation').length
    convict(candidates, { instant, removed, counts: this.#removals })
  }

  #isAccused(router: Sid, { countFrom }: Defendant, time: Milliseconds): boolean {
    const { slot, window } = this.#case.parameters
    return [...(this.#words.get(router)?.values() ?? [])].some((byObserver) =>
      [...byObserver.values()].some((word) => word.observation.holds && word.at >= countFrom && word.slot * slot + window > time)
    )
  }

  /** Words that are over, and those that were judged. */
  #forget(time: Milliseconds): void {
    const { slot, window } = this.#case.parameters
    for (const [subject, families] of this.#words) {
      const countFrom = this.#defendants.get(subject)?.countFrom ?? 0
      for (const [family, byObserver] of families) {
        for (const [observer, word] of byObserver) if (word.slot * slot + window <= time || word.at < countFrom) byObserver.delete(observer)
        if (byObserver.size === 0) families.delete(family)
      }
      if (families.size === 0) this.#words.delete(subject)
    }
  }

  #nextDeadline(): number {
    let next = Infinity
    for (const { until, state } of this.#defendants.values()) if (until !== undefined && (state === 'quarantined' || state === 'probation')) next = Math.min(next, until)
    return next
  }
}
