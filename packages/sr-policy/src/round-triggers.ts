import type { DelayMatrix, Milliseconds, SegmentList, Sid } from '@srwan/interface'
import { candidatePaths, coverage, pathCost } from '@srwan/topology'
import { COVERAGE_STEP, DEMAND_WINDOW, FULL_COVERAGE, GOOD_NEWS_INTERVALS } from './constants.ts'
import type { Urgency } from './decision-queue.ts'
import type { PolicyRecord } from './policy-record.ts'
import { isDefaultPath, keyOf } from './segment-lists.ts'

export interface TriggerInput {
  readonly self: Sid
  readonly record: PolicyRecord
  readonly matrix: DelayMatrix
  readonly now: Milliseconds
  readonly pulseInterval: Milliseconds
  readonly maxTransits: number
  readonly transits: readonly Sid[]
  /** `knownShare` of the matrix. */
  readonly share: number
  /** When data of this policy was last seen. */
  readonly lastDemand: Milliseconds
}

/**
 * Whether a policy needs another round, and how urgently: at once when the matrix says that the path in use broke (at most once an interval with data, once in
 * three without); with data also when a round waits for the one that confirms it, when a better candidate appeared, and each three intervals.
 */
export function dueRound(input: TriggerInput): Urgency | undefined {
  const { record, now, pulseInterval } = input
  if (record.decision === undefined) return undefined
  const age = now - record.decision.decidedAt
  const hasDemand = now - input.lastDemand <= DEMAND_WINDOW
  const patience = (hasDemand ? 1 : GOOD_NEWS_INTERVALS) * pulseInterval
  if (age >= patience && isBroken(input)) return 'broken'
  if (age < pulseInterval) return undefined
  if (hasMatrixFilled(record, input.share)) return 'routine'
  if (!hasDemand) return undefined
  const isDue = age >= GOOD_NEWS_INTERVALS * pulseInterval || record.forward.agreed > 0 || record.reverse.agreed > 0 || hasBetterAppeared(input)
  return isDue ? 'routine' : undefined
}

/** An early decision was made when the matrix knew little, and now it knows more. */
export function hasMatrixFilled(record: PolicyRecord, share: number): boolean {
  return record.coverage < FULL_COVERAGE && share - record.coverage >= COVERAGE_STEP
}

/** Share of the directed pairs of members whose delay the matrix knows, 0 to 1. */
export function knownShare(matrix: DelayMatrix, members: number): number {
  const pairs = (size: number): number => size * (size - 1)
  return members < 2 ? 1 : coverage(matrix) * Math.min(1, pairs(matrix.sids.length) / pairs(members))
}

interface End {
  readonly from: Sid
  readonly to: Sid
  readonly active: SegmentList
  readonly probed: readonly SegmentList[]
}

function endsOf({ record, self }: TriggerInput): readonly End[] {
  const probed = (direction: 'forward' | 'reverse'): readonly SegmentList[] => record.decision?.[direction].candidates.map(({ segments }) => segments) ?? []
  return [
    { from: self, to: record.endpoint, active: record.forward.active, probed: probed('forward') },
    { from: record.endpoint, to: self, active: record.reverse.active, probed: probed('reverse') }
  ]
}

/** A cell of the path in use is lost while another path is whole. What leads to another group is not in the matrix: there the datapath's own probes tell. */
function isBroken(input: TriggerInput): boolean {
  if (!input.matrix.sids.includes(input.record.endpoint)) return false
  return endsOf(input).some((end) => {
    if (pathCost(input.matrix, { from: end.from, segments: end.active }, input.now) !== undefined) return false
    const alternatives = candidatesOf(input, end).filter(({ cost }) => cost !== undefined)
    return alternatives.length > 0 || !isDefaultPath(end.active)
  })
}

/** By the matrix a path that the last round did not probe beats the one in use by more than the threshold. */
function hasBetterAppeared(input: TriggerInput): boolean {
  return endsOf(input).some((end) => {
    const current = pathCost(input.matrix, { from: end.from, segments: end.active }, input.now)
    const best = candidatesOf(input, end)[0]
    if (current === undefined || best === undefined) return false
    const cost = pathCost(input.matrix, { from: end.from, segments: best.segments }, input.now)
    const wasProbed = end.probed.some((segments) => keyOf(segments) === keyOf(best.segments))
    return cost !== undefined && !wasProbed && current - cost > input.record.threshold
  })
}

function candidatesOf(input: TriggerInput, end: End): ReturnType<typeof candidatePaths> {
  return candidatePaths(input.matrix, { from: end.from, to: end.to, maxTransits: input.maxTransits, count: 1, at: input.now, transits: input.transits })
}
