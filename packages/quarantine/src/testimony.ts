import { epochAt } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'
import { familyOf } from './observation.ts'
import type { Observation, ObservationFamily } from './observation.ts'
import { MAX_WORDS_PER_EPOCH } from './parameters.ts'
import type { QuarantineParameters } from './parameters.ts'

/** A router as a witness: where it stands decides how much more it says than its neighbours. */
export interface Witness {
  readonly sid: Sid
  readonly asn?: number
  /** First 24 bits of its IPv4 address (48 of IPv6), as text. */
  readonly network?: string
  /** false for guests: measured, not voting. */
  readonly votes: boolean
}

/** An observation with who made it, and the epoch of its entry. */
export interface Testimony {
  readonly observer: Sid
  readonly epoch: number
  readonly observation: Observation
}

/** An admissible testimony, on the time line. */
export interface Word {
  readonly slot: number
  readonly at: number
  readonly observer: Sid
  readonly subject: Sid
  readonly family: ObservationFamily
  readonly observation: Observation
  /** Orders words of one instant the same everywhere. */
  readonly order: string
}

/**
 * Testimony that counts, in the order of time, the same whatever the order it came in: subject and observer are in the roster and not the same, the observer votes, the window's end is in the epoch of
 * the entry or the one before and not in the future; of each observer and epoch the earliest {@link MAX_WORDS_PER_EPOCH}.
 */
export function admissibleWords(
  testimony: Iterable<Testimony>,
  context: { readonly witnesses: ReadonlyMap<Sid, Witness>; readonly now: Milliseconds; readonly parameters: QuarantineParameters }
): readonly Word[] {
  const words = [...testimony].flatMap((one) => wordOf(one, context) ?? []).toSorted(compareWords)
  const counts = new Map<string, number>()
  const seen = new Set<string>()
  return words.filter((word) => {
    if (seen.has(word.order)) return false
    seen.add(word.order)
    const key = `${word.observer} ${epochAt(word.at as Milliseconds, context.parameters.epoch)}`
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return count <= MAX_WORDS_PER_EPOCH
  })
}

function wordOf({ observer, epoch, observation }: Testimony, { witnesses, now, parameters }: Parameters<typeof admissibleWords>[1]): Word | undefined {
  const { subject, at } = observation
  const seenIn = epochAt(at, parameters.epoch)
  if (observer === subject || witnesses.get(observer)?.votes !== true || !witnesses.has(subject)) return undefined
  if (at > now || (seenIn !== epoch && seenIn !== epoch - 1) || observation.seenWith.some((sid) => !witnesses.has(sid))) return undefined
  const figures = Object.entries(observation.figures).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const order = JSON.stringify([observer, subject, observation.class, at, observation.holds, observation.windowSeconds, observation.seenWith, figures])
  return { slot: Math.floor(at / parameters.slot), at, observer, subject, family: familyOf(observation.class), observation, order }
}

function compareWords(a: Word, b: Word): number {
  return a.at - b.at || (a.order < b.order ? -1 : a.order > b.order ? 1 : 0)
}
