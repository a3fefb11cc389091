import { decode } from '@ipld/dag-cbor'
import type { PeerIdText } from '@srwan/interface'
import type { RouterLocation } from './entry-view.ts'

/** Kind of the entries that say where a router is. */
export const ROUTER_KIND = 'router'
/** Longest name of a place or router that is indexed. */
const MAX_NAME = 64

type Index<K> = Map<K, Set<PeerIdText>>

/** Where routers say they are, and who is where. */
export class RouterLocations {
  readonly #locations = new Map<PeerIdText, RouterLocation>()
  readonly #countries: Index<string> = new Map()
  readonly #cities: Index<string> = new Map()
  readonly #asns: Index<number> = new Map()

  get(author: PeerIdText): RouterLocation | undefined {
    return this.#locations.get(author)
  }

  /** @param location - `undefined` takes the router out */
  set(author: PeerIdText, location: RouterLocation | undefined): void {
    const before = this.#locations.get(author)
    if (before !== undefined) this.#index(before, remove)
    if (location === undefined) this.#locations.delete(author)
    else {
      this.#locations.set(author, location)
      this.#index(location, insert)
    }
  }

  find(where: { readonly country?: string; readonly city?: string; readonly asn?: number }): PeerIdText[] {
    const sets: ReadonlySet<PeerIdText>[] = []
    if (where.country !== undefined) sets.push(this.#countries.get(where.country.toLowerCase()) ?? new Set())
    if (where.city !== undefined) sets.push(this.#cities.get(where.city.toLowerCase()) ?? new Set())
    if (where.asn !== undefined) sets.push(this.#asns.get(where.asn) ?? new Set())
    const [least, ...others] = sets.sort((a, b) => a.size - b.size)
    const found = least ?? new Set(this.#locations.keys())
    return [...found].filter((author) => others.every((set) => set.has(author))).sort()
  }

  #index(location: RouterLocation, change: <K>(index: Index<K>, key: K, author: PeerIdText) => void): void {
    if (location.country !== undefined) change(this.#countries, location.country.toLowerCase(), location.author)
    if (location.city !== undefined) change(this.#cities, location.city.toLowerCase(), location.author)
    if (location.asn !== undefined) change(this.#asns, location.asn, location.author)
  }
}

function insert<K>(index: Index<K>, key: K, author: PeerIdText): void {
  const set = index.get(key)
  if (set === undefined) index.set(key, new Set([author]))
  else set.add(author)
}

function remove<K>(index: Index<K>, key: K, author: PeerIdText): void {
  const set = index.get(key)
  set?.delete(author)
  if (set?.size === 0) index.delete(key)
}

/** What the body of a `router` entry says of the place; fields of other types or sizes are left out. */
export function locationOf(author: PeerIdText, bytes: Uint8Array): RouterLocation {
  const body = decode<unknown[]>(bytes)[8]
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (name: string): Record<string, string> => (typeof fields[name] === 'string' && fields[name].length <= MAX_NAME ? { [name]: fields[name] } : {})
  const number = (name: string, least: number, most: number): Record<string, number> =>
    typeof fields[name] === 'number' && fields[name] >= least && fields[name] <= most ? { [name]: fields[name] } : {}
  return { author, ...text('name'), ...text('country'), ...text('city'), ...number('lat', -90, 90), ...number('lon', -180, 180), ...number('asn', 0, 0xffff_ffff) }
}
