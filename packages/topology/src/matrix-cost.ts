import { ms } from '@srwan/interface'
import type { DelayCell, DelayMatrix, Microseconds, Milliseconds, SegmentList, Sid } from '@srwan/interface'

/** µs of clock divergence per ppm of rate and ms of age. */
const MICROSECONDS_PER_PPM_MS = 1e-3
const MICROSECONDS_PER_MS = 1000

/**
 * A cell's delay brought to the instant `at` by the rates of its two clocks: c(T) = c(t) + (rate_j − rate_i)(T − t).
 *
 * @returns µs, offset included; `undefined` where lost or unknown
 */
export function cellAt(matrix: DelayMatrix, cell: { from: number; to: number }, at: Milliseconds): Microseconds | undefined {
  const value = cellOf(matrix, cell)
  if (value?.oneWayDelay === undefined) return undefined
  const rate = (matrix.rates[cell.to] ?? 0) - (matrix.rates[cell.from] ?? 0)
  return (value.oneWayDelay + rate * (at - value.sampledAt) * MICROSECONDS_PER_PPM_MS) as Microseconds
}

export function cellOf(matrix: DelayMatrix, cell: { from: number; to: number }): DelayCell | undefined {
  return matrix.cells[cell.from]?.[cell.to]
}

/**
 * Predicted cost of a whole path: the sum of its cells at one instant. The clock offset between its two ends is included, the same for every path
 * between them: only differences between paths of one pair of ends mean anything.
 *
 * @param segments - the SIDs to visit after `from`, the endpoint last
 * @returns ms; `undefined` where a cell is missing or a SID is not in the matrix
 */
export function pathCost(matrix: DelayMatrix, path: { from: Sid; segments: SegmentList }, at: Milliseconds): Milliseconds | undefined {
  let sum = 0
  let from = matrix.sids.indexOf(path.from)
  for (const segment of path.segments) {
    const to = matrix.sids.indexOf(segment)
    const cost = cellAt(matrix, { from, to }, at)
    if (cost === undefined) return undefined
    sum += cost
    from = to
  }
  return ms(sum / MICROSECONDS_PER_MS)
}

/** Share of the directed pairs that have a usable delay, 0 to 1; 1 for a matrix without pairs. */
export function coverage(matrix: DelayMatrix): number {
  const size = matrix.sids.length
  if (size < 2) return 1
  let known = 0
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      if (from !== to && cellOf(matrix, { from, to })?.oneWayDelay !== undefined) known++
    }
  }
  return known / (size * (size - 1))
}
