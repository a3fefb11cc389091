import { isDeepStrictEqual } from 'node:util'
import { endOfPage, nameIn, orderOf, placeOf } from './answer-order.ts'
import { isRouterEntry } from './author-routers.ts'
import { firstProof, latestAnchor } from './document.ts'
import { factsOf } from './entry-fit.ts'
import { rankingFaults } from './verify-ranking.ts'
import type { RankedPair } from './execute-query.ts'
import type { QueryDocument } from './document.ts'
import type { RouterFacts } from './place.ts'
import type { EntryPlace } from './view-reader.ts'
import type { VerifyCodec } from './verify-codec.ts'
import type { PeerIdText, SignedEntry } from '@srwan/interface'

/** An answer, with the entries of it that are sound; the others are told one by one. */
export interface SoundAnswer {
  readonly document: QueryDocument
  readonly sound: readonly (SignedEntry | undefined)[]
  readonly routers: readonly RouterFacts[]
}

/** What is wrong with an answer as a whole, whatever its entries are; empty where nothing is. */
export function answerFaults(codec: VerifyCodec, answer: SoundAnswer): readonly string[] {
  return [...pageFaults(answer.document), ...orderFaults(answer), ...aliasFaults(answer.document), ...rankFaults(codec, answer)]
}

/** Where routers are, by their own word. @param entries - those that are sound; `undefined` for others */
export function routersOf(
  codec: VerifyCodec,
  entries: readonly (SignedEntry | undefined)[]
): { readonly facts: ReadonlyMap<PeerIdText, RouterFacts>; readonly faults: readonly string[] } {
  const facts = new Map<PeerIdText, RouterFacts>()
  const faults: string[] = []
  for (const [index, signed] of entries.entries()) {
    if (signed === undefined || !isRouterEntry(signed.entry) || signed.entry.body === null || facts.has(signed.author)) faults.push(`router entry ${index} is not what it says`)
    else facts.set(signed.author, factsOf(codec.sidOf, signed))
  }
  return { facts, faults }
}

/** Is it of the epoch that was asked for, and one entry where one was? */
function pageFaults({ query, at, entries }: QueryDocument): readonly string[] {
  const isBound = query.at !== undefined && query.cursor === undefined && query.cid === undefined && query.arrived !== true
  return [
    ...(isBound && query.at !== at ? [`it is of epoch ${at}, epoch ${query.at} was asked for`] : []),
    ...(query.cid !== undefined && entries.length > 1 ? ['one entry was asked for'] : [])
  ]
}

/** Neither twice the same nor two about the same where one is in force, in the order that was promised, behind the page before. */
function orderFaults({ document: { query }, sound }: SoundAnswer): readonly string[] {
  const compare = orderOf(query)
  const start = query.cursor === undefined || compare === undefined ? undefined : endOfPage(query, query.cursor)
  const isBehind = (one: EntryPlace | undefined, other: EntryPlace, least: number): boolean => one === undefined || compare === undefined || compare(other, one) >= least
  const seen = new Set<string>()
  let before: EntryPlace | undefined
  return sound.flatMap((signed, index): readonly string[] => {
    if (signed === undefined) return []
    const [place, name, last] = [placeOf(signed), nameIn(query, signed), before]
    before = place
    if (seen.has(name)) return [`entry ${index} is given twice`]
    seen.add(name)
    if (!isBehind(start, place, 1)) return [`entry ${index} is of the page before`]
    return isBehind(last, place, 0) ? [] : [`entry ${index} is not in order`]
  })
}

/** What is repeated for convenience must be what it repeats. */
function aliasFaults({ entries, anchor, anchors, proof, proofs }: QueryDocument): readonly string[] {
  return [
    ...(anchor === undefined || isDeepStrictEqual(anchor, latestAnchor(anchors)) ? [] : ['the latest anchor is not the latest of those that came along']),
    ...(proof === undefined || isDeepStrictEqual(proof, firstProof(entries, proofs)) ? [] : ['the proof of the first entry is not among the proofs'])
  ]
}

function rankFaults(codec: VerifyCodec, { document, sound, routers }: SoundAnswer): readonly string[] {
  const { query, ranked, endedBy } = document
  const { bestOf } = query
  if (bestOf === undefined) return ranked === undefined ? [] : ['a ranking was not asked for']
  const tellings = sound.flatMap((signed, index) =>
    signed === undefined ? [] : [{ index, author: signed.author, sid: codec.sidOf(signed.author), key: signed.entry.key, body: signed.entry.body }]
  )
  // One that is not sound is told as such: nothing can be said of what it was to show.
  if (tellings.length < sound.length) return []
  return rankingFaults({ query, bestOf, ranked: (ranked ?? []) as readonly RankedPair[], endedBy, tellings, routers })
}
