import { OrderedHeap } from '../view/ordered-heap.ts'
import { compareLogs, comparePlaces, LOG_SCOPES } from './view-reader.ts'
import type { ArrivalCursor, ArrivedEntries, LiveRange, LogRange, ViewReader } from './view-reader.ts'
import type { RouterFacts } from './place.ts'
import type { Replica } from '../replica/replica.ts'
import type { EntryView, ViewRecord } from '../view/entry-view.ts'
import type { LogPlace, PeerIdText, Sid } from '@srwan/interface'

/** SIDs remembered: a name costs a hash and a base58 decoding. */
const MAX_REMEMBERED = 131_072
/** Entries of the epochs asked for that are put in order for a question; where there are more, the kind is gone through. */
const MAX_SORTED = 16_384

/** A replica as queries read it. */
export function replicaReader(
  replica: Pick<Replica, 'view' | 'currentEpoch' | 'epochs' | 'heads' | 'entries' | 'find' | 'instance' | 'cursor' | 'since'>,
  sidOf: (author: PeerIdText) => Sid
): ViewReader {
  const { view } = replica
  const names = new SidNames(sidOf)
  const routers = function* (): Iterable<RouterFacts> {
    let last: PeerIdText | undefined
    for (const { author } of view.byKind('router')) {
      if (author !== last) yield { peerId: author, sid: names.sidOf(author), ...view.location(author) }
      last = author
    }
  }
  return {
    epoch: () => replica.currentEpoch(),
    kinds: () => view.kinds(),
    live: (range) => liveIn(view, range),
    read: async (places) => view.readEncoded(places),
    logs: (range) => logsOf(replica, range),
    log: async (place, fromSeq, limit) => replica.entries(place, fromSeq, limit),
    find: async (digest) => replica.find(digest),
    arrived: async (since, limit) => arrivedSince(replica, since, limit),
    authorsIn: (where) => view.authorsIn(where),
    author: (name) => {
      if (name.startsWith('12D3Koo')) return name as PeerIdText
      for (const { author } of view.byKind('router')) if (names.sidOf(author) === name) return author
      return undefined
    },
    routers,
    offers: (from, to, most) => view.offers(from, to, most)
  }
}

/** By the narrowest index there is: the author's, that of a few epochs, the kind's. */
function liveIn(view: EntryView, { kind, fromKey, author, since = 0, until = Number.MAX_SAFE_INTEGER }: LiveRange): Iterable<ViewRecord> {
  if (author !== undefined) return view.ofAuthor(author, kind, fromKey)
  const ofEpochs = since > 0 || until < Number.MAX_SAFE_INTEGER ? view.ofEpochs(kind, { since, until }, MAX_SORTED) : undefined
  // No author is before the empty one: everything from this key on.
  if (ofEpochs === undefined) return view.byKind(kind, { key: fromKey, author: '' as PeerIdText })
  return inOrder(ofEpochs.filter(({ key }) => key >= fromKey))
}

async function arrivedSince(replica: Pick<Replica, 'instance' | 'cursor' | 'since'>, since: ArrivalCursor | undefined, limit: number): Promise<ArrivedEntries | undefined> {
  const { instance } = replica
  if (since === undefined) return { cursor: { instance, counts: LOG_SCOPES.map((scope) => replica.cursor(scope)) }, more: false, looked: 0, entries: [] }
  if (!Buffer.from(since.instance).equals(instance)) return undefined
  const counts: number[] = []
  const entries: Uint8Array[] = []
  let looked = 0
  let more = false
  for (const [index, scope] of LOG_SCOPES.entries()) {
    const from = since.counts[index] ?? 0
    const arrivals = await replica.since(scope, from, limit - looked)
    if (arrivals === undefined) return undefined
    counts.push(arrivals.cursor)
    entries.push(...arrivals.entries)
    looked += arrivals.cursor - from
    more ||= arrivals.more
  }
  return { cursor: { instance, counts }, more, looked, entries }
}

function* inOrder(records: ViewRecord[]): Iterable<ViewRecord> {
  const heap = new OrderedHeap(records, comparePlaces)
  for (let record = heap.take(); record !== undefined; record = heap.take()) yield record
}

function* logsOf(replica: Pick<Replica, 'epochs' | 'heads'>, { since, until, from }: LogRange): Iterable<LogPlace> {
  for (const epoch of replica.epochs()) {
    if (epoch < since || epoch > until || epoch < (from?.epoch ?? 0)) continue
    for (const scope of LOG_SCOPES) {
      const logs = replica.heads(scope, epoch).filter(({ seq }) => seq >= 0)
      for (const { author } of [...logs].sort(compareLogs)) {
        const place = { scope, epoch, author }
        if (from === undefined || compareLogs(place, from) >= 0) yield place
      }
    }
  }
}

/** SIDs of authors, computed once. */
class SidNames {
  readonly #sidOf: (author: PeerIdText) => Sid
  readonly #known = new Map<PeerIdText, Sid>()

  constructor(sidOf: (author: PeerIdText) => Sid) {
    this.#sidOf = sidOf
  }

  sidOf(author: PeerIdText): Sid {
    const known = this.#known.get(author)
    if (known !== undefined) return known
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear()
    const sid = this.#sidOf(author)
    this.#known.set(author, sid)
    return sid
  }
}
