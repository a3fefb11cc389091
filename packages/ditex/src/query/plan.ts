import { InvalidInputError } from '@srwan/interface'
import { decodeCursor } from './cursor.ts'
import { MAX_EPOCH_DISTANCE } from './query.ts'
import type { DitexQuery } from './query.ts'
import type { EntryPlace, ViewReader } from './view-reader.ts'
import type { Milliseconds, PeerIdText } from '@srwan/interface'

/** Later than any epoch. */
const LAST = Number.MAX_SAFE_INTEGER

/** What a question comes to at one replica. */
export interface QueryPlan {
  /** Epoch at which entries count as live. */
  readonly at: number
  /** Epochs of the entries, both included. */
  readonly since: number
  readonly until: number
  /** Authors that fit; `undefined`: everybody. */
  readonly authors: ReadonlySet<PeerIdText> | undefined
  /** The last one that the page before looked at. */
  readonly after: EntryPlace | undefined
}

/** @throws InvalidInputError where cursor or epoch make no sense here */
export function planQuery(reader: ViewReader, query: DitexQuery, epochLength: Milliseconds): QueryPlan {
  const position = query.cursor === undefined ? undefined : decodeCursor(query, query.cursor)
  const at = position?.at ?? query.at ?? reader.epoch()
  if (query.history !== true && Math.abs(at - reader.epoch()) > MAX_EPOCH_DISTANCE)
    throw new InvalidInputError({ source: 'query', field: position === undefined ? 'at' : 'cursor' }, `epoch ${at} is not the current one, ${reader.epoch()}`, {
      remedy: 'Ask again without it; with `history` the answer holds what was before.'
    })
  return { at, ...epochsOf(query, epochLength), authors: authorsOf(reader, query), after: position?.after }
}

function epochsOf({ sinceEpoch = 0, untilEpoch = LAST, sinceMs, untilMs }: DitexQuery, epochLength: Milliseconds): Pick<QueryPlan, 'since' | 'until'> {
  const epochOf = (wallTime: number): number => Math.floor(wallTime / epochLength)
  return {
    since: Math.max(sinceEpoch, sinceMs === undefined ? 0 : epochOf(sinceMs)),
    until: Math.min(untilEpoch, untilMs === undefined ? LAST : epochOf(untilMs))
  }
}

function authorsOf(reader: ViewReader, { author, country, city, asn }: DitexQuery): ReadonlySet<PeerIdText> | undefined {
  const hasPlace = country !== undefined || city !== undefined || asn !== undefined
  const named = author === undefined ? undefined : [reader.author(author)].filter((one) => one !== undefined)
  if (!hasPlace) return named === undefined ? undefined : new Set(named)
  const there = reader.authorsIn({ ...(country === undefined ? {} : { country }), ...(city === undefined ? {} : { city }), ...(asn === undefined ? {} : { asn }) })
  return new Set(named === undefined ? there : named.filter((one) => there.includes(one)))
}

/** Does a place fit, as far as it can be told without the body? */
export function fitsPlan({ author, epoch, kind, key }: EntryPlace, query: DitexQuery, { authors, since, until }: QueryPlan): boolean {
  if (epoch < since || epoch > until || authors?.has(author) === false) return false
  if (query.kind !== undefined && kind !== query.kind) return false
  return (query.key === undefined || key === query.key) && (query.keyPrefix === undefined || key.startsWith(query.keyPrefix))
}
