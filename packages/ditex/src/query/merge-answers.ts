import { orderOf, placeOf, compareAge } from './answer-order.ts'
import { encodeCursor } from './cursor.ts'
import { factsOf } from './entry-fit.ts'
import { isWithin } from './examined-answer.ts'
import { mergedAnchors, mergedProofs } from './merge-proofs.ts'
import { DEFAULT_QUERY_LIMIT, MAX_QUERY_LIMIT } from './query.ts'
import { attempt } from './verify-codec.ts'
import { isCertain, isCut, pairsShown, rankedOf } from './verify-ranking.ts'
import type { QueryAnswer } from './answer.ts'
import type { ExaminedAnswer, HeldEntry } from './examined-answer.ts'
import type { FoundPair } from './ranking.ts'
import type { DitexQuery } from './query.ts'
import type { ShownTelling } from './verify-ranking.ts'
import type { VerifyCodec } from './verify-codec.ts'
import type { PeerIdText, SignedEntry } from '@srwan/interface'

/** What goes into one answer: that of one peer with what the others have more or newer. */
export interface Merging {
  readonly base: ExaminedAnswer
  readonly others: readonly ExaminedAnswer[]
  readonly winners: readonly HeldEntry[]
}

/** One answer of the same form, which verifies as each of them does. */
export function mergedAnswer(codec: VerifyCodec, query: DitexQuery, merging: Merging): QueryAnswer {
  const { base, others } = merging
  const { routers: _routers, ...answer } = base.answer as QueryAnswer
  const routers = mergedRouters(codec, answer.network, [base, ...others])
  const content = query.bestOf === undefined ? mergedPage(query, merging) : mergedRanking(codec, query, { ...merging, routers })
  const entries = content.entries.map(({ encoded }) => encoded)
  const anchors = mergedAnchors(codec, [base, ...others])
  const proofs = mergedProofs(codec, answer.network, { answers: anchors.agreeing, shown: content.entries })
  return { ...answer, ...content, entries, proofs, anchors: anchors.anchors, ...(routers.length === 0 ? {} : { routers: routers.map(({ encoded }) => encoded) }) }
}

/** As far as the page goes that is shown: what is behind its end comes with the next one. */
function mergedPage(query: DitexQuery, { base, winners }: Merging): { readonly entries: readonly HeldEntry[]; readonly cursor?: string } {
  const compare = orderOf(query)
  const within = base.end === 'nowhere' ? [...base.held.values()] : winners.filter(({ place }) => isWithin(base, place))
  const entries = compare === undefined ? winners : within.sort((a, b) => compare(a.place, b.place))
  const last = entries[MAX_QUERY_LIMIT - 1]
  if (entries.length <= MAX_QUERY_LIMIT || last === undefined) return { entries }
  return { entries: entries.slice(0, MAX_QUERY_LIMIT), cursor: encodeCursor(query, { at: base.answer?.at ?? 0, after: last.place }) }
}

interface Router {
  readonly encoded: Uint8Array
  readonly signed: SignedEntry
}

/** The latest of each author. */
function mergedRouters(codec: VerifyCodec, network: string, answers: readonly ExaminedAnswer[]): readonly Router[] {
  const routers = new Map<PeerIdText, Router>()
  for (const encoded of answers.flatMap(({ answer }) => answer?.routers ?? [])) {
    const signed = attempt(() => codec.decode(network, encoded))
    const other = signed === undefined ? undefined : routers.get(signed.author)
    if (signed !== undefined && (other === undefined || compareAge(placeOf(signed), placeOf(other.signed)) > 0)) routers.set(signed.author, { encoded, signed })
  }
  return [...routers.values()]
}

interface Ranking extends Merging {
  readonly routers: readonly Router[]
}

/** Ranks anew what all of them tell: an end that one peer left out may make a pair longer. Pairs of which one end told count where a peer ranked them, or none had more. */
function mergedRanking(
  codec: VerifyCodec,
  query: DitexQuery,
  { base, others, winners, routers }: Ranking
): Pick<QueryAnswer, 'ranked' | 'endedBy'> & { readonly entries: readonly HeldEntry[] } {
  const { bestOf, limit = DEFAULT_QUERY_LIMIT } = query
  if (bestOf === undefined) return { entries: winners }
  const answers = [base, ...others].flatMap(({ answer }) => (answer === undefined ? [] : [answer]))
  const cut = answers.find(({ ranked = [], endedBy }) => isCut({ query, ranked, endedBy }))
  const named = new Set(answers.flatMap(({ ranked = [] }) => ranked.map(({ from, to }) => `${from} ${to}`)))
  const tellings = winners.map(({ signed }, index) => ({ index, author: signed.author, sid: codec.sidOf(signed.author), key: signed.entry.key, body: signed.entry.body }))
  const facts = routers.map(({ signed }) => factsOf(codec.sidOf, signed))
  const found = pairsShown({ bestOf, tellings, routers: facts }).filter((pair) => cut === undefined || isCertain(pair) || named.has(`${pair.from} ${pair.to}`))
  const endedBy = answers.find((answer) => answer.endedBy !== undefined)?.endedBy
  return { ...numbered(found.slice(0, limit), winners), ...(endedBy === undefined ? {} : { endedBy }) }
}

/** Entries in the order in which pairs name them first. */
function numbered(
  pairs: readonly FoundPair<ShownTelling>[],
  winners: readonly HeldEntry[]
): { readonly ranked: NonNullable<QueryAnswer['ranked']>; readonly entries: readonly HeldEntry[] } {
  const positions = new Map<number, number>()
  for (const { index } of pairs.flatMap(({ witnesses }) => witnesses)) if (!positions.has(index)) positions.set(index, positions.size)
  const ranked = pairs.map((pair) => ({ ...rankedOf(pair), entries: pair.witnesses.map(({ index }) => positions.get(index) ?? 0) }))
  return { ranked, entries: [...positions.keys()].flatMap((index) => winners[index] ?? []) }
}
