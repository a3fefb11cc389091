import { pageOfArrivals } from './arrived-walk.ts'
import { rankedBetween } from './best-of.ts'
import { entryOfCid } from './entry-of-cid.ts'
import { pageOfHistory } from './history-walk.ts'
import { pageOfLive } from './live-walk.ts'
import { planQuery } from './plan.ts'
import type { EntryPlace, ViewReader } from './view-reader.ts'
import type { FieldValue } from '../entry/body-field.ts'
import type { DitexQuery } from './query.ts'
import type { LogEntry, Milliseconds, PeerIdText, Sid } from '@srwan/interface'

/** What one question may cost. */
export interface QueryBounds {
  /** Entries and logs looked at in the index. */
  readonly visits: number
  /** Entries read from the store. */
  readonly reads: number
  /** Encoded entries answered. */
  readonly octets: number
}

/** A pair of routers and what was found about the way between them. */
export interface RankedPair {
  readonly from: Sid
  readonly to: Sid
  /** As the ends say: the larger of both claims. */
  readonly roundTripMs?: number
  readonly price?: number
  readonly color?: string
  /** Positions, in the answer, of the entries that say so. */
  readonly entries: readonly number[]
}

/** What a replica answers, before proofs. */
export interface QueryResult {
  /** Epoch at which entries counted as live. */
  readonly at: number
  readonly places: readonly EntryPlace[]
  /** Encoded, one per place. */
  readonly entries: readonly Uint8Array[]
  readonly ranked?: readonly RankedPair[]
  /** Encoded `router` entries that show where authors or ends of pairs are, where the question is about that. */
  readonly routers?: readonly Uint8Array[]
  /** Present where there may be more. */
  readonly cursor?: string
  /** The bound that ended it before the limit did. */
  readonly endedBy?: 'visits' | 'reads' | 'octets'
  readonly visited: number
  readonly read: number
}

/** What a query is answered with. */
export interface QuerySource {
  readonly reader: ViewReader
  /** Takes an entry of the replica apart; its signature has been checked when it was accepted. */
  readonly open: (encoded: Uint8Array) => { readonly author: PeerIdText; readonly incarnation: number; readonly entry: LogEntry }
  /** One field of its body, without decoding the rest. */
  readonly field: (encoded: Uint8Array, field: readonly string[]) => FieldValue
  readonly epochLength: Milliseconds
}

/**
 * Answers a question from what is held, within bounds; equal replicas answer alike.
 *
 * @throws InvalidInputError where the question makes no sense here
 */
export async function executeQuery(source: QuerySource, query: DitexQuery, bounds: QueryBounds): Promise<QueryResult> {
  if (query.cid !== undefined) return entryOfCid(source, query.cid)
  if (query.arrived === true) return pageOfArrivals(source, query, bounds)
  const plan = planQuery(source.reader, query, source.epochLength)
  const walk = query.bestOf !== undefined ? rankedBetween : query.history === true ? pageOfHistory : pageOfLive
  return walk(source, query, bounds, plan)
}
