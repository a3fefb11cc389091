import { compareTexts } from '../view/compare-texts.ts'
import type { LogPlace, LogScope, PeerIdText } from '@srwan/interface'
import type { Search } from '../replica/replica.ts'
import type { OffersBetween } from '../view/offer-index.ts'
import type { RouterFacts } from './place.ts'

/** An entry that is held, without its body. */
export interface EntryPlace {
  readonly kind: string
  readonly key: string
  readonly author: PeerIdText
  readonly scope: LogScope
  readonly epoch: number
  readonly incarnation: number
  readonly seq: number
}

/** A live entry as the index has it. */
export interface LivePlace extends EntryPlace {
  readonly ttl: number
}

/** Part of one kind, from a key on. */
export interface LiveRange {
  readonly kind: string
  readonly fromKey: string
  /** Of this author only. */
  readonly author?: PeerIdText | undefined
  /** Epochs that matter, both included: what is outside of them may be left out. */
  readonly since?: number
  readonly until?: number
}

/** Where one is in the order in which a replica takes entries. */
export interface ArrivalCursor {
  /** Octets that the replica drew when it started. */
  readonly instance: Uint8Array
  /** By scope, in the order of {@link LOG_SCOPES}. */
  readonly counts: readonly number[]
}

/** Some that were taken one after the other. */
export interface ArrivedEntries {
  readonly cursor: ArrivalCursor
  /** Whether there are more. */
  readonly more: boolean
  /** How many arrivals were looked at. */
  readonly looked: number
  /** Encoded, as far as they still count. */
  readonly entries: readonly Uint8Array[]
}

/** Logs of some epochs, both included, from a log on. */
export interface LogRange {
  readonly since: number
  readonly until: number
  readonly from?: LogPlace | undefined
}

/**
 * What a query reads: views and indexes of the replica. The orders are part of it, so that equal replicas answer alike whatever arrived first:
 * live entries by {@link comparePlaces}, logs by {@link compareLogs}.
 */
export interface ViewReader {
  /** The current epoch: entries are live at it. */
  epoch: () => number
  /** Kinds of which something live is held, in order. */
  kinds: () => readonly string[]
  /** Live entries in order, lazily: what is not looked at costs nothing. */
  live: (range: LiveRange) => Iterable<LivePlace>
  /** Encoded entries, in the order asked; `undefined` where one has gone meanwhile. */
  read: (places: readonly LivePlace[]) => Promise<readonly (Uint8Array | undefined)[]>
  /** Logs that are held, in order, lazily. */
  logs: (range: LogRange) => Iterable<LogPlace>
  /** Encoded entries of a log from one on. */
  log: (place: LogPlace, fromSeq: number, limit: number) => Promise<readonly Uint8Array[]>
  /** The entry of a CID. @param digest - SHA-256 of the signed bytes */
  find: (digest: Uint8Array) => Promise<Search>
  /**
   * What has been taken since, in order of arrival.
   *
   * @param since - `undefined`: where the next one will be, and nothing else
   * @param limit - most arrivals
   * @returns `undefined` where it is too long ago, or of another start or peer
   */
  arrived: (since: ArrivalCursor | undefined, limit: number) => Promise<ArrivedEntries | undefined>
  /** Authors whose `router` entry says so. */
  authorsIn: (where: { readonly country?: string; readonly city?: string; readonly asn?: number }) => readonly PeerIdText[]
  /** By SID or peer id. */
  author: (name: string) => PeerIdText | undefined
  /** Every router with a live `router` entry. */
  routers: () => Iterable<RouterFacts>
  /** Live listings that are for sale from some routers to others, the cheapest first. @param most - pairs of routers that may be looked for */
  offers: (from: ReadonlySet<string>, to: ReadonlySet<string>, most: number) => OffersBetween<LivePlace>
}

/** In the order in which {@link compareLogs} puts them. */
export const LOG_SCOPES: readonly LogScope[] = ['global', 'group', 'evidence']

/** Order of answers from what is live: kind, key, author; texts by their UTF-16 code units. */
export function comparePlaces(a: Pick<EntryPlace, 'kind' | 'key' | 'author'>, b: Pick<EntryPlace, 'kind' | 'key' | 'author'>): number {
  return compareTexts(a.kind, b.kind) || compareTexts(a.key, b.key) || compareTexts(a.author, b.author)
}

/** Order of answers from all that is held: epoch, scope, author (and then seq). */
export function compareLogs(a: LogPlace, b: LogPlace): number {
  return a.epoch - b.epoch || LOG_SCOPES.indexOf(a.scope) - LOG_SCOPES.indexOf(b.scope) || compareTexts(a.author, b.author)
}
