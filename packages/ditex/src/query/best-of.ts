import { readColumnBody } from '@srwan/wire'
import { fulfils } from './condition.ts'
import { isThere } from './place.ts'
import { fitsPlan } from './plan.ts'
import { DEFAULT_QUERY_LIMIT } from './query.ts'
import { compareTexts } from './view-reader.ts'
import type { QueryBounds, QueryResult, QuerySource, RankedPair } from './execute-query.ts'
import type { QueryPlan } from './plan.ts'
import type { BestOf, DitexQuery } from './query.ts'
import type { RouterFacts } from './place.ts'
import type { LivePlace } from './view-reader.ts'
import type { Sid } from '@srwan/interface'

/** Most pairs of routers that are compared; the routers are taken in the order of their SIDs. */
const MAX_PAIRS = 16_384
/** Entries read at a time. */
const BATCH = 64

/** A pair with the entries that tell of it. */
interface Found extends Omit<RankedPair, 'entries'> {
  readonly witnesses: readonly Witness[]
}

interface Witness {
  readonly place: LivePlace
  readonly encoded: Uint8Array
}

interface Cost {
  visited: number
  read: number
  endedBy: QueryResult['endedBy']
}

/** The best pairs between two places, with the entries that say so. */
export async function rankedBetween(source: QuerySource, query: DitexQuery, bounds: QueryBounds, plan: QueryPlan): Promise<QueryResult> {
  const { bestOf } = query
  if (bestOf === undefined) throw new TypeError('not a question for the best')
  const routers = [...source.reader.routers()].sort((a, b) => (a.sid < b.sid ? -1 : 1))
  const ends = { from: routers.filter((router) => isThere(bestOf.from, router)), to: routers.filter((router) => isThere(bestOf.to, router)) }
  const cost: Cost = { visited: routers.length, read: 0, endedBy: undefined }
  const found = await (bestOf.by === 'price' ? offers : segments)({ source, query, bounds, plan, ends, cost })
  found.sort((a, b) => compareBy(bestOf.by, a, b))
  return answerOf(found, query, bounds, { plan, cost })
}

interface Search {
  readonly source: QuerySource
  readonly query: DitexQuery
  readonly bounds: QueryBounds
  readonly plan: QueryPlan
  readonly ends: { readonly from: readonly RouterFacts[]; readonly to: readonly RouterFacts[] }
  readonly cost: Cost
}

/** Listings that are for sale. */
async function offers(search: Search): Promise<Found[]> {
  const { source, query, ends } = search
  const [from, to] = [new Set<string>(ends.from.map(({ sid }) => sid)), new Set<string>(ends.to.map(({ sid }) => sid))]
  const listings = source.reader.live({ kind: 'listing', fromKey: '' })
  const found: Found[] = []
  for await (const witness of readAll(search, listings)) {
    const body = source.open(witness.encoded).entry.body as Readonly<Record<string, unknown>> | null
    const price = priceOf(body?.['price'])
    if (body === null || price === undefined || !from.has(String(body['from'])) || !to.has(String(body['to']))) continue
    if (!(query.where ?? []).every((condition) => fulfils(condition, body))) continue
    const color = typeof body['color'] === 'string' ? { color: body['color'] } : {}
    found.push({ from: String(body['from']) as Sid, to: String(body['to']) as Sid, price, ...color, witnesses: [witness] })
  }
  return found
}

/** Pairs of which at least one end published its round trips; where both did, the larger claim counts: nobody makes itself look nearer alone. */
async function segments(search: Search): Promise<Found[]> {
  const { source, ends } = search
  const columns = new Map<Sid, Column>()
  const wanted = new Map([...ends.from, ...ends.to].map(({ sid, peerId }) => [sid, peerId]))
  for (const [sid, author] of wanted) {
    for await (const witness of readAll(search, source.reader.live({ kind: 'column', fromKey: '', author }))) {
      const trips = roundTripsOf(source.open(witness.encoded).entry.body)
      if (trips !== undefined) columns.set(sid, { ...witness, trips })
    }
  }
  const found: Found[] = []
  let pairs = 0
  for (const { sid: from } of ends.from) {
    for (const { sid: to } of ends.to) {
      if (from === to || ++pairs > MAX_PAIRS) continue
      const said = [claimOf(columns.get(from), to), claimOf(columns.get(to), from)].filter((one) => one !== undefined)
      if (said.length > 0) found.push({ from, to, roundTripMs: Math.max(...said.map(({ trip }) => trip)), witnesses: said.map(({ witness }) => witness) })
    }
  }
  return found
}

