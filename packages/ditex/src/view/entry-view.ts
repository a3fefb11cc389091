import type { OffersBetween } from './offer-index.ts'
import type { EventSource, LogScope, PeerIdText, SignedEntry } from '@srwan/interface'

/** One live entry without its body: what is said about what, by whom, and where to read it. */
export interface ViewRecord {
  readonly author: PeerIdText
  readonly kind: string
  readonly key: string
  readonly scope: LogScope
  readonly epoch: number
  readonly incarnation: number
  readonly seq: number
  /** Epochs for which it counts, its own included. */
  readonly ttl: number
  /** In a history: its body is null. */
  readonly takesBack?: boolean
}

/** Where a router says it is, out of its live `router` entry. */
export interface RouterLocation {
  readonly author: PeerIdText
  readonly name?: string
  /** Two letters, as said. */
  readonly country?: string
  readonly city?: string
  readonly lat?: number
  readonly lon?: number
  readonly asn?: number
}

/** What one (author, kind, key) says has changed: another entry, or none any more. */
export interface ViewChange {
  readonly author: PeerIdText
  readonly kind: string
  readonly key: string
  /** `undefined`: taken back, expired or dropped. */
  readonly record: ViewRecord | undefined
}

/** The live state: last writer wins per (author, kind, key); see packages/spec/protocol/ditex.md. Order of iteration never depends on order of arrival. */
export interface EntryView extends EventSource<{ change: ViewChange }> {
  /** Live records of one kind in the order (key, author), both by UTF-16 code unit; from the position after `after` where that is given. */
  byKind: (kind: string, after?: { readonly key: string; readonly author: PeerIdText }) => IterableIterator<ViewRecord>
  /** Live records of one kind whose key begins with `prefix`, in the same order. */
  byKeyPrefix: (kind: string, prefix: string) => IterableIterator<ViewRecord>
  /** Live records of one kind and exactly one key, by author. */
  byKey: (kind: string, key: string) => IterableIterator<ViewRecord>
  /** All live records of one author in the order (kind, key). */
  byAuthor: (author: PeerIdText) => readonly ViewRecord[]
  /** Live records of one author and kind in the order of their keys, from a key on. */
  ofAuthor: (author: PeerIdText, kind: string, fromKey: string) => IterableIterator<ViewRecord>
  /** Live records of one kind that were written in some epochs, both included, in no order; `undefined` where more than `most` entries would have to be looked at. */
  ofEpochs: (kind: string, epochs: { readonly since: number; readonly until: number }, most: number) => ViewRecord[] | undefined
  /** The winner of one (author, kind, key), live or nothing. */
  get: (author: PeerIdText, kind: string, key: string) => ViewRecord | undefined
  /** Everything that was said under (author, kind, key) and is still held, newest first; null bodies and expired ones included. */
  history: (author: PeerIdText, kind: string, key: string) => readonly ViewRecord[]
  /** Kinds of which anything live is known, sorted. */
  kinds: () => readonly string[]
  /** Live records in all. */
  readonly size: number

  location: (author: PeerIdText) => RouterLocation | undefined
  /** Authors whose `router` entry says so, sorted. Text is compared without regard to case. */
  authorsIn: (where: { readonly country?: string; readonly city?: string; readonly asn?: number }) => readonly PeerIdText[]

  /** Live listings that are for sale from some routers to others. @param most - pairs of routers that may be looked for */
  offers: (from: ReadonlySet<string>, to: ReadonlySet<string>, most: number) => OffersBetween<ViewRecord>

  /** Reads entry and signature from the store; `undefined` where it has just been dropped. */
  read: (record: ViewRecord) => Promise<SignedEntry | undefined>
  /** Encoded entries of many records, in their order; `undefined` where one has just been dropped. */
  readEncoded: (records: readonly ViewRecord[]) => Promise<readonly (Uint8Array | undefined)[]>
}
