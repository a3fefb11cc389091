import { InvalidInputError, ms, ratio } from '@srwan/interface'
import type { DelayMatrix, Milliseconds, Ratio, SegmentList, Sid } from '@srwan/interface'
import { bestTransits } from './best-transits.ts'
import type { CostTable, IndexedPath } from './best-transits.ts'
import { cellAt, cellOf } from './matrix-cost.ts'

/** Longest chain of relays: one gives 65–86 % of the possible gain, three are ample. */
export const MAX_TRANSITS = 3
/** A cell that lost more than this is no part of a relayed candidate. */
export const DEFAULT_MAX_LOSS = ratio(0.5)
const MICROSECONDS_PER_MS = 1000
/** Sums of cells with hour-sized offsets are exact to less than this; smaller differences are ties. */
const TIE_MICROSECONDS = 0.01

/** What to look for. */
export interface CandidateQuery {
  readonly from: Sid
  readonly to: Sid
  /** 0 to `MAX_TRANSITS`. */
  readonly maxTransits: number
  /** Relayed candidates wanted at most; the default path comes on top. */
  readonly count: number
  /** Instant to which all cells are brought. */
  readonly at: Milliseconds
  /** Members that may be transits. @default all */
  readonly transits?: Iterable<Sid>
  /** Members that may not. @default none */
  readonly avoid?: Iterable<Sid>
  /** @default {@link DEFAULT_MAX_LOSS} */
  readonly maxLoss?: Ratio
}

/** A candidate path and what the matrix predicts for it. */
export interface RankedCandidate {
  readonly segments: SegmentList
  /**
   * Predicted one-way delay minus that of the default path, ms; free of clock offsets. Where the default path's cell is missing: minus that of the best
   * candidate; the default path itself then has `undefined`.
   */
  readonly cost: Milliseconds | undefined
}

/**
 * Ranks the simple paths from one member to another by predicted one-way delay, best first.
 *
 * Clock offsets telescope along a path, so they change no difference and no rank. The default path is always included, wins ties, and stands last where its
 * cell is missing. Members that are not in the matrix have no cells.
 *
 * @returns 1 to `count` + 1 candidates
 * @throws InvalidInputError where `from` is `to` or a bound is not kept
 */
export function candidatePaths(matrix: DelayMatrix, query: CandidateQuery): readonly RankedCandidate[] {
  checkQuery(query)
  const from = matrix.sids.indexOf(query.from)
  const to = matrix.sids.indexOf(query.to)
  const direct = from < 0 || to < 0 ? undefined : cellAt(matrix, { from, to }, query.at)
  const defaultPath: RankedCandidate = { segments: [query.to], cost: direct === undefined ? undefined : ms(0) }
  if (from < 0 || to < 0) return [defaultPath]
  const relayed = bestTransits(costTable(matrix, query), {
    from,
    to,
    maxTransits: query.maxTransits,
    count: query.count,
    transits: allowedTransits(matrix, query)
  })
  const reference = direct ?? relayed[0]?.cost ?? 0
  return insertDefault(
    defaultPath,
    relayed.map((path) => toCandidate(matrix, query, path, reference))
  )
}

function insertDefault(defaultPath: RankedCandidate, relayed: readonly RankedCandidate[]): readonly RankedCandidate[] {
  if (defaultPath.cost === undefined) return [...relayed, defaultPath]
  const better = relayed.filter(({ cost }) => cost !== undefined && cost * MICROSECONDS_PER_MS < -TIE_MICROSECONDS)
  return [...better, defaultPath, ...relayed.slice(better.length)]
}

function toCandidate(matrix: DelayMatrix, query: CandidateQuery, path: IndexedPath, reference: number): RankedCandidate {
  const transits = path.transits.map((index) => matrix.sids[index] as Sid)
  return { segments: [...transits, query.to], cost: ms((path.cost - reference) / MICROSECONDS_PER_MS) }
}

function allowedTransits(matrix: DelayMatrix, query: CandidateQuery): readonly number[] {
  const allowed = query.transits === undefined ? undefined : new Set(query.transits)
  const avoided = new Set(query.avoid ?? [])
  const result: number[] = []
  matrix.sids.forEach((candidate, index) => {
    if (candidate === query.from || candidate === query.to || avoided.has(candidate)) return
    if (allowed?.has(candidate) !== false) result.push(index)
  })
  return result
}

function costTable(matrix: DelayMatrix, query: CandidateQuery): CostTable {
  const size = matrix.sids.length
  const costs = new Float64Array(size * size).fill(Infinity)
  const maxLoss = query.maxLoss ?? DEFAULT_MAX_LOSS
  for (let from = 0; from < size; from++) {
    for (let to = 0; to < size; to++) {
      const cost = from === to ? undefined : cellAt(matrix, { from, to }, query.at)
      if (cost === undefined || (cellOf(matrix, { from, to })?.loss ?? 0) > maxLoss) continue
      costs[from * size + to] = cost
    }
  }
  return { size, costs }
}

function checkQuery(query: CandidateQuery): void {
  const fail = (field: string, message: string): never => {
    throw new InvalidInputError({ source: 'candidate query', field }, message)
  }
  if (query.from === query.to) fail('to', 'is the same member as `from`')
  if (!Number.isInteger(query.maxTransits) || query.maxTransits < 0 || query.maxTransits > MAX_TRANSITS) {
    fail('maxTransits', `is ${query.maxTransits}, not a whole number from 0 to ${MAX_TRANSITS}`)
  }
  if (!Number.isInteger(query.count) || query.count < 0) fail('count', `is ${query.count}, not a whole number from 0`)
}
