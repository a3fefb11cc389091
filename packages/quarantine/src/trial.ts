import { epochAt, ms } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'
import type { ObservationFamily } from './observation.ts'
import { LONGEST_SENTENCE, MAJORITY, observersNeeded, RELAPSE_FACTOR, RELAPSE_MEMORY, removalBudget, REMOVALS_PER_EPOCH } from './parameters.ts'
import type { QuarantineParameters } from './parameters.ts'
import { reasonsOf } from './reasons.ts'
import type { Balance } from './weights.ts'

/** One router on the time line. */
export interface Defendant {
  state: 'clear' | 'suspected' | 'quarantined' | 'probation'
  since: Milliseconds
  until: Milliseconds | undefined
  reasons: readonly string[]
  /** Words before this were judged already. */
  countFrom: Milliseconds
  /** Families in which it was convicted last. */
  families: readonly ObservationFamily[]
  convictions: readonly Milliseconds[]
}

/** Convictions of the group by epoch, for the removal budget. */
export type RemovalCounts = Map<number, number>

export const newDefendant = (): Defendant => ({ state: 'clear', since: ms(0), until: undefined, reasons: [], countFrom: ms(0), families: [], convictions: [] })

/** What stands at one instant. */
export interface Instant {
  readonly time: Milliseconds
  readonly size: number
  readonly parameters: QuarantineParameters
}

/** The sentence is over, or nothing is said of a router on probation any more: decided by the time alone. */
export function passTime(defendant: Defendant, { time, parameters }: Instant, isAccused: boolean): void {
  if (defendant.state === 'quarantined' && defendant.until !== undefined && time >= defendant.until) {
    Object.assign(defendant, { state: 'probation', since: time, until: ms(time + 2 * parameters.window), countFrom: time })
  } else if (defendant.state === 'probation' && defendant.until !== undefined && time >= defendant.until) {
    if (isAccused) defendant.until = ms(time + parameters.window)
    else acquit(defendant, time)
  }
}

/** What the balances of one instant change, convictions apart. */
export function hear(defendant: Defendant, balances: readonly Balance[], { time, size }: Instant): void {
  const standing = balances.flatMap(({ accusers }) => accusers)
  if (defendant.state === 'clear' || defendant.state === 'suspected') {
    const state = standing.length > 0 ? 'suspected' : 'clear'
    if (state !== defendant.state) Object.assign(defendant, { state, since: time })
    defendant.reasons = reasonsOf(standing)
  } else if (defendant.state === 'probation' && defendant.families.every((family) => isCleared(balances, family, size))) acquit(defendant, time)
}

/** @returns the families in which the group convicts */
export const convictedIn = (balances: readonly Balance[], size: number): readonly Balance[] =>
  balances.filter(({ accused, cleared }) => accused >= observersNeeded(size) && accused >= MAJORITY * cleared)

/**
 * Convicts the candidates, the most accused first, as far as the removal budget goes. Who is on probation already has its place.
 *
 * @param candidates - with what the group says of each
 */
export function convict(
  candidates: readonly { readonly router: Sid; readonly defendant: Defendant; readonly balances: readonly Balance[] }[],
  group: { readonly instant: Instant; readonly removed: number; readonly counts: RemovalCounts }
): void {
  const { instant, counts } = group
  let { removed } = group
  const epoch = epochAt(instant.time, instant.parameters.epoch)
  const weight = (balances: readonly Balance[]): number => Math.max(...balances.map(({ accused }) => accused))
  const ranked = candidates.toSorted((a, b) => weight(b.balances) - weight(a.balances) || (a.router < b.router ? -1 : 1))
  for (const { defendant, balances } of ranked) {
    if (defendant.state !== 'probation') {
      if (removed >= removalBudget(instant.size) || (counts.get(epoch) ?? 0) >= REMOVALS_PER_EPOCH) continue
      removed++
      counts.set(epoch, (counts.get(epoch) ?? 0) + 1)
    }
    sentence(defendant, balances, instant)
  }
}

function sentence(defendant: Defendant, balances: readonly Balance[], { time, parameters }: Instant): void {
  const convictions = [...defendant.convictions.filter((at) => time - at < RELAPSE_MEMORY), time]
  const length = Math.min(LONGEST_SENTENCE, parameters.sentence * RELAPSE_FACTOR ** (convictions.length - 1))
  Object.assign(defendant, {
    state: 'quarantined',
    since: time,
    until: ms(time + length),
    reasons: reasonsOf(balances.flatMap(({ accusers }) => accusers)),
    families: balances.map(({ family }) => family),
    convictions
  })
}

function isCleared(balances: readonly Balance[], family: ObservationFamily, size: number): boolean {
  const balance = balances.find((one) => one.family === family)
  return balance !== undefined && balance.cleared >= observersNeeded(size) && balance.cleared >= MAJORITY * balance.accused
}

function acquit(defendant: Defendant, time: Milliseconds): void {
  Object.assign(defendant, { state: 'clear', since: time, until: undefined, reasons: [], countFrom: ms(time + 1), families: [] })
}
