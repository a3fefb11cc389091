import { InvalidInputError } from '@srwan/interface'
import type { PeerIdText, Sid } from '@srwan/interface'

/** Routers, by name or by where they stand: exactly one of these. */
export type Place = { readonly router: string } | { readonly city: string } | { readonly country: string } | { readonly asn: number }

/** A router as its `router` entry describes it. */
export interface RouterFacts {
  readonly peerId: PeerIdText
  readonly sid: Sid
  readonly name?: string | undefined
  readonly country?: string | undefined
  readonly city?: string | undefined
  readonly asn?: number | undefined
  /** Degrees. */
  readonly lat?: number | undefined
  readonly lon?: number | undefined
}

/** Longest name of a place. */
const MAX_PLACE = 128
const COUNTRY = /^[A-Za-z]{2}$/
const LARGEST_ASN = 0xffff_ffff

/**
 * Reads `AS3320`, `country:DE`, `city:Frankfurt`, `router:NAME`, or a bare word: two letters are a country, all else is a router (SID, peer id or name) or a city.
 *
 * @throws InvalidInputError
 */
export function parsePlace(text: string, source: string): Place {
  const tagged = /^(router|city|country|asn):(.+)$/s.exec(text)
  const asn = /^(?:AS|asn:)(\d{1,10})$/i.exec(text)
  if (asn !== null) return checkPlace({ asn: Number(asn[1]) }, source)
  if (tagged !== null) return checkPlace({ [tagged[1] as string]: tagged[2] }, source)
  if (COUNTRY.test(text)) return checkPlace({ country: text }, source)
  return checkPlace({ router: text }, source)
}

/** @throws InvalidInputError */
export function checkPlace(value: unknown, source: string): Place {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const [first] = entries
  if (entries.length !== 1 || first === undefined) throw unusable(source, 'expected exactly one of router, city, country and asn')
  const [kind, found] = first as [string, unknown]
  const place = READERS[kind]?.(found)
  if (place !== undefined) return place
  throw unusable(source, 'expected a router, a city, a country of two letters or a number of an autonomous system')
}

const nameOf = (found: unknown): string | undefined => (typeof found === 'string' && found.length > 0 && found.length <= MAX_PLACE ? found : undefined)
const READERS: Readonly<Record<string, (found: unknown) => Place | undefined>> = {
  asn: (found) => (typeof found === 'number' && Number.isInteger(found) && found >= 0 && found <= LARGEST_ASN ? { asn: found } : undefined),
  country: (found) => (typeof found === 'string' && COUNTRY.test(found) ? { country: found.toUpperCase() } : undefined),
  router: (found) => {
    const router = nameOf(found)
    return router === undefined ? undefined : { router }
  },
  city: (found) => {
    const city = nameOf(found)
    return city === undefined ? undefined : { city }
  }
}

/** Is the router there? Letters of either case; a bare name is a router's, or else its city's. */
export function isThere(place: Place, router: RouterFacts): boolean {
  if ('asn' in place) return router.asn === place.asn
  if ('country' in place) return router.country?.toUpperCase() === place.country
  if ('city' in place) return isSame(router.city, place.city)
  return router.sid === place.router || router.peerId === place.router || isSame(router.name, place.router) || isSame(router.city, place.router)
}

const isSame = (found: string | undefined, wanted: string): boolean => found !== undefined && found.toLowerCase() === wanted.toLowerCase()
const unusable = (source: string, message: string): InvalidInputError => new InvalidInputError({ source }, message)
