import { isDeepStrictEqual } from 'node:util'
import { asksLive, endOfPage, orderOf, placeOf } from './answer-order.ts'
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
export function routersOf(codec: VerifyCodec, entries: readonly (SignedEntry | undefined)[]): { readonly facts: ReadonlyMap<PeerIdText, RouterFacts>; readonly faults: readonly string[] } {
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
  return [...(isBound && query.at !== at ? [`it is of epoch ${at}, epoch ${query.at} was asked for`] : []), ...(query.cid !== undefined && entries.length > 1 ? ['one entry was asked for'] : [])]
}

/** Neither twice the same nor two about the same where one is in force, in the order that was promised, behind the page before. */
function orderFaults({ document: { query }, sound }: SoundAnswer): readonly string[] {
  const faults: string[] = []
  const compare = orderOf(query)
  const seen = new Set<string>()
  const start = query.cursor === undefined || compare === undefined ? undefined : endOfPage(query, query.cursor)
  let before: EntryPlace | undefined
  for (const [index, signed] of sound.entries()) {
    if (signed === undefined) continue
    const place = placeOf(signed)
    const name = asksLive(query) ? JSON.stringify([place.kind, place.key, place.author]) : Buffer.from(signed.hash).toString('latin1')
    if (seen.has(name)) faults.push(`entry ${index} is given twice`)
    else if (before !== undefined && compare !== undefined && compare(before, place) > 0) faults.push(`entry ${index} is not in order`)
    else if (start !== undefined && compare !== undefined && compare(start, place) >= 0) faults.push(`entry ${index} is of the page before`)
    seen.add(name)
    before = place
  }
  return faults
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
  const tellings = sound.flatMap((signed, index) => (signed === undefined ? [] : [{ index, author: signed.author, sid: codec.sidOf(signed.author), key: signed.entry.key, body: signed.entry.body }]))
  // One that is not sound is told as such: nothing can be said of what it was to show.
  if (tellings.length < sound.length) return []
  return rankingFaults({ query, bestOf, ranked: (ranked ?? []) as readonly RankedPair[], endedBy, tellings, routers })
}
