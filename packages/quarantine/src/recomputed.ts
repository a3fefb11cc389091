import type { PairDelays, Sid } from '@srwan/interface'
import { familyOf, LEAST_EXCESS_MICROSECONDS, LEAST_PAIRS } from './observation.ts'
import type { Testimony } from './testimony.ts'

/** What this node's own columns and descriptors say of a pair. */
export type DelaysBetween = (one: Sid, other: Sid) => PairDelays

/** Columns as they are published are off by half a millisecond each: two replicas may differ by this, in ms. */
const PRECISION = 1
const MICROSECONDS_PER_MS = 1000
const LEAST_EXCESS = LEAST_EXCESS_MICROSECONDS / MICROSECONDS_PER_MS

/**
 * Recomputes what an observation of the family `delays` says of published columns. What is not known here contradicts nothing; neither does what only the observer can have seen: its round trips, its own
 * probes.
 *
 * @returns whether the columns of this node say the opposite
 */
export function isContradicted({ observer, observation }: Pick<Testimony, 'observer' | 'observation'>, between: DelaysBetween): boolean {
  const { subject, class: name, holds, seenWith, figures } = observation
  if (familyOf(name) !== 'delays') return false
  if (!holds) return isBelow(between(observer, subject))
  if (name === 'light-speed') return seenWith.filter((other) => !keepsLight(between(subject, other))).length < LEAST_PAIRS
  const roundTrip = figures['roundTripMicroseconds'] ?? 0
  const { published } = between(observer, subject)
  return roundTrip > 0 && published !== undefined && published >= roundTrip / MICROSECONDS_PER_MS - LEAST_EXCESS + PRECISION
}

/** Certainly no less than light needs. */
const keepsLight = ({ published, light }: PairDelays): boolean => published !== undefined && light !== undefined && published >= light - LEAST_EXCESS + PRECISION

/** Certainly less than light needs: who vouches for these delays did not look. */
const isBelow = ({ published, light }: PairDelays): boolean => published !== undefined && light !== undefined && published < light - LEAST_EXCESS - PRECISION
