import { endOfPage, nameIn, orderOf, placeOf } from './answer-order.ts'
import { documentOf } from './document.ts'
import { attempt } from './verify-codec.ts'
import { verifyDocument } from './verify-document.ts'
import type { QueryAnswer } from './answer.ts'
import type { AskedAlike, PeerAnswer } from './compare-answers.ts'
import type { DitexQuery } from './query.ts'
import type { VerifyCodec } from './verify-codec.ts'
import type { VerifyReport } from './verify-document.ts'
import type { EntryPlace } from './view-reader.ts'
import type { SignedEntry } from '@srwan/interface'

/** An entry of an answer that verifies and is what was asked for. */
export interface HeldEntry {
  /** What it is about where entries in force are asked for; else itself. */
  readonly name: string
  readonly place: EntryPlace
  readonly signed: SignedEntry
  readonly encoded: Uint8Array
}

/** One answer by itself: what of it counts beside the others. */
export interface ExaminedAnswer {
  readonly peer: string
  /** As it was given, without what is not octets of an entry. */
  readonly answer: QueryAnswer | undefined
  readonly error: string | undefined
  /** Is it sound as a whole, so that it compares with others? */
  readonly isUsable: boolean
  readonly held: ReadonlyMap<string, HeldEntry>
  /** All that can be read, sound or not: proofs lead over them. */
  readonly legible: readonly HeldEntry[]
  readonly invalid: number
  /** Up to where it says to have looked, in its order; `undefined`: there is nothing behind it. */
  readonly end: EntryPlace | 'nowhere' | undefined
  readonly query: DitexQuery
}

/** @param at - epoch at which the others answered */
export function examine(codec: VerifyCodec, { query, trust, at }: AskedAlike & { readonly at?: number }, { peer, answer, error }: PeerAnswer): ExaminedAnswer {
  const nothing = { peer, answer, error, isUsable: false, held: new Map<string, HeldEntry>(), legible: [], invalid: 0, end: 'nowhere' as const, query }
  if (answer === undefined) return nothing
  const network = trust.network ?? answer.network
  if (answer.network !== network) return { ...nothing, error: `it is of network ${answer.network}` }
  if (at !== undefined && answer.at !== at && query.arrived !== true) return { ...nothing, invalid: 1, error: `it answers for epoch ${answer.at}, the others for ${at}` }
  const decoded = answer.entries.map((encoded) => attempt(() => codec.decode(network, encoded)))
  const legible = { ...answer, entries: answer.entries.filter((_, index) => decoded[index] !== undefined) }
  const report = attempt(() => reportOn(codec, { query, trust }, legible))
  if (report === undefined) return { ...nothing, invalid: 1, error: 'what it says cannot be read' }
  const opened = decoded.filter((one) => one !== undefined).map((signed, index) => heldEntry(query, signed, legible.entries[index]))
  const held = new Map(opened.filter((_, index) => report.entries[index]?.ok === true).map((one) => [one.name, one]))
  const [fault = report.freshness.ok ? undefined : 'it is older than it may be, or nobody vouches for its age'] = report.faults
  const invalid = answer.entries.length - report.entries.filter(({ ok }) => ok).length + report.faults.length
  return { ...nothing, answer: legible, error: fault ?? error, isUsable: fault === undefined, held, legible: opened, invalid, end: endOf(query, legible, held) }
}

/** Is a place within what an answer says to have covered? */
export function isWithin({ end, query }: Pick<ExaminedAnswer, 'end' | 'query'>, place: EntryPlace): boolean {
  if (end === undefined || end === 'nowhere') return end === undefined
  const compare = orderOf(query)
  return compare !== undefined && compare(place, end) <= 0
}

/** As whoever saves the answer would verify it. */
function reportOn(codec: VerifyCodec, { query, trust }: AskedAlike, answer: QueryAnswer): VerifyReport {
  const document: unknown = JSON.parse(JSON.stringify(documentOf(codec, query, answer, { checked: false, peers: [] })))
  return verifyDocument(codec, document, trust)
}

function heldEntry(query: DitexQuery, signed: SignedEntry, encoded: Uint8Array = new Uint8Array(0)): HeldEntry {
  return { name: nameIn(query, signed), place: placeOf(signed), signed, encoded }
}

/** A cursor says that the page ends; what cannot be read of it is as far as the entries go. */
function endOf(query: DitexQuery, { cursor, endedBy }: QueryAnswer, held: ExaminedAnswer['held']): ExaminedAnswer['end'] {
  if (query.bestOf !== undefined) return endedBy === undefined ? undefined : 'nowhere'
  if (cursor === undefined) return undefined
  const last = [...held.values()].at(-1)?.place
  return (orderOf(query) === undefined ? undefined : endOfPage(query, cursor)) ?? last ?? 'nowhere'
}
