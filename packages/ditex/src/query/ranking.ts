import { readColumnBody } from '@srwan/wire'
import { priceOf } from '../view/offer-record.ts'
import type { FieldValue } from '../entry/body-field.ts'
import { compareTexts } from '../view/compare-texts.ts'
import type { RankedPair } from './execute-query.ts'
import type { BestOf } from './query.ts'
import type { PeerIdText, Sid } from '@srwan/interface'

/** An entry that tells of pairs of routers: a column, or a listing. */
export interface Telling {
  readonly author: PeerIdText
  readonly sid: Sid
  readonly key: string
  readonly body: unknown
}

/** A pair with the entries that tell of it. */
export interface FoundPair<W> extends Omit<RankedPair, 'entries'> {
  readonly witnesses: readonly W[]
}

/** Routers of the two places. */
export interface PairEnds {
  readonly from: ReadonlySet<string>
  readonly to: ReadonlySet<string>
}

/** Ranks as whoever answers does and whoever verifies does again: functions of the entries alone. */
export function pairsIn<W extends Telling>(by: BestOf['by'], ends: PairEnds, tellings: Iterable<W>): FoundPair<W>[] {
  return (by === 'price' ? offersIn : segmentsIn)(ends, tellings).sort((a, b) => comparePairs(by, a, b))
}

/** Best first; equal ones in the order of their ends and of their entries. */
export function comparePairs(by: BestOf['by'], a: FoundPair<Telling>, b: FoundPair<Telling>): number {
  const value = ({ price, roundTripMs }: FoundPair<Telling>): number => (by === 'price' ? price : roundTripMs) ?? Number.POSITIVE_INFINITY
  return value(a) - value(b) || compareTexts(a.from, b.from) || compareTexts(a.to, b.to) || compareTexts(witnessName(a), witnessName(b))
}

/** Of the author of a column with the members of its group, free of clock offsets; empty where the body is no column. */
export function roundTripsOf(body: unknown): ReadonlyMap<Sid, number> {
  try {
    const { members, trips } = readColumnBody(body)
    return new Map(members.flatMap((sid, index) => (trips[index] === undefined ? [] : [[sid, trips[index]] as const])))
  } catch {
    return new Map()
  }
}

/** Listings that are for sale. */
function offersIn<W extends Telling>({ from, to }: PairEnds, listings: Iterable<W>): FoundPair<W>[] {
  const found: FoundPair<W>[] = []
  for (const listing of listings) {
    const body = (typeof listing.body === 'object' ? listing.body : null) as Readonly<Record<string, unknown>> | null
    if (body === null) continue
    const price = priceOf(body['price'] as FieldValue | bigint)
    if (price === undefined || !names(from, body['from']) || !names(to, body['to'])) continue
    const color = typeof body['color'] === 'string' ? { color: body['color'] } : {}
    found.push({ from: body['from'] as Sid, to: body['to'] as Sid, price, ...color, witnesses: [listing] })
  }
  return found
}

const names = (routers: ReadonlySet<string>, sid: unknown): boolean => typeof sid === 'string' && routers.has(sid)

/**
 * Pairs of which at least one end published its round trips; where both did, the larger claim counts: nobody makes itself look nearer alone.
 * It goes through what the columns say, so it takes as long as they are, however many routers the places have.
 */
function segmentsIn<W extends Telling>({ from, to }: PairEnds, columns: Iterable<W>): FoundPair<W>[] {
  const pairs = new Map<string, FoundPair<W>>()
  const claim = (first: Sid, second: Sid, roundTripMs: number, witness: W): void => {
    if (!from.has(first) || !to.has(second)) return
    const name = `${first} ${second}`
    const other = pairs.get(name)
    if (other === undefined) pairs.set(name, { from: first, to: second, roundTripMs, witnesses: [witness] })
    else {
      const witnesses = witness.sid === first ? [witness, ...other.witnesses] : [...other.witnesses, witness]
      pairs.set(name, { ...other, roundTripMs: Math.max(other.roundTripMs ?? 0, roundTripMs), witnesses })
    }
  }
  for (const column of columns) {
    for (const [other, trip] of roundTripsOf(column.body)) {
      if (other === column.sid) continue
      claim(column.sid, other, trip, column)
      claim(other, column.sid, trip, column)
    }
  }
  return [...pairs.values()]
}

const witnessName = ({ witnesses }: FoundPair<Telling>): string => witnesses.map(({ key, author }) => `${key} ${author}`).join(' ')
