import { decodeCursor } from './cursor.ts'
import { compareLogs, comparePlaces } from './view-reader.ts'
import type { DitexQuery } from './query.ts'
import type { EntryPlace } from './view-reader.ts'
import type { SignedEntry } from '@srwan/interface'

/** Where an entry stands, out of what was signed. */
export function placeOf({ author, incarnation, entry }: SignedEntry): EntryPlace {
  const { kind, key, scope, epoch, seq } = entry
  return { author, incarnation, kind, key, scope, epoch, seq }
}

/** Are entries in force asked for, one of each author, kind and key? */
export const asksLive = ({ history, cid, arrived }: DitexQuery): boolean => history !== true && arrived !== true && cid === undefined

/** What there is one of in an answer: what an entry is about where entries in force are asked for; else the entry itself. */
export function nameIn(query: DitexQuery, { author, entry, hash }: SignedEntry): string {
  return asksLive(query) ? JSON.stringify([entry.kind, entry.key, author]) : Buffer.from(hash).toString('latin1')
}

/** The order that a question promises; `undefined` where it is that of arrival, of rank, or of one entry. */
export function orderOf(query: DitexQuery): ((a: EntryPlace, b: EntryPlace) => number) | undefined {
  if (query.bestOf !== undefined || query.arrived === true || query.cid !== undefined) return undefined
  return query.history === true ? (a, b) => compareLogs(a, b) || a.seq - b.seq : comparePlaces
}

/** Which of two entries about the same counts: the later one, as in the views. */
export const compareAge = (a: EntryPlace, b: EntryPlace): number => a.epoch - b.epoch || a.incarnation - b.incarnation || a.seq - b.seq

/** Up to where a cursor of an ordered answer says that all has been looked at. */
export function endOfPage(query: DitexQuery, cursor: string): EntryPlace | undefined {
  try {
    return decodeCursor(query, cursor).after
  } catch {
    return undefined
  }
}
