import { AuthorRouters, asksPlace } from './author-routers.ts'
import { fulfils } from './condition.ts'
import { nearestFirst } from './nearest-first.ts'
import { fitsPlan } from './plan.ts'
import { DEFAULT_QUERY_LIMIT } from './query.ts'
import { pairsIn, roundTripsOf } from './ranking.ts'
import type { QueryBounds, QueryResult, QuerySource, RankedPair } from './execute-query.ts'
import type { QueryPlan } from './plan.ts'
import type { DitexQuery } from './query.ts'
import type { FoundPair, PairEnds, Telling } from './ranking.ts'
import type { RouterFacts } from './place.ts'
import type { LivePlace } from './view-reader.ts'
import type { PeerIdText, Sid } from '@srwan/interface'

/** Entries read at a time. */
const BATCH = 64

interface Witness extends Telling {
  readonly place: LivePlace
  readonly encoded: Uint8Array
}

interface Cost {
  /** Entries of the index and pairs that were looked at: what the bound counts. */
  looked: number
  read: number
  endedBy: QueryResult['endedBy']
}

interface Search {
  readonly source: QuerySource
  readonly query: DitexQuery
  readonly bounds: QueryBounds
  readonly plan: QueryPlan
  readonly routers: ReadonlyMap<string, RouterFacts>
  readonly sids: ReadonlyMap<PeerIdText, Sid>
  readonly cost: Cost
}

/** The best pairs between two places, with the entries that say so and the `router` entries of the ends. */
export async function rankedBetween(source: QuerySource, query: DitexQuery, bounds: QueryBounds, plan: QueryPlan): Promise<QueryResult> {
  const { bestOf } = query
  if (bestOf === undefined) throw new TypeError('not a question for the best')
  const routers = [...source.reader.routers()]
  const there = { from: nearestFirst(bestOf.from, routers), to: nearestFirst(bestOf.to, routers) }
  const ends = { from: new Set(there.from.map(({ sid }) => sid)), to: new Set(there.to.map(({ sid }) => sid)) }
  const names = { routers: new Map(routers.map((router) => [router.sid, router])), sids: new Map(routers.map(({ peerId, sid }) => [peerId, sid])) }
  const search = { source, query, bounds, plan, ...names, cost: { looked: 0, read: 0, endedBy: undefined } }
  const tellings = bestOf.by === 'price' ? await listings(search, ends) : await columns(search, there)
  return answerOf(search, pairsIn(bestOf.by, ends, tellings))
}

/** The cheapest offers between the places, as many as are asked for: the index gives them in order, so nothing dearer is read. */
async function listings(search: Search, { from, to }: PairEnds): Promise<readonly Witness[]> {
  const { source, query, bounds, cost } = search
  const { where = [], limit = DEFAULT_QUERY_LIMIT } = query
  const { looked, complete, offers } = source.reader.offers(from, to, bounds.visits)
  cost.looked += looked
  if (!complete) cost.endedBy = 'visits'
  const places = offers[Symbol.iterator]()
  const found: Witness[] = []
  while (found.length < limit) {
    const batch = nextOffers(search, places, where.length > 0 ? BATCH : Math.min(BATCH, limit - found.length))
    if (batch.length === 0) break
    found.push(...(await readBatch(search, batch)).filter(({ body }) => where.every((condition) => fulfils(condition, body))))
  }
  places.return?.()
  return found
}

/** Half of what may be read is left for the `router` entries that come along. */
const mostTold = ({ bounds }: Search): number => Math.ceil(bounds.reads / 2)

function nextOffers(search: Search, places: Iterator<LivePlace>, wanted: number): readonly LivePlace[] {
  const { query, bounds, plan, cost } = search
  const batch: LivePlace[] = []
  while (batch.length < wanted) {
    const { value: place, done } = places.next()
    if (done === true) break
    const bound = cost.looked >= bounds.visits ? 'visits' : cost.read + batch.length >= mostTold(search) ? 'reads' : undefined
    if (bound !== undefined) {
      cost.endedBy = bound
      break
    }
    cost.looked++
    if (place.epoch + place.ttl > plan.at && fitsPlan(place, query, plan)) batch.push(place)
  }
  return batch
}

/**
 * Columns of the routers of both places, those nearest to the middle of their place first. A column is gone through as a whole or not at all: whoever verifies
 * goes through all that come along.
 */
async function columns(search: Search, { from, to }: { readonly from: readonly RouterFacts[]; readonly to: readonly RouterFacts[] }): Promise<readonly Witness[]> {
  const ranks = new Map<PeerIdText, number>()
  for (const there of [from, to]) for (const [rank, { peerId }] of there.entries()) ranks.set(peerId, Math.min(rank, ranks.get(peerId) ?? rank))
  // One column of each: those under other keys nobody reads.
  const places = candidates(search, ({ author, key }) => key === '' && ranks.has(author))
  places.sort((a, b) => (ranks.get(a.author) ?? 0) - (ranks.get(b.author) ?? 0))
  const found: Witness[] = []
  const { cost, bounds } = search
  for (const witness of await readAll(search, places)) {
    const pairs = roundTripsOf(witness.body).size
    if (cost.looked + pairs > bounds.visits) {
      cost.endedBy = 'visits'
      break
    }
    cost.looked += pairs
    found.push(witness)
  }
  return found
}

