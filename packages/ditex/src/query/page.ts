import { encodeCursor } from './cursor.ts'
import { DEFAULT_QUERY_LIMIT } from './query.ts'
import type { QueryBounds, QueryResult } from './execute-query.ts'
import type { DitexQuery } from './query.ts'
import type { EntryPlace } from './view-reader.ts'

/** The page that a walk over candidates fills: counts what it costs and knows where the next one begins. */
export class Page {
  readonly #query: DitexQuery
  readonly #bounds: QueryBounds
  readonly #limit: number
  readonly #places: EntryPlace[] = []
  readonly #entries: Uint8Array[] = []
  readonly #routers = new Set<Uint8Array>()
  #octets = 0
  #visited = 0
  #read = 0
  #decided: EntryPlace | undefined
  #more = false
  #endedBy: QueryResult['endedBy']

  constructor(query: DitexQuery, bounds: QueryBounds) {
    this.#query = query
    this.#bounds = bounds
    this.#limit = query.limit ?? DEFAULT_QUERY_LIMIT
  }

  /** Nothing more goes onto it. */
  get isOver(): boolean {
    return this.#more || this.#endedBy !== undefined
  }
  /** Entries that still have room. */
  get room(): number {
    return this.#limit - this.#entries.length
  }

  /** Entries that may still be read. */
  get readsLeft(): number {
    return this.#bounds.reads - this.#read
  }

  /** Counts a candidate. @returns false where that is beyond the bound */
  visit(): boolean {
    if (this.#visited >= this.#bounds.visits) this.#endedBy = 'visits'
    else this.#visited++
    return this.#endedBy === undefined
  }

  /** Counts entries that are going to be read. @returns false where that is beyond the bound */
  reads(count: number): boolean {
    if (this.#read + count > this.#bounds.reads) this.#endedBy = 'reads'
    else this.#read += count
    return this.#endedBy === undefined
  }

  /** This candidate is decided: the next page begins behind it. */
  pass(place: EntryPlace): void {
    this.#decided = place
  }

  /**
   * Puts an entry onto the page.
   *
   * @param router - the author's `router` entry, where it has to come along
   * @returns false where the page is full and the entry belongs to the next one
   */
  add(place: EntryPlace, encoded: Uint8Array, router?: Uint8Array): boolean {
    const octets = encoded.length + (router === undefined || this.#routers.has(router) ? 0 : router.length)
    if (this.room <= 0) this.#more = true
    else if (this.#octets + octets > this.#bounds.octets && this.#entries.length > 0) this.#endedBy = 'octets'
    if (this.isOver) return false
    this.#octets += octets
    if (router !== undefined) this.#routers.add(router)
    this.#places.push(place)
    this.#entries.push(encoded)
    this.#decided = place
    return true
  }

  result(at: number): QueryResult {
    const cursor = this.isOver && this.#decided !== undefined ? { cursor: encodeCursor(this.#query, { at, after: this.#decided }) } : {}
    const endedBy = this.#endedBy === undefined ? {} : { endedBy: this.#endedBy }
    const routers = this.#routers.size === 0 ? {} : { routers: [...this.#routers] }
    return { at, places: this.#places, entries: this.#entries, ...routers, visited: this.#visited, read: this.#read, ...cursor, ...endedBy }
  }
}
