import { MAX_DEPTH, MERGE_SHARE } from './constants.ts'
import { KEY_SPAN } from './position.ts'

/** Depth of a group number; 1, the whole, has 0. */
export function depthOf(number: number): number {
  return 31 - Math.clz32(number)
}

/** Least key of a subtree, and the first behind it. */
export function keyRange(number: number): readonly [from: number, to: number] {
  const depth = depthOf(number)
  const width = KEY_SPAN / 2 ** depth
  const from = (number - 2 ** depth) * width
  return [from, from + width]
}

/** First index of a sorted array that holds `key` or more. */
export function lowerBound(sorted: Float64Array, key: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) < key) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The inner nodes of the trie after an epoch's change: a leaf above `groupSize` splits, siblings that are leaves and hold at most 40 % of it together merge.
 * A function of the set of keys and the splits before, whatever their order.
 *
 * @param keys - of all routers, sorted
 * @param previous - inner nodes before; a node counts only if its parent is one
 */
export function adjustSplits(keys: Float64Array, previous: Iterable<number>, groupSize: number): ReadonlySet<number> {
  const before = new Set(previous)
  const splits = new Set<number>()
  const mergeAt = Math.floor(groupSize * MERGE_SHARE)
  const count = (number: number): number => {
    const [from, to] = keyRange(number)
    return lowerBound(keys, to) - lowerBound(keys, from)
  }
  /** @returns whether the node stays split */
  const visit = (number: number): boolean => {
    const size = count(number)
    const deep = depthOf(number) >= MAX_DEPTH
    if (deep || (size <= groupSize && !before.has(number))) return false
    // Children first: two leaves may merge only after each of them has.
    const left = visit(2 * number)
    const right = visit(2 * number + 1)
    if (!left && !right && size <= mergeAt) return false
    splits.add(number)
    return true
  }
  visit(1)
  return splits
}

/** Leaves in the order of their subtrees. */
export function leavesOf(splits: ReadonlySet<number>): readonly number[] {
  const leaves: number[] = []
  const visit = (number: number): void => {
    if (!splits.has(number)) {
      leaves.push(number)
      return
    }
    visit(2 * number)
    visit(2 * number + 1)
  }
  visit(1)
  return leaves
}

/** Finds the leaf of a key. */
export class LeafFinder {
  readonly leaves: readonly number[]
  readonly #starts: Float64Array

  constructor(splits: ReadonlySet<number>) {
    this.leaves = leavesOf(splits)
    this.#starts = Float64Array.from(this.leaves, (leaf) => keyRange(leaf)[0])
  }

  /** Index in `leaves`. */
  indexOf(key: number): number {
    const at = lowerBound(this.#starts, key)
    return this.#starts[at] === key ? at : at - 1
  }
}
