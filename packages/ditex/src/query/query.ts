import type { Condition } from './condition.ts'
import type { Place } from './place.ts'

/** Most entries of one answer. */
export const MAX_QUERY_LIMIT = 1000
/** Entries of an answer where the question says nothing. */
export const DEFAULT_QUERY_LIMIT = 100
/** Most conditions on fields of the body. */
export const MAX_CONDITIONS = 8
/** Longest cursor, characters. */
export const MAX_CURSOR = 512
/** Most shards of other groups that an answer names. */
export const MAX_NAMED_SHARDS = 64
/** How far `at` may be from the epoch of whoever answers: clocks differ, and pages of one answer may straddle an epoch's end. */
export const MAX_EPOCH_DISTANCE = 2

/** Which of the offers or segments between two places are wanted, and what is best. */
export interface BestOf {
  readonly from: Place
  readonly to: Place
  /** `price`: listings that are for sale, the cheapest first · `delay`: segments between routers there, the least round trip first. */
  readonly by: 'price' | 'delay'
}

/**
 * A question to the exchange; everything given must hold. See packages/spec/protocol/ditex-query.md.
 *
 * Times are whole epochs; `sinceMs` and `untilMs` (since 1970) become epochs where the question is answered.
 */
export interface DitexQuery {
  readonly kind?: string
  readonly key?: string
  readonly keyPrefix?: string
  /** SID (16 hex digits) or peer id. */
  readonly author?: string
  /** Of the author, by its `router` entry; ISO 3166 alpha-2. */
  readonly country?: string
  /** Of the author; letters of either case. */
  readonly city?: string
  readonly asn?: number
  readonly sinceEpoch?: number
  readonly untilEpoch?: number
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly where?: readonly Condition[]
  readonly bestOf?: BestOf
  /** The one entry with this CID, live or not. */
  readonly cid?: string
  /** What the asked peer takes, in order of arrival: the first page is empty and its cursor says where that begins. @default false */
  readonly arrived?: boolean
  /** Every entry that is held instead of those in force. @default false */
  readonly history?: boolean
  /** Epoch at which entries count as live. @default the one in which the question is answered */
  readonly at?: number
  /** Whose shard of group scope is meant. @default that of the author, or of whoever is asked */
  readonly group?: number
  /** @default {@link DEFAULT_QUERY_LIMIT} */
  readonly limit?: number
  /** Where the page before ended, as that answer said. */
  readonly cursor?: string
}
