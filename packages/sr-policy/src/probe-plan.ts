import type { BeyondCandidates, DelayMatrix, Milliseconds, SegmentList, Sid } from '@srwan/interface'
import { candidatePaths } from '@srwan/topology'
import { MAX_BEYOND_PAIRS, MAX_PROBED_PAIRS, SHORTLIST } from './constants.ts'
import { distinct, isDefaultPath, keyOf } from './segment-lists.ts'

/** A forward and a reverse list that are probed together. */
export interface ListPair {
  readonly forward: SegmentList
  readonly reverse: SegmentList
}

export interface PlanInput {
  readonly self: Sid
  readonly endpoint: Sid
  readonly matrix: DelayMatrix
  readonly at: Milliseconds
  readonly maxTransits: number
  /** Members that forward for others. */
  readonly transits: readonly Sid[]
  readonly active: ListPair
  /** Where the endpoint is of another group: instead of what the matrix says. */
  readonly beyond?: BeyondCandidates | undefined
  readonly standby: { readonly forward: SegmentList | undefined; readonly reverse: SegmentList | undefined }
}

/**
 * What a decision probes: the default pair first, the pair in use, then the k-th best forward with the k-th best reverse list by the matrix, each direction
 * ranked by itself; the shorter side is filled up with the default path. At most `MAX_PROBED_PAIRS`, to another group `MAX_BEYOND_PAIRS`.
 */
export function planProbes(input: PlanInput): readonly ListPair[] {
  const defaultPair = { forward: [input.endpoint], reverse: [input.self] }
  const pairs: ListPair[] = [defaultPair]
  if (!isDefaultPath(input.active.forward) || !isDefaultPath(input.active.reverse)) pairs.push(input.active)
  const forward = unprobed(
    [...(input.beyond?.forward ?? shortlist(input, input.self, input.endpoint)), input.standby.forward],
    pairs.map((pair) => pair.forward)
  )
  const reverse = unprobed(
    [...(input.beyond?.reverse ?? shortlist(input, input.endpoint, input.self)), input.standby.reverse],
    pairs.map((pair) => pair.reverse)
  )
  const most = input.beyond === undefined ? MAX_PROBED_PAIRS : MAX_BEYOND_PAIRS
  for (let k = 0; k < Math.max(forward.length, reverse.length) && pairs.length < most; k++) {
    pairs.push({ forward: forward[k] ?? defaultPair.forward, reverse: reverse[k] ?? defaultPair.reverse })
  }
  return pairs
}

/** The best relayed candidates of one direction by the matrix. */
function shortlist(input: PlanInput, from: Sid, to: Sid): readonly SegmentList[] {
  const { matrix, maxTransits, transits, at } = input
  return candidatePaths(matrix, { from, to, maxTransits, transits, at, count: SHORTLIST })
    .map(({ segments }) => segments)
    .filter((segments) => !isDefaultPath(segments))
}

function unprobed(lists: readonly (SegmentList | undefined)[], probed: readonly SegmentList[]): readonly SegmentList[] {
  const known = new Set(probed.map(keyOf))
  return distinct(lists).filter((list) => !known.has(keyOf(list)))
}