interface Column extends Witness {
  readonly trips: ReadonlyMap<Sid, number>
}

function claimOf(column: Column | undefined, other: Sid): { readonly trip: number; readonly witness: Witness } | undefined {
  const trip = column?.trips.get(other)
  return column === undefined || trip === undefined ? undefined : { trip, witness: column }
}

/** Of the author with the members of its group, free of clock offsets; `undefined` where the body is no column. */
function roundTripsOf(body: unknown): ReadonlyMap<Sid, number> | undefined {
  try {
    const { members, trips } = readColumnBody(body)
    return new Map(members.flatMap((sid, index) => (trips[index] === undefined ? [] : [[sid, trips[index]] as const])))
  } catch {
    return undefined
  }
}

async function* readAll({ source, query, bounds, cost, plan }: Search, places: Iterable<LivePlace>): AsyncIterable<Witness> {
  let batch: LivePlace[] = []
  const flush = async (): Promise<readonly Witness[]> => {
    const taken = batch.slice(0, Math.max(0, bounds.reads - cost.read))
    if (taken.length < batch.length) cost.endedBy = 'reads'
    batch = []
    cost.read += taken.length
    const read = taken.length === 0 ? [] : await source.reader.read(taken)
    return taken.flatMap((place, index) => (read[index] === undefined ? [] : [{ place, encoded: read[index] }]))
  }
  for (const place of places) {
    if (cost.endedBy !== undefined) return
    if (cost.visited >= bounds.visits) {
      cost.endedBy = 'visits'
      break
    }
    cost.visited++
    if (place.epoch + place.ttl <= plan.at || !fitsPlan(place, query, plan)) continue
    batch.push(place)
    if (batch.length === BATCH) yield* await flush()
  }
  yield* await flush()
}

function answerOf(found: readonly Found[], query: DitexQuery, bounds: QueryBounds, { plan, cost }: { readonly plan: QueryPlan; readonly cost: Cost }): QueryResult {
  const places: LivePlace[] = []
  const entries: Uint8Array[] = []
  const positions = new Map<LivePlace, number>()
  const ranked: RankedPair[] = []
  let octets = 0
  for (const { witnesses, ...pair } of found.slice(0, query.limit ?? DEFAULT_QUERY_LIMIT)) {
    const fresh = witnesses.filter(({ place }) => !positions.has(place))
    octets += fresh.reduce((sum, { encoded }) => sum + encoded.length, 0)
    if (octets > bounds.octets && ranked.length > 0) {
      cost.endedBy = 'octets'
      break
    }
    for (const { place, encoded } of fresh) {
      positions.set(place, entries.push(encoded) - 1)
      places.push(place)
    }
    ranked.push({ ...pair, entries: witnesses.map(({ place }) => positions.get(place) ?? 0) })
  }
  return { at: plan.at, places, entries, ranked, visited: cost.visited, read: cost.read, ...(cost.endedBy === undefined ? {} : { endedBy: cost.endedBy }) }
}

/** Best first; equal ones in the order of their ends and of their entries. */
function compareBy(by: BestOf['by'], a: Found, b: Found): number {
  const value = ({ price, roundTripMs }: Found): number => (by === 'price' ? price : roundTripMs) ?? Number.POSITIVE_INFINITY
  return value(a) - value(b) || compareTexts(a.from, b.from) || compareTexts(a.to, b.to) || compareTexts(witnessName(a), witnessName(b))
}

const witnessName = ({ witnesses }: Found): string => witnesses.map(({ place }) => `${place.key} ${place.author}`).join(' ')

/** A price of null is no offer. Amounts may be numbers or decimal texts. */
function priceOf(price: unknown): number | undefined {
  if (typeof price === 'bigint') return Number(price)
  if (typeof price === 'string' && /^\d{1,40}(\.\d{1,18})?$/.test(price)) return Number(price)
  return typeof price === 'number' && Number.isFinite(price) && price >= 0 ? price : undefined
}
