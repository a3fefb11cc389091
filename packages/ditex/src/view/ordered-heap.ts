/** Gives items in order, one at a time: of many, the few that a page needs are found without sorting all. */
export class OrderedHeap<T> {
  readonly #items: T[]
  readonly #compare: (one: T, other: T) => number

  /** @param items - taken over; in any order */
  constructor(items: T[], compare: (one: T, other: T) => number) {
    this.#items = items
    this.#compare = compare
    for (let at = (items.length >> 1) - 1; at >= 0; at--) this.#sink(at)
  }

  /** The first one; `undefined` where there is none. */
  get first(): T | undefined {
    return this.#items[0]
  }

  /** Takes out the first one. */
  take(): T | undefined {
    const [first] = this.#items
    const last = this.#items.pop()
    if (this.#items.length > 0) this.replaceFirst(last!)
    return first
  }

  /** Puts an item in the place of the first one: cheaper than taking out and adding. */
  replaceFirst(item: T): void {
    this.#items[0] = item
    this.#sink(0)
  }

  #sink(from: number): void {
    const items = this.#items
    const item = items[from]!
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child + 1 < items.length && this.#compare(items[child + 1]!, items[child]!) < 0) child++
      if (child >= items.length || this.#compare(item, items[child]!) <= 0) break
      items[at] = items[child]!
      at = child
    }
    items[at] = item
  }
}
