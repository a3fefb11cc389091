import { ms } from '@srwan/interface'
import type { LogPlace, PeerIdText, Sid, SignedEntry } from '@srwan/interface'
import { authorOfKey } from '../../src/entry/author-name.ts'
import { encodeEntry, entryBytes } from '../../src/entry/entry-codec.ts'
import { parseKnownEntry } from '../../src/entry/parsed-entry.ts'
import { queryCodec } from '../../src/query/query-codec.ts'
import { querySource } from '../../src/query/query-source.ts'
import { HeldView } from '../../src/view/held-view.ts'
import { comparePlaces } from '../../src/query/view-reader.ts'
import type { QuerySource } from '../../src/query/execute-query.ts'
import type { DitexQuery } from '../../src/query/query.ts'
import type { Replica } from '../../src/replica/replica.ts'

/** What a test says of an entry; its position in its log follows from the order. */
export interface Said {
  readonly author: number
  readonly kind: string
  readonly key: string
  readonly epoch: number
  readonly ttl: number
  readonly body: Readonly<Record<string, unknown>> | null
}

/** An entry of a log, with its position. */
export interface Placed extends Said {
  readonly seq: number
}

/** Peer id of an author of these tests: its key is its number. */
export function peerAt(author: number): PeerIdText {
  const key = Buffer.alloc(32)
  key.writeUInt32BE(author + 1)
  return authorOfKey(key)
}

export const sidOfPeer = (peer: PeerIdText): Sid => queryCodec.sidOf(peer)

/** The view and the indexes that a replica keeps, fed with entries that nobody signed: signatures are the replica's business. */
export class WrittenView {
  readonly #octets = new Map<string, Uint8Array>()
  readonly #lengths = new Map<string, number>()
  readonly view: HeldView
  readonly source: QuerySource
  readonly held: Placed[] = []
  epoch: number

  constructor(epoch: number) {
    this.epoch = epoch
    const encodedOf = (place: LogPlace & { readonly seq: number }): Uint8Array | undefined => this.#octets.get(`${place.author} ${place.epoch} ${place.seq}`)
    const never = (): Promise<SignedEntry | undefined> => Promise.resolve(undefined)
    this.view = new HeldView({ entry: never, encoded: (records) => Promise.resolve(records.map(encodedOf)) }, epoch)
    const replica = { view: this.view, currentEpoch: () => this.epoch, epochs: () => [], heads: () => [], entries: () => Promise.resolve([]) }
    this.source = querySource(replica as unknown as Replica, ms(1000))
  }

  add(said: Said): void {
    const author = peerAt(said.author)
    const log = `${said.author} ${said.epoch}`
    const seq = (this.#lengths.get(log) ?? 0) + 1
    // A log has 256 entries, its checkpoint among them.
    if (seq > 255) return
    this.#lengths.set(log, seq)
    const { kind, key, epoch, ttl, body } = said
    const bytes = entryBytes({ scope: 'global', epoch, seq, prev: new Uint8Array(32), kind, key, ttl, body })
    const encoded = encodeEntry({ author, incarnation: 0, signature: new Uint8Array(64), bytes })
    const parsed = parseKnownEntry(encoded)
    if (parsed === undefined) throw new Error('no entry')
    this.#octets.set(`${author} ${epoch} ${seq}`, encoded)
    this.view.add(parsed)
    this.held.push({ ...said, seq })
  }

  /** A fork was found: what a log says from a position on no longer counts. */
  drop(author: number, epoch: number, fromSeq: number): void {
    this.view.drop({ author: peerAt(author), scope: 'global', epoch }, 0, fromSeq)
    const kept = this.held.filter((one) => one.author !== author || one.epoch !== epoch || one.seq < fromSeq)
    this.held.splice(0, this.held.length, ...kept)
  }

  enter(epoch: number): void {
    this.epoch = epoch
    this.view.enter(epoch)
  }

  /** By the letter of the protocol: of all entries that are in force, those that fit, in order. Uses no index. */
  answers(query: DitexQuery): string[] {
    const live = winners(this.held, this.epoch)
    return live
      .filter((one) => isAbout(query, one) && isMeant(query, one.author, live) && isThere(query, one.author, live))
      .map(({ author, ...rest }) => ({ ...rest, author: peerAt(author) }))
      .sort(comparePlaces)
      .map(nameOf)
  }
}

function isAbout({ kind: wantedKind, key: wantedKey, keyPrefix = '', sinceEpoch = 0, untilEpoch = Infinity, where = [] }: DitexQuery, { kind, key, epoch, body }: Placed): boolean {
  const isNamed = isGiven(wantedKind, kind) && isGiven(wantedKey, key) && key.startsWith(keyPrefix)
  const price = body?.['price']
  return isNamed && epoch >= sinceEpoch && epoch <= untilEpoch && where.every(({ value }) => typeof price === 'number' && price < Number(value))
}

/** A peer id names anybody; a SID whoever has a live router entry. */
function isMeant({ author: wanted }: DitexQuery, author: number, live: readonly Placed[]): boolean {
  if (wanted === undefined || wanted === peerAt(author)) return true
  return wanted === sidOfPeer(peerAt(author)) && live.some((one) => one.kind === 'router' && one.author === author)
}

function isThere({ country, city, asn }: DitexQuery, author: number, live: readonly Placed[]): boolean {
  if (country === undefined && city === undefined && asn === undefined) return true
  const place = live.find((one) => one.kind === 'router' && one.key === '' && one.author === author)?.body
  return place != null && isGiven(country?.toLowerCase(), lower(place['country'])) && isGiven(city?.toLowerCase(), lower(place['city'])) && isGiven(asn, place['asn'])
}

const isGiven = (wanted: unknown, said: unknown): boolean => wanted === undefined || wanted === said
const lower = (said: unknown): unknown => (typeof said === 'string' ? said.toLowerCase() : said)

/** Of each (author, kind, key) the newest that has not expired, unless it takes back. */
function winners(held: readonly Placed[], epoch: number): readonly Placed[] {
  const newest = new Map<string, Placed>()
  for (const one of held) {
    const name = JSON.stringify([one.author, one.kind, one.key])
    const other = newest.get(name)
    const isNewer = other === undefined || one.epoch > other.epoch || (one.epoch === other.epoch && one.seq > other.seq)
    if (one.epoch + one.ttl > epoch && isNewer) newest.set(name, one)
  }
  return [...newest.values()].filter(({ body }) => body !== null)
}

/** What names an entry in these tests. */
export function nameOf({
  kind,
  key,
  author,
  epoch,
  seq
}: {
  readonly kind: string
  readonly key: string
  readonly author: PeerIdText
  readonly epoch: number
  readonly seq: number
}): string {
  return `${kind}/${key}/${author}/${epoch}/${seq}`
}