/** Live columns that may tell, in the order of the index. */
function candidates({ source, query, bounds, plan, cost }: Search, isMeant: (place: LivePlace) => boolean): LivePlace[] {
  const places: LivePlace[] = []
  for (const place of source.reader.live({ kind: 'column', fromKey: '' })) {
    if (cost.looked >= bounds.visits) {
      cost.endedBy = 'visits'
      break
    }
    cost.looked++
    if (place.epoch + place.ttl > plan.at && fitsPlan(place, query, plan) && isMeant(place)) places.push(place)
  }
  return places
}

async function readAll(search: Search, places: readonly LivePlace[]): Promise<readonly Witness[]> {
  const most = mostTold(search)
  if (places.length > most) search.cost.endedBy = 'reads'
  const found: Witness[] = []
  for (let at = 0; at < Math.min(places.length, most); at += BATCH) found.push(...(await readBatch(search, places.slice(at, Math.min(at + BATCH, most)))))
  return found
}

async function readBatch({ source, cost, sids }: Search, batch: readonly LivePlace[]): Promise<readonly Witness[]> {
  cost.read += batch.length
  const read = await source.reader.read(batch)
  return batch.flatMap((place, index) => {
    const encoded = read[index]
    const { author, key } = place
    // Whoever sells need not be a router: its SID is of no use here.
    return encoded === undefined ? [] : [{ place, encoded, author, key, sid: sids.get(author) ?? ('' as Sid), body: source.open(encoded).entry.body }]
  })
}

async function answerOf(search: Search, found: readonly FoundPair<Witness>[]): Promise<QueryResult> {
  const { query, bounds, plan, cost } = search
  const page = new RankedPage()
  const along = new AuthorRouters(search.source.reader, query)
  for (const pair of found.slice(0, query.limit ?? DEFAULT_QUERY_LIMIT)) {
    const authors = routersOf(search, pair)
    const unread = authors.filter((author) => along.of(author) === undefined)
    if (cost.read + unread.length > bounds.reads) {
      cost.endedBy = 'reads'
      break
    }
    cost.read += unread.length
    if (unread.length > 0) await along.load(unread)
    const routers = authors.flatMap((author) => along.of(author) ?? [])
    // Gone meanwhile: nobody could verify where the ends are.
    if (routers.length < authors.length) continue
    if (!page.add(pair, routers, bounds.octets)) {
      cost.endedBy = 'octets'
      break
    }
  }
  const visited = cost.looked + search.routers.size
  return { at: plan.at, ...page.content(), visited, read: cost.read, ...(cost.endedBy === undefined ? {} : { endedBy: cost.endedBy }) }
}

/** Whose `router` entries show that a pair is what was asked for. */
function routersOf({ routers, query }: Search, { from, to, witnesses }: FoundPair<Witness>): readonly PeerIdText[] {
  const ends = [from, to].flatMap((sid) => routers.get(sid)?.peerId ?? [])
  return [...new Set([...ends, ...(asksPlace(query) ? witnesses.map(({ author }) => author) : [])])]
}

/** Pairs, the entries that tell of them and the routers of their ends, each once. */
class RankedPage {
  readonly #ranked: RankedPair[] = []
  readonly #witnesses = new Map<Witness, number>()
  readonly #routers = new Set<Uint8Array>()
  #octets = 0

  /** @returns false where it has no room */
  add({ witnesses, ...pair }: FoundPair<Witness>, routers: readonly Uint8Array[], octets: number): boolean {
    const fresh = witnesses.filter((witness) => !this.#witnesses.has(witness))
    const added = [...fresh.map(({ encoded }) => encoded), ...routers.filter((router) => !this.#routers.has(router))].reduce((sum, { length }) => sum + length, 0)
    if (this.#octets + added > octets && this.#ranked.length > 0) return false
    this.#octets += added
    for (const witness of fresh) this.#witnesses.set(witness, this.#witnesses.size)
    for (const router of routers) this.#routers.add(router)
    this.#ranked.push({ ...pair, entries: witnesses.map((witness) => this.#witnesses.get(witness) ?? 0) })
    return true
  }

  content(): Pick<QueryResult, 'places' | 'entries' | 'ranked' | 'routers'> {
    const witnesses = [...this.#witnesses.keys()]
    return {
      places: witnesses.map(({ place }) => place),
      entries: witnesses.map(({ encoded }) => encoded),
      ranked: this.#ranked,
      ...(this.#routers.size === 0 ? {} : { routers: [...this.#routers] })
    }
  }
}
