import { ROUTER_KIND } from '../view/router-locations.ts'
import type { DitexQuery } from './query.ts'
import type { EntryPlace, LivePlace, ViewReader } from './view-reader.ts'
import type { PeerIdText } from '@srwan/interface'

/** Does the question say where authors are? Then their `router` entries come along: whoever verifies has no other word for it. */
export const asksPlace = ({ country, city, asn }: DitexQuery): boolean => country !== undefined || city !== undefined || asn !== undefined

/** Is it the author's own word on where it is? */
export const isRouterEntry = ({ kind, key }: Pick<EntryPlace, 'kind' | 'key'>): boolean => kind === ROUTER_KIND && key === ''

/** `router` entries of the authors of an answer, each read once. */
export class AuthorRouters {
  readonly #reader: ViewReader
  readonly #query: DitexQuery
  readonly #read = new Map<PeerIdText, Uint8Array | undefined>()

  constructor(reader: ViewReader, query: DitexQuery) {
    this.#reader = reader
    this.#query = query
  }

  /** Those whose entry an answer with these places needs and that have not been read. */
  unread(places: readonly EntryPlace[]): readonly PeerIdText[] {
    return [...new Set(places.filter((place) => this.#isNeeded(place)).map(({ author }) => author))].filter((author) => !this.#read.has(author))
  }

  /** Reads them; the caller has counted it. */
  async load(authors: readonly PeerIdText[]): Promise<void> {
    const places = authors.map((author) => this.#placeOf(author))
    const known = places.filter((place) => place !== undefined)
    const encoded = known.length === 0 ? [] : await this.#reader.read(known)
    for (const author of authors) this.#read.set(author, undefined)
    for (const [index, { author }] of known.entries()) this.#read.set(author, encoded[index])
  }

  /** Encoded; `undefined` where it has not been read, or has gone meanwhile. */
  of(author: PeerIdText): Uint8Array | undefined {
    return this.#read.get(author)
  }

  /** Where the author was there when the question was planned, and says nothing of it any more, nobody could verify the entry. */
  lacks(place: EntryPlace): boolean {
    return this.#isNeeded(place) && this.of(place.author) === undefined
  }

  /** What comes along with an entry. */
  with(place: EntryPlace): Uint8Array | undefined {
    return this.#isNeeded(place) ? this.of(place.author) : undefined
  }

  #isNeeded(place: EntryPlace): boolean {
    const speaksForItself = isRouterEntry(place) && this.#query.history !== true && this.#query.arrived !== true
    return asksPlace(this.#query) && !speaksForItself
  }

  #placeOf(author: PeerIdText): LivePlace | undefined {
    for (const place of this.#reader.live({ kind: ROUTER_KIND, fromKey: '', author })) return isRouterEntry(place) ? place : undefined
    return undefined
  }
}
