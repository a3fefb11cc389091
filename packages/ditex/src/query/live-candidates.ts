import { OrderedHeap } from '../view/ordered-heap.ts'
import { comparePlaces } from './view-reader.ts'
import type { QueryPlan } from './plan.ts'
import type { DitexQuery } from './query.ts'
import type { LivePlace, LiveRange, ViewReader } from './view-reader.ts'

/** Up to so many authors their entries are merged; beyond that the kind is walked and others' entries are passed over. */
const MAX_MERGED_AUTHORS = 512

/** Live entries in order after the cursor, in ranges as narrow as the index gives them; all but kind and key remains to be looked at. */
export function* liveCandidates(reader: ViewReader, query: DitexQuery, { at, authors, after, since, until }: QueryPlan): Iterable<LivePlace> {
  const least = query.key ?? query.keyPrefix ?? ''
  const kinds = query.kind === undefined ? reader.kinds() : [query.kind]
  for (const kind of kinds.filter((one) => one >= (after?.kind ?? ''))) {
    const fromKey = after?.kind === kind && after.key > least ? after.key : least
    for (const place of rangeOf(reader, { kind, fromKey, since, until }, authors)) {
      if (!isInKeys(place.key, query)) break
      if (place.epoch + place.ttl > at && isBehind(place, after)) yield place
    }
  }
}

const isBehind = (place: LivePlace, after: QueryPlan['after']): boolean => after === undefined || comparePlaces(place, after) > 0

const isInKeys = (key: string, query: DitexQuery): boolean => (query.key === undefined || key === query.key) && (query.keyPrefix === undefined || key.startsWith(query.keyPrefix))

function rangeOf(reader: ViewReader, range: LiveRange, authors: QueryPlan['authors']): Iterable<LivePlace> {
  if (authors === undefined || authors.size > MAX_MERGED_AUTHORS) return reader.live(range)
  return merged([...authors].map((author) => reader.live({ ...range, author })))
}

/** Several ordered sequences as one. */
function* merged(sources: readonly Iterable<LivePlace>[]): Iterable<LivePlace> {
  const open = sources.flatMap((source) => {
    const iterator = source[Symbol.iterator]()
    const head = iterator.next()
    return head.done === true ? [] : [{ iterator, place: head.value }]
  })
  const heap = new OrderedHeap(open, (one, other) => comparePlaces(one.place, other.place))
  for (let least = heap.first; least !== undefined; least = heap.first) {
    yield least.place
    const next = least.iterator.next()
    if (next.done === true) heap.take()
    else heap.replaceFirst({ iterator: least.iterator, place: next.value })
  }
}
