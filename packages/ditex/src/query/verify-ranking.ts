import { isThere } from './place.ts'
import { DEFAULT_QUERY_LIMIT } from './query.ts'
import { comparePairs, pairsIn } from './ranking.ts'
import type { RankedPair } from './execute-query.ts'
import type { RouterFacts } from './place.ts'
import type { BestOf, DitexQuery } from './query.ts'
import type { FoundPair, Telling } from './ranking.ts'

/** An entry of an answer that tells of pairs. */
export interface ShownTelling extends Telling {
  /** Its position in the answer. */
  readonly index: number
}

/** A ranked answer, taken apart. */
export interface ShownRanking {
  readonly query: DitexQuery
  readonly bestOf: BestOf
  readonly ranked: readonly RankedPair[]
  readonly endedBy: string | undefined
  readonly tellings: readonly ShownTelling[]
  /** Out of the `router` entries that came along. */
  readonly routers: readonly RouterFacts[]
}

/** Pairs that the entries of an answer tell of, the best first, as far as `router` entries show that their ends are where they should be. */
export function pairsShown({ bestOf, tellings, routers }: Pick<ShownRanking, 'bestOf' | 'tellings' | 'routers'>): FoundPair<ShownTelling>[] {
  const there = (place: BestOf['from']): ReadonlySet<string> => new Set(routers.filter((router) => isThere(place, router)).map(({ sid }) => sid))
  return pairsIn(bestOf.by, { from: there(bestOf.from), to: there(bestOf.to) }, tellings)
}

/** Whether nobody who is not heard could change what is said of a pair: both ends told, or it is an offer. */
export const isCertain = ({ price, witnesses }: FoundPair<unknown>): boolean => price !== undefined || witnesses.length === 2

/** Does the answer stop before its last pair? */
export const isCut = ({ query, ranked, endedBy }: Pick<ShownRanking, 'query' | 'ranked' | 'endedBy'>): boolean =>
  endedBy !== undefined || ranked.length >= (query.limit ?? DEFAULT_QUERY_LIMIT)

/** What of `ranked` does not follow from the entries that came along; empty where all does. */
export function rankingFaults(shown: ShownRanking): readonly string[] {
  const { bestOf, ranked, tellings } = shown
  const found = pairsShown(shown)
  const byName = new Map(found.map((pair) => [nameOf(bestOf, rankedOf(pair)), pair]))
  const said = ranked.map((pair) => byName.get(nameOf(bestOf, pair)))
  const faults: string[] = []
  for (const [index, pair] of said.entries()) {
    if (pair === undefined) faults.push(`pair ${index} of the ranking does not follow from its entries`)
    else if (!isSamePair(rankedOf(pair), ranked[index])) faults.push(`pair ${index} of the ranking is said to be other than its entries say`)
    const before = said[index - 1]
    if (pair !== undefined && before !== undefined && comparePairs(bestOf.by, before, pair) >= 0) faults.push(`pair ${index} of the ranking is not behind the one before`)
  }
  const used = new Set(ranked.flatMap(({ entries }) => entries))
  for (const { index } of tellings) if (!used.has(index)) faults.push(`entry ${index} belongs to no pair of the ranking`)
  return [...faults, ...omissions(shown, found, said)]
}

/** Pairs of which the entries tell and the ranking does not. Where it was cut, those that may be behind its end are not among them. */
function omissions(shown: ShownRanking, found: readonly FoundPair<ShownTelling>[], said: readonly (FoundPair<ShownTelling> | undefined)[]): readonly string[] {
  const known = new Set(said)
  const last = said.at(-1)
  const isBehind = (pair: FoundPair<ShownTelling>): boolean => isCut(shown) && (!isCertain(pair) || last === undefined || comparePairs(shown.bestOf.by, pair, last) > 0)
  return found.filter((pair) => !known.has(pair) && !isBehind(pair)).map(({ from, to }) => `the ranking leaves out ${from} to ${to}`)
}

/** As the answer shows it. */
export function rankedOf({ witnesses, ...pair }: FoundPair<ShownTelling>): RankedPair {
  return { ...pair, entries: witnesses.map(({ index }) => index) }
}

/** Of offers there may be several between two routers. */
const nameOf = ({ by }: BestOf, { from, to, entries }: RankedPair): string => `${from} ${to}${by === 'price' ? ` ${entries[0]}` : ''}`

function isSamePair(one: RankedPair, other: RankedPair | undefined): boolean {
  if (other === undefined || one.roundTripMs !== other.roundTripMs || one.price !== other.price || one.color !== other.color) return false
  return one.entries.length === other.entries.length && one.entries.every((entry, index) => other.entries[index] === entry)
}
