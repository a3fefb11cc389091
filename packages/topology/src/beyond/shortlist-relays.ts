import { ms } from '@srwan/interface'
import type { DelayMatrix, Milliseconds, Sid } from '@srwan/interface'
import { cellAt } from '../matrix-cost.ts'
import { estimateRoundTrip } from './estimate-round-trip.ts'
import type { LandmarkVector } from './estimate-round-trip.ts'

/** Relays of each of the two groups that are probed. */
export const RELAYS_PER_GROUP = 4

/** A router that might relay, with the one of its two round trips that its group has measured. */
export interface MeasuredRelay {
  readonly sid: Sid
  /** To the end that is in its own group: the headend for one's own group, the egress for the other one. */
  readonly roundTrip: Milliseconds
  /** Round trips to the landmarks. */
  readonly vector: LandmarkVector
}

/** A path between two groups for which relays are looked for. */
export interface RelayQuery {
  readonly headend: LandmarkVector
  readonly egress: LandmarkVector
  /** Of the headend's group, the headend left out. */
  readonly own: readonly MeasuredRelay[]
  /** Of the egress's group, the egress left out. */
  readonly other: readonly MeasuredRelay[]
  /** @default {@link RELAYS_PER_GROUP} */
  readonly count?: number
}

/** A relay and the round trip through it: one half measured, the other estimated. */
export interface RankedRelay {
  readonly sid: Sid
  readonly group: 'own' | 'other'
  readonly roundTrip: Milliseconds
}

/**
 * The relays worth probing: the best of either group by measured half + estimated half, best first over all; ties go to the lower SID. Estimates order what is probed and nothing else: which path carries
 * data is decided by probes.
 */
export function shortlistRelays(query: RelayQuery): readonly RankedRelay[] {
  const count = query.count ?? RELAYS_PER_GROUP
  return [...best(query.own, query.egress, 'own', count), ...best(query.other, query.headend, 'other', count)].sort(byRoundTrip)
}

function best(relays: readonly MeasuredRelay[], farEnd: LandmarkVector, group: RankedRelay['group'], count: number): readonly RankedRelay[] {
  return relays
    .flatMap(({ sid, roundTrip, vector }) => {
      const far = estimateRoundTrip(vector, farEnd)
      return far === undefined ? [] : [{ sid, group, roundTrip: ms(roundTrip + far.estimate) }]
    })
    .sort(byRoundTrip)
    .slice(0, count)
}

function byRoundTrip(one: RankedRelay, other: RankedRelay): number {
  return one.roundTrip - other.roundTrip || (one.sid < other.sid ? -1 : 1)
}

/**
 * Round trips of one router with the others of its group: the two one-way delays of a pair, brought to one instant. Their clock offsets cancel, so these compare across groups, which one-way delays do not.
 *
 * @returns no entry where either direction is lost, stale or unknown, nor where the sum is not above zero
 */
export function roundTripsWith(matrix: DelayMatrix, router: Sid, at: Milliseconds): ReadonlyMap<Sid, Milliseconds> {
  const self = matrix.sids.indexOf(router)
  const trips = new Map<Sid, Milliseconds>()
  if (self < 0) return trips
  matrix.sids.forEach((sid, index) => {
    if (index === self) return
    const [there, back] = [cellAt(matrix, { from: self, to: index }, at), cellAt(matrix, { from: index, to: self }, at)]
    if (there !== undefined && back !== undefined && there + back > 0) trips.set(sid, ms((there + back) / 1000))
  })
  return trips
}
