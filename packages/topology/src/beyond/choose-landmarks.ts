import { createHash } from 'node:crypto'
import type { Sid } from '@srwan/interface'
import { estimateRoundTrip } from './estimate-round-trip.ts'
import type { LandmarkVector } from './estimate-round-trip.ts'

/** Landmarks of a network. */
export const LANDMARKS = 8
/** Routers that the beacon draws, of which the landmarks are taken: who would be a landmark must be drawn first. */
export const LANDMARK_POOL = 64

/** Out of whom landmarks are chosen. */
export interface LandmarkQuery {
  /** Routers that may be landmarks, any order. */
  readonly routers: Iterable<Sid>
  /** What nobody could know when they joined; 32 octets, or none where the network has no beacon. */
  readonly beacon: Uint8Array
  /** Round trips to the landmarks of the epoch before, from anchored digests. Where most of the pool has none, the beacon's order alone decides. */
  readonly vectorOf?: (router: Sid) => LandmarkVector | undefined
  /** @default {@link LANDMARKS} */
  readonly count?: number
}

/**
 * Chooses the landmarks of an epoch: the beacon draws a pool of 64, and of those the ones are taken, one by one, that lower the sum of round trips from each of the pool to its nearest landmark most
 * (greedy k-median, ties to the beacon's order). On 222 cities relays found by such landmarks give 0.82 of the best one-relay gain where the distances are measured and 0.79 where they are estimated; chance
 * gives 0.79, and the farthest routers, the other usual choice, 0.77.
 *
 * A pure function: any order of the routers gives the same landmarks.
 *
 * @returns at most `count`, in the order in which vectors hold them: that of their SIDs
 */
export function chooseLandmarks(query: LandmarkQuery): readonly Sid[] {
  const count = query.count ?? LANDMARKS
  const drawn = drawPool(query)
  const vectors = drawn.map((router) => query.vectorOf?.(router))
  const known = vectors.filter((vector) => vector !== undefined).length
  const chosen = 2 * known > drawn.length && drawn.length > count ? medians(drawn, vectors, count) : drawn.slice(0, count)
  return [...chosen].sort()
}

function drawPool({ routers, beacon }: LandmarkQuery): readonly Sid[] {
  return [...new Set(routers)]
    .map((router) => ({ router, draw: createHash('sha256').update('srwan-landmark').update(beacon).update(router, 'hex').digest('hex') }))
    .sort((one, other) => (one.draw < other.draw ? -1 : 1))
    .slice(0, LANDMARK_POOL)
    .map(({ router }) => router)
}

function medians(pool: readonly Sid[], vectors: readonly (LandmarkVector | undefined)[], count: number): readonly Sid[] {
  const distance = vectors.map((one, i) =>
    vectors.map((other, j) => (i === j ? 0 : one === undefined || other === undefined ? Infinity : (estimateRoundTrip(one, other)?.estimate ?? Infinity)))
  )
  const farthest = Math.max(...distance.flat().filter(Number.isFinite), 0)
  const bounded = distance.map((row) => row.map((value) => Math.min(value, farthest)))
  const nearest = pool.map(() => farthest)
  const chosen: Sid[] = []
  while (chosen.length < count) {
    let best = -1
    let least = Infinity
    bounded.forEach((row, candidate) => {
      if (vectors[candidate] === undefined || chosen.includes(pool[candidate] as Sid)) return
      const sum = row.reduce((total, value, router) => total + Math.min(value, nearest[router] as number), 0)
      if (sum < least) {
        least = sum
        best = candidate
      }
    })
    if (best < 0) break
    chosen.push(pool[best] as Sid)
    bounded[best]?.forEach((value, router) => {
      nearest[router] = Math.min(value, nearest[router] as number)
    })
  }
  return chosen
}
