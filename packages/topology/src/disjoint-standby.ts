import type { SegmentList } from '@srwan/interface'

/** Number of transits that two lists of the same endpoint have in common. */
export function sharedTransits(one: SegmentList, other: SegmentList): number {
  const transits = new Set(one.slice(0, -1))
  return other.slice(0, -1).filter((segment) => transits.has(segment)).length
}

/**
 * The candidate that shares the fewest transits with the path in use; among those the first, so pass them best first.
 *
 * @returns `undefined` where nothing but the path in use is there
 */
export function disjointStandby<C extends { readonly segments: SegmentList }>(candidates: readonly C[], active: SegmentList): C | undefined {
  let best: C | undefined
  let fewest = Infinity
  for (const candidate of candidates) {
    if (candidate.segments.join() === active.join()) continue
    const shared = sharedTransits(candidate.segments, active)
    if (shared < fewest) {
      fewest = shared
      best = candidate
    }
  }
  return best
}
