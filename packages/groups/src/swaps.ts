import { LANDMARKS, LEAST_LANDMARKS, POSITION_EPOCHS, SWAP_GAIN, SWAP_PAIRS_SHARE, SWAP_TRIALS_SHARE } from './constants.ts'
import { RandomStream } from './random-stream.ts'
import { LeafFinder } from './splits.ts'
import type { PlacedRouter } from './group-state.ts'
import type { PeerIdText } from '@srwan/interface'

/** Round trips of routers to the same landmarks, in whole µs, 4 to 8 of them; a router without any does not swap. */
export type Landmarks = ReadonlyMap<PeerIdText, readonly number[]>

/** Estimate of the round trip of two routers from their round trips to the same landmarks: the middle of what the triangle inequality allows; whole µs, so that everybody gets the same. */
export function estimatedRoundTrip(a: readonly number[], b: readonly number[]): number {
  let least = 0
  let most = Infinity
  for (let i = 0; i < Math.min(a.length, b.length, LANDMARKS); i++) {
    const one = a[i] as number
    const other = b[i] as number
    least = Math.max(least, Math.abs(one - other))
    most = Math.min(most, one + other)
  }
  return most === Infinity ? 0 : Math.floor((least + Math.max(least, most)) / 2)
}

interface Placement {
  readonly routers: readonly PlacedRouter[]
  readonly splits: ReadonlySet<number>
  readonly epoch: number
}

/** The groups while pairs are swapped: indexes of routers by leaf. */
class SwapTable {
  readonly routers: PlacedRouter[]
  readonly #landmarks: Landmarks
  readonly #leaf: Int32Array
  readonly #members: number[][]

  constructor(placement: Placement, landmarks: Landmarks) {
    this.routers = [...placement.routers]
    this.#landmarks = landmarks
    const finder = new LeafFinder(placement.splits)
    this.#leaf = Int32Array.from(this.routers, ({ key }) => finder.indexOf(key))
    this.#members = finder.leaves.map(() => [])
    this.#leaf.forEach((leaf, i) => this.#members[leaf]?.push(i))
  }

  apart(i: number, j: number): boolean {
    return this.#leaf[i] !== this.#leaf[j]
  }

  /** Would the sum of delays within the two groups fall enough? */
  improves(i: number, j: number): boolean {
    const leafI = this.#leaf[i] as number
    const leafJ = this.#leaf[j] as number
    const now = this.#sum(i, leafI, j) + this.#sum(j, leafJ, i)
    const then = this.#sum(i, leafJ, j) + this.#sum(j, leafI, i)
    return then < now * (1 - SWAP_GAIN)
  }

  /** The two exchange their places; their ages stay. */
  swap(i: number, j: number): void {
    const a = this.routers[i] as PlacedRouter
    const b = this.routers[j] as PlacedRouter
    this.routers[i] = { ...a, position: b.position, key: b.key }
    this.routers[j] = { ...b, position: a.position, key: a.key }
    const leafI = this.#leaf[i] as number
    const leafJ = this.#leaf[j] as number
    this.#leaf[i] = leafJ
    this.#leaf[j] = leafI
    this.#replace(leafI, i, j)
    this.#replace(leafJ, j, i)
  }

  #replace(leaf: number, old: number, fresh: number): void {
    const members = this.#members[leaf] ?? []
    members[members.indexOf(old)] = fresh
  }

  /** Estimated round trips of one router to the members of a leaf, itself and the other one left out. */
  #sum(i: number, leaf: number, other: number): number {
    const own = this.#landmarksOf(i)
    let sum = 0
    for (const member of this.#members[leaf] ?? []) {
      if (member === i || member === other) continue
      const theirs = this.#landmarksOf(member)
      if (theirs.length > 0) sum += estimatedRoundTrip(own, theirs)
    }
    return sum
  }

  #landmarksOf(i: number): readonly number[] {
    return this.#landmarks.get((this.routers[i] as PlacedRouter).peerId) ?? []
  }
}

/** Pairs that the beacon draws in an epoch: 1 % of the routers as pairs; where there are few routers, one. */
export function swapTrials(routers: number): number {
  return Math.max(1, Math.floor(routers * SWAP_TRIALS_SHARE))
}

/**
 * Size-preserving swaps: the beacon draws pairs of aged routers (1 % of the routers as pairs, at least one), and those whose exchange makes the delays within both groups less exchange their places, until 1 % of the routers (at least two) have moved.
 * A router never chooses with whom: one that lies about its landmarks can only say yes or no to the partners that are drawn, so its chance of one given group of g stays below 2 % / g an epoch from 100 routers on, and 2 / (n g) of n below that.
 */
export function swapByDelay(placement: Placement, landmarks: Landmarks, beacon: Uint8Array): PlacedRouter[] {
  const table = new SwapTable(placement, landmarks)
  const aged: number[] = []
  table.routers.forEach(({ placedAt, peerId }, i) => {
    if (placedAt <= placement.epoch - POSITION_EPOCHS && (landmarks.get(peerId)?.length ?? 0) >= LEAST_LANDMARKS) aged.push(i)
  })
  if (aged.length < 2) return table.routers
  const stream = new RandomStream('srwan-swap', beacon)
  const moved = new Set<number>()
  const most = 2 * Math.max(1, Math.floor(table.routers.length * SWAP_PAIRS_SHARE))
  for (let trial = swapTrials(table.routers.length); trial > 0 && moved.size < most; trial--) {
    const i = aged[stream.below(aged.length)] as number
    const j = aged[stream.below(aged.length)] as number
    if (moved.has(i) || moved.has(j) || !table.apart(i, j) || !table.improves(i, j)) continue
    table.swap(i, j)
    moved.add(i).add(j)
  }
  return table.routers
}
