import type { SegmentList } from '@srwan/interface'

/** Text of a list, equal where the lists are. */
export function keyOf(segments: SegmentList): string {
  return segments.join('>')
}

export function isDefaultPath(segments: SegmentList): boolean {
  return segments.length === 1
}

/** The lists without repetitions, in order of their first occurrence; `undefined` is left out. */
export function distinct(lists: readonly (SegmentList | undefined)[]): readonly SegmentList[] {
  const seen = new Map<string, SegmentList>()
  for (const list of lists) {
    if (list !== undefined && !seen.has(keyOf(list))) seen.set(keyOf(list), list)
  }
  return [...seen.values()]
}
