/** Square table of costs in µs by index; `Infinity` where there is no usable cell. */
export interface CostTable {
  readonly size: number
  readonly costs: Float64Array
}

/** A path by indexes: the transits in order, ends not included. */
export interface IndexedPath {
  readonly transits: readonly number[]
  readonly cost: number
}

interface Ends {
  readonly from: number
  readonly to: number
}

/** What one end adds to a middle: a neighbour, and the cost through it. */
interface HalfPath {
  readonly via: number
  readonly cost: number
}

export interface BestTransitsQuery extends Ends {
  readonly maxTransits: number
  readonly count: number
  /** Indexes that may be transits; neither end among them. */
  readonly transits: readonly number[]
}

/**
 * The `count` cheapest simple paths with 1 to `maxTransits` (≤ 3) transits, exactly; ties go to fewer transits, then to smaller indexes.
 *
 * Dynamic programming over the number of transits: for three, each middle b joins the best halves from → a → b and b → c → to. The join needs only the
 * count + 1 best halves of each side: a half of rank r makes, with any partner, a dearer path than the r better halves with the same partner, and at most
 * one of those repeats a SID. Costs may be negative (clock offsets). O(n² + n·count²) for all.
 */
export function bestTransits(table: CostTable, query: BestTransitsQuery): readonly IndexedPath[] {
  const best = new BestPaths(query.count)
  if (query.maxTransits >= 1) addOneTransit(table, query, best)
  if (query.maxTransits >= 2) addTwoTransits(table, query, best)
  if (query.maxTransits >= 3) addThreeTransits(table, query, best)
  return best.ranked
}

function addOneTransit(table: CostTable, query: BestTransitsQuery, best: BestPaths): void {
  for (const a of query.transits) best.offer([a], costOf(table, query.from, a) + costOf(table, a, query.to))
}

function addTwoTransits(table: CostTable, query: BestTransitsQuery, best: BestPaths): void {
  for (const a of query.transits) {
    const first = costOf(table, query.from, a)
    if (first === Infinity) continue
    for (const b of query.transits) {
      if (b !== a) best.offer([a, b], first + costOf(table, a, b) + costOf(table, b, query.to))
    }
  }
}

function addThreeTransits(table: CostTable, query: BestTransitsQuery, best: BestPaths): void {
  for (const b of query.transits) {
    const heads = bestHalves(query, b, (a) => costOf(table, query.from, a) + costOf(table, a, b))
    const tails = bestHalves(query, b, (c) => costOf(table, b, c) + costOf(table, c, query.to))
    for (const head of heads) {
      for (const tail of tails) {
        if (head.via !== tail.via) best.offer([head.via, b, tail.via], head.cost + tail.cost)
      }
    }
  }
}

function bestHalves(query: BestTransitsQuery, middle: number, cost: (via: number) => number): readonly HalfPath[] {
  const kept: HalfPath[] = []
  const limit = query.count + 1
  for (const via of query.transits) {
    if (via === middle) continue
    const half = { via, cost: cost(via) }
    if (half.cost === Infinity) continue
    if (kept.length === limit && half.cost >= (kept[limit - 1] as HalfPath).cost) continue
    let index = kept.length
    while (index > 0 && half.cost < (kept[index - 1] as HalfPath).cost) index--
    kept.splice(index, 0, half)
    if (kept.length > limit) kept.pop()
  }
  return kept
}

function costOf(table: CostTable, from: number, to: number): number {
  return table.costs[from * table.size + to] ?? Infinity
}

/** The best so far, ranked; what comes first wins a tie. */
class BestPaths {
  readonly ranked: IndexedPath[] = []
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  offer(transits: readonly number[], cost: number): void {
    const ranked = this.ranked
    if (cost === Infinity || this.#limit === 0) return
    if (ranked.length === this.#limit && cost >= (ranked[ranked.length - 1] as IndexedPath).cost) return
    let index = ranked.length
    while (index > 0 && cost < (ranked[index - 1] as IndexedPath).cost) index--
    ranked.splice(index, 0, { transits, cost })
    if (ranked.length > this.#limit) ranked.pop()
  }
}
