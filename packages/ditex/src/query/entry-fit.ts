import { locationOf } from '../view/router-locations.ts'
import { asksLive } from './answer-order.ts'
import { asksPlace, isRouterEntry } from './author-routers.ts'
import { fulfils } from './condition.ts'
import type { RouterFacts } from './place.ts'
import type { DitexQuery } from './query.ts'
import type { PeerIdText, Sid, SignedEntry } from '@srwan/interface'

/** What an entry of an answer is held against. */
export interface AskedFor {
  readonly query: DitexQuery
  /** Epoch at which entries counted as live. */
  readonly at: number
  readonly epochMs: number
  readonly sidOf: (author: PeerIdText) => Sid
  readonly cidOf: (bytes: Uint8Array) => string
  /** Out of the `router` entries that came along. */
  readonly routers: ReadonlyMap<PeerIdText, RouterFacts>
}

/** Is it what was asked for? What an answer cannot show (that an entry is the latest one) is not asked here. */
export function fitsQuestion(asked: AskedFor, signed: SignedEntry): boolean {
  const { query } = asked
  if (query.cid !== undefined) return asked.cidOf(signed.bytes) === query.cid
  return isNamed(asked, signed) && isInTime(asked, signed) && isThere(asked, signed) && (query.where ?? []).every((condition) => isFulfilled(query, condition, signed))
}

/** What the author says of itself in its `router` entry. */
export function factsOf(sidOf: AskedFor['sidOf'], { author, bytes }: SignedEntry): RouterFacts {
  return { peerId: author, sid: sidOf(author), ...locationOf(author, bytes) }
}

function isNamed({ query, sidOf }: AskedFor, { author, entry: { kind, key } }: SignedEntry): boolean {
  if (query.bestOf !== undefined && !tells(query.bestOf.by, kind, key)) return false
  const isMeant = query.author === undefined || query.author === author || query.author === sidOf(author)
  return isMeant && isGiven(query.kind, kind) && isGiven(query.key, key) && key.startsWith(query.keyPrefix ?? '')
}

const isGiven = (wanted: string | undefined, found: string): boolean => wanted === undefined || wanted === found
const tells = (by: 'price' | 'delay', kind: string, key: string): boolean => (by === 'price' ? kind === 'listing' : kind === 'column' && key === '')

function isInTime({ query, at, epochMs }: AskedFor, { entry: { epoch, ttl, body } }: SignedEntry): boolean {
  const { sinceEpoch = 0, untilEpoch = epoch, sinceMs = 0, untilMs } = query
  if (epoch < Math.max(sinceEpoch, Math.floor(sinceMs / epochMs)) || epoch > untilEpoch || (untilMs !== undefined && epoch > Math.floor(untilMs / epochMs))) return false
  return !asksLive(query) || (epoch + ttl > at && body !== null)
}

function isThere({ query, routers, sidOf }: AskedFor, signed: SignedEntry): boolean {
  if (!asksPlace(query)) return true
  const facts = routers.get(signed.author) ?? (asksLive(query) && isRouterEntry(signed.entry) ? factsOf(sidOf, signed) : undefined)
  if (facts === undefined) return false
  const isSame = (wanted: string | undefined, found: string | undefined): boolean => wanted === undefined || wanted.toLowerCase() === found?.toLowerCase()
  return isSame(query.country, facts.country) && isSame(query.city, facts.city) && (query.asn === undefined || query.asn === facts.asn)
}

/** Of a best of, conditions are about listings. */
function isFulfilled({ bestOf }: DitexQuery, condition: Parameters<typeof fulfils>[0], { entry }: SignedEntry): boolean {
  return bestOf?.by === 'delay' || fulfils(condition, entry.body)
}
