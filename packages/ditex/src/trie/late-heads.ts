import { hash } from 'node:crypto'
import { Listeners } from '@srwan/interface'
import { authorOfKey, keyOfAuthor } from '../entry/author-name.ts'
import { OctetReader, OctetWriter } from '../sync/octets.ts'
import { HEADS_ROOM, readHeads, scopeBits, writeHeads } from './covered-leaf.ts'
import { HASH_LENGTH } from './merkle-hash.ts'
import { SCOPES } from './shard.ts'
import type { EventSource, LogHead, LogPlace, LogScope, PeerIdText } from '@srwan/interface'
import type { CoveredHeads } from './covered-leaf.ts'

/** Authors of one epoch, and of all, that are remembered. Whoever makes so many logs go on late can make an epoch not provable here, nothing more. */
const MAX_LATE_AUTHORS = { ofEpoch: 4096, ofAll: 65_536 }
/** SHA-256 before what is encoded. */
const CHECKSUM_LENGTH = HASH_LENGTH
const RECORD_ROOM = 4 + 32 + 1 + HEADS_ROOM

/** By scope; `null`: the author had written nothing there. A scope that is not named stands as it is held. */
type ScopesBefore = Partial<Record<LogScope, LogHead | null>>

/** What becomes of late heads. */
export interface LateHeadsEvents {
  /** Something is remembered that was not. */
  change: undefined
  /** An epoch of which nothing is remembered any more, for want of room. */
  forgotten: number
}

/**
 * What anchored roots cover of the logs that have gone on since: an author may write into an epoch as long as it is kept, and what was anchored of it stays what it was. Bounded: beyond that the oldest epochs are forgotten.
 */
export class LateHeads implements EventSource<LateHeadsEvents> {
  readonly #byEpoch = new Map<number, Map<PeerIdText, ScopesBefore>>()
  readonly #listeners = new Listeners<LateHeadsEvents>()
  #size = 0

  on<K extends keyof LateHeadsEvents>(name: K, listener: (event: LateHeadsEvents[K]) => void): void {
    this.#listeners.on(name, listener)
  }
  off<K extends keyof LateHeadsEvents>(name: K, listener: (event: LateHeadsEvents[K]) => void): void {
    this.#listeners.off(name, listener)
  }

  /** A log of an anchored epoch goes on, for the first time or not. @param before - its head until now */
  note(place: LogPlace, before: LogHead | undefined): void {
    const scopes = this.#byEpoch.get(place.epoch)?.get(place.author) ?? {}
    if (scopes[place.scope] !== undefined) return
    this.#set(place.epoch, place.author, { ...scopes, [place.scope]: before ?? null })
  }

  /** It is proven what the anchored root covers of an author: every scope. */
  cover(epoch: number, author: PeerIdText, heads: CoveredHeads): void {
    this.#set(epoch, author, Object.fromEntries(SCOPES.map((scope) => [scope, heads[scope] ?? null])))
  }

  /** @returns `undefined` where the log stands as it is held, `null` where nothing of it is covered */
  head({ epoch, author, scope }: LogPlace): LogHead | null | undefined {
    return this.#byEpoch.get(epoch)?.get(author)?.[scope]
  }

  /** Those who wrote into the epoch after it was anchored. */
  authors(epoch: number): Iterable<PeerIdText> {
    return this.#byEpoch.get(epoch)?.keys() ?? []
  }

  /** How many. */
  count(epoch: number): number {
    return this.#byEpoch.get(epoch)?.size ?? 0
  }

  /** Drops the epochs before one. */
  prune(before: number): void {
    for (const epoch of this.#byEpoch.keys()) if (epoch < before) this.#drop(epoch)
  }

  /** For the next life. */
  encode(): Uint8Array {
    const out = new OctetWriter(CHECKSUM_LENGTH + this.#size * RECORD_ROOM)
    out.octets(new Uint8Array(CHECKSUM_LENGTH))
    for (const [epoch, authors] of this.#byEpoch) {
      for (const [author, scopes] of authors) {
        out.uint(epoch, 4).octets(keyOfAuthor(author)).uint(scopeBits(scopes), 1)
        writeHeads(out, Object.fromEntries(SCOPES.flatMap((scope) => (scopes[scope] == null ? [] : [[scope, scopes[scope]]]))))
      }
    }
    const octets = out.finish()
    octets.set(hash('sha256', octets.subarray(CHECKSUM_LENGTH), 'buffer'))
    return octets
  }

  /** What {@link LateHeads.encode} gave in the life before. @returns whether it was that, whole */
  load(octets: Uint8Array): boolean {
    const content = octets.subarray(CHECKSUM_LENGTH)
    if (Buffer.compare(hash('sha256', content, 'buffer'), octets.subarray(0, CHECKSUM_LENGTH)) !== 0) return false
    const from = new OctetReader(content)
    while (from.left > 0) {
      const epoch = from.uint(4)
      const author = authorOfKey(from.octets(32))
      const named = from.uint(1)
      const heads = readHeads(from, author, epoch)
      this.#set(epoch, author, Object.fromEntries(SCOPES.filter((_, i) => (named >> i) & 1).map((scope) => [scope, heads[scope] ?? null])))
    }
    return true
  }

  #set(epoch: number, author: PeerIdText, scopes: ScopesBefore): void {
    const authors = this.#byEpoch.get(epoch) ?? new Map<PeerIdText, ScopesBefore>()
    if (!authors.has(author)) this.#size++
    authors.set(author, scopes)
    this.#byEpoch.set(epoch, authors)
    if (authors.size > MAX_LATE_AUTHORS.ofEpoch) this.#forget(epoch)
    while (this.#size > MAX_LATE_AUTHORS.ofAll) this.#forget(Math.min(...this.#byEpoch.keys()))
    this.#listeners.emit('change', undefined)
  }

  #forget(epoch: number): void {
    this.#drop(epoch)
    this.#listeners.emit('forgotten', epoch)
  }

  #drop(epoch: number): void {
    this.#size -= this.count(epoch)
    this.#byEpoch.delete(epoch)
  }
}
