import { seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import type { Random, Sid } from '@srwan/interface'
import { chooseLandmarks, estimateRoundTrip, shortlistRelays } from '../../src/index.ts'
import type { LandmarkVector, MeasuredRelay } from '../../src/index.ts'
import { sidOf } from '../matrices.ts'

/** Gains in round trip, summed over ordered pairs of different groups; see {@link relayGains}. */
export interface RelayGains {
  readonly pairs: number
  /** Through the best of 4 + 4 relays by landmarks, as probes would find it. */
  readonly shortlisted: number
  /** Through the best of as many drawn at random. */
  readonly random: number
  /** Through the best one of the two groups. */
  readonly bestOfBoth: number
  /** Through the best one of all routers: what the share is of. */
  readonly best: number
  /** Chosen round trip / best one-relay round trip, of each pair, ascending. */
  readonly ratios: readonly number[]
}

/** How estimates are made from two landmark vectors; the product's own unless told. */
export type Estimator = (one: LandmarkVector, other: LandmarkVector) => number

const SPREAD_MS = 120
const SEED_STEP = 7919
const PRIME = 3

/** Round trips of `size` routers on a plane with detours that break the triangle inequality, ms; seeded. */
export function syntheticRoundTrips(size: number, seed: number): readonly (readonly number[])[] {
  const random = seededRandom(seed)
  const places = Array.from({ length: size }, () => [random.next() * SPREAD_MS, random.next() * SPREAD_MS] as const)
  const rows = places.map(() => new Array<number>(size).fill(0))
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [places[i] as readonly [number, number], places[j] as readonly [number, number]]
      const detour = random.next() < 0.3 ? 1.5 + random.next() : 1 + random.next() / 5
      const value = 2 + Math.hypot(a[0] - b[0], a[1] - b[1]) * detour
      ;(rows[i] as number[])[j] = (rows[j] as number[])[i] = value
    }
  }
  return rows
}

export function shuffled(size: number, random: Random): number[] {
  const order = Array.from({ length: size }, (_, index) => index)
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1))
    ;[order[i], order[j]] = [order[j] as number, order[i] as number]
  }
  return order
}

/** Three groups by chance, landmarks as in the second epoch: chosen on the vectors of the first. */
export function threeGroups(trips: readonly (readonly number[])[], seed: number): { readonly groups: readonly (readonly number[])[]; readonly vectors: readonly LandmarkVector[] } {
  const random = seededRandom(seed * SEED_STEP)
  const order = shuffled(trips.length, random)
  const third = Math.ceil(trips.length / 3)
  const groups = [order.slice(0, third), order.slice(third, 2 * third), order.slice(2 * third)]
  const sids = trips.map((_, index) => sidOf(index))
  const indexOf = new Map(sids.map((sid, index) => [sid, index]))
  const vectorsTo = (landmarks: readonly Sid[]): readonly LandmarkVector[] => trips.map((row) => landmarks.map((landmark) => ms(row[indexOf.get(landmark) ?? 0] as number)))
  const first = vectorsTo(chooseLandmarks({ routers: sids, beacon: random.bytes(32) }))
  const second = chooseLandmarks({ routers: sids, beacon: random.bytes(32), vectorOf: (sid) => first[indexOf.get(sid) ?? 0] })
  return { groups, vectors: vectorsTo(second) }
}

/**
 * What relays chosen by landmarks gain between groups, by round trips that stand for one-way delays twice.
 *
 * @param step - every how many-th router is a headend and an egress
 */
export function relayGains(trips: readonly (readonly number[])[], seed: number, step: number, estimator?: Estimator): RelayGains {
  const { groups, vectors } = threeGroups(trips, seed)
  const random = seededRandom(seed + PRIME)
  const trip = (from: number, to: number): number => trips[from]?.[to] as number
  const sum = { pairs: 0, shortlisted: 0, random: 0, bestOfBoth: 0, best: 0 }
  const ratios: number[] = []
  for (const own of groups) {
    for (const other of groups.filter((group) => group !== own)) {
      for (const headend of own.filter((_, index) => index % step === 0)) {
        for (const egress of other.filter((_, index) => index % step === 0)) {
          const direct = trip(headend, egress)
          if (direct <= 1) continue
          const through = (relays: Iterable<number>): number => {
            let least = direct
            for (const relay of relays) if (relay !== headend && relay !== egress) least = Math.min(least, trip(headend, relay) + trip(relay, egress))
            return least
          }
          const listed = shortlist({ trip, vectors, headend, egress, own, other, estimator })
          const best = through(trips.keys())
          const chosen = through(listed)
          sum.pairs++
          sum.shortlisted += direct - chosen
          sum.random += direct - through(Array.from({ length: 8 }, () => Math.floor(random.next() * trips.length)))
          sum.bestOfBoth += direct - through([...own, ...other])
          sum.best += direct - best
          ratios.push(chosen / best)
        }
      }
    }
  }
  return { ...sum, ratios: ratios.sort((a, b) => a - b) }
}

interface Shortlist {
  readonly trip: (from: number, to: number) => number
  readonly vectors: readonly LandmarkVector[]
  readonly headend: number
  readonly egress: number
  readonly own: readonly number[]
  readonly other: readonly number[]
  readonly estimator: Estimator | undefined
}

function shortlist({ trip, vectors, headend, egress, own, other, estimator }: Shortlist): readonly number[] {
  const vector = (router: number): LandmarkVector => vectors[router] as LandmarkVector
  if (estimator !== undefined) {
    const ranked = (relays: readonly number[], cost: (relay: number) => number): number[] =>
      relays
        .filter((relay) => relay !== headend && relay !== egress)
        .map((relay) => ({ relay, cost: cost(relay) }))
        .sort((a, b) => a.cost - b.cost)
        .slice(0, 4)
        .map(({ relay }) => relay)
    return [
      ...ranked(own, (relay) => trip(headend, relay) + estimator(vector(relay), vector(egress))),
      ...ranked(other, (relay) => trip(relay, egress) + estimator(vector(relay), vector(headend)))
    ]
  }
  const measured = (relays: readonly number[], end: number): MeasuredRelay[] =>
    relays.filter((relay) => relay !== end).map((relay) => ({ sid: sidOf(relay), roundTrip: ms(trip(end, relay)), vector: vector(relay) }))
  const listed = shortlistRelays({ headend: vector(headend), egress: vector(egress), own: measured(own, headend), other: measured(other, egress) })
  return listed.map(({ sid }) => Number.parseInt(sid, 16) - 1)
}

export const ESTIMATORS: Readonly<Record<string, Estimator | undefined>> = {
  'geometric mean (used)': undefined,
  'lower bound': (one, other) => estimateRoundTrip(one, other)?.lower ?? Infinity,
  'upper bound': (one, other) => estimateRoundTrip(one, other)?.upper ?? Infinity,
  'arithmetic mean': (one, other) => {
    const estimate = estimateRoundTrip(one, other)
    return estimate === undefined ? Infinity : (estimate.lower + estimate.upper) / 2
  }
}
