import { compareTexts } from './compare-texts.ts'
import { OrderedHeap } from './ordered-heap.ts'
import { OfferRecord } from './offer-record.ts'
import { SortedList } from './sorted-list.ts'
import type { HeldRecord } from './held-record.ts'

/** A pair of routers with more offers than this has them in order; below that they are put in order when they are asked for. */
const MANY = 64

/** What is for sale between two sets of routers. */
export interface OffersBetween<T = OfferRecord> {
  /** Pairs of routers that were looked for. */
  readonly looked: number
  /** Whether that was all. */
  readonly complete: boolean
  /** The cheapest first, equal ones in the order of their ends, key and author; lazily. */
  readonly offers: Iterable<T>
}

/** Live offers by the routers that they lead from and to: of very many, the cheapest between two places are found without looking at the others. */
export class OfferIndex {
  readonly #pairs = new Map<string, Map<string, PairOffers>>()

  /** What one listing says has changed; what is no offer is not held. */
  replace(before: HeldRecord | undefined, after: HeldRecord | undefined): void {
    if (before instanceof OfferRecord) this.#remove(before)
    if (after instanceof OfferRecord) this.#add(after)
  }

  /** @param most - pairs that are looked for; what one router leads to is looked for as a whole or not at all */
  between(from: ReadonlySet<string>, to: ReadonlySet<string>, most: number): OffersBetween {
    const found: PairOffers[] = []
    let looked = 0
    for (const one of from) {
      if (looked >= most) return { looked, complete: false, offers: cheapestOf(found) }
      const leading: ReadonlyMap<string, PairOffers> = this.#pairs.get(one) ?? new Map()
      looked += 1 + Math.min(leading.size, to.size)
      for (const other of leading.size < to.size ? leading.keys() : to) {
        const pair = to.has(other) ? leading.get(other) : undefined
        if (pair !== undefined) found.push(pair)
      }
    }
    return { looked, complete: true, offers: cheapestOf(found) }
  }

  #add(offer: OfferRecord): void {
    let leading = this.#pairs.get(offer.from)
    if (leading === undefined) this.#pairs.set(offer.from, (leading = new Map()))
    let pair = leading.get(offer.to)
    if (pair === undefined) leading.set(offer.to, (pair = new PairOffers()))
    pair.add(offer)
  }

  #remove(offer: OfferRecord): void {
    const leading = this.#pairs.get(offer.from)
    const pair = leading?.get(offer.to)
    pair?.remove(offer)
    if (pair?.isEmpty === true) leading?.delete(offer.to)
    if (leading?.size === 0) this.#pairs.delete(offer.from)
  }
}

/** Offers from one router to one other. */
class PairOffers {
  /** In no order. */
  #few: OfferRecord[] = []
  #many: SortedList<OfferRecord> | undefined

  get isEmpty(): boolean {
    return (this.#many?.size ?? this.#few.length) === 0
  }

  add(offer: OfferRecord): void {
    if (this.#many !== undefined) return this.#many.add(offer)
    this.#few.push(offer)
    if (this.#few.length <= MANY) return
    this.#many = new SortedList(inOrder)
    this.#many.fill(this.#few)
    this.#few = []
  }

  remove(offer: OfferRecord): void {
    if (this.#many !== undefined) return this.#many.remove(offer)
    const at = this.#few.indexOf(offer)
    if (at >= 0) this.#few.splice(at, 1)
  }

  cheapest(): Iterator<OfferRecord> {
    return this.#many?.from() ?? [...this.#few].sort(inOrder)[Symbol.iterator]()
  }
}

function* cheapestOf(pairs: readonly PairOffers[]): IterableIterator<OfferRecord> {
  const open = pairs.flatMap((pair) => {
    const rest = pair.cheapest()
    const { value, done } = rest.next()
    return done === true ? [] : [{ rest, offer: value }]
  })
  const heap = new OrderedHeap(open, (one, other) => inOrder(one.offer, other.offer))
  for (let least = heap.first; least !== undefined; least = heap.first) {
    yield least.offer
    const { value, done } = least.rest.next()
    if (done === true) heap.take()
    else heap.replaceFirst({ rest: least.rest, offer: value })
  }
}

function inOrder(one: OfferRecord, other: OfferRecord): number {
  return (
    one.price - other.price || compareTexts(one.from, other.from) || compareTexts(one.to, other.to) || compareTexts(one.key, other.key) || compareTexts(one.author, other.author)
  )
}
