/** Most items of one block; a full one is halved. */
const BLOCK = 512

/** A sorted list that stays sorted under insertion and removal, in blocks: each change moves at most one block. */
export class SortedList<T> {
  readonly #compare: (one: T, other: T) => number
  #blocks: T[][] = []
  #size = 0
  /** Grows with each change, so that whoever goes through the list notices. */
  #changes = 0

  constructor(compare: (one: T, other: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#size
  }

  /** Replaces everything; sorts once. */
  fill(items: T[]): void {
    items.sort(this.#compare)
    this.#changes++
    this.#size = items.length
    this.#blocks = []
    for (let at = 0; at < items.length; at += BLOCK / 2) this.#blocks.push(items.slice(at, at + BLOCK / 2))
  }

  /** Adds an item that is known to be behind all others. */
  append(item: T): void {
    this.#size++
    this.#changes++
    const last = this.#blocks.at(-1)
    if (last === undefined || last.length >= BLOCK / 2) this.#blocks.push([item])
    else last.push(item)
  }

  /** Adds an item that is not there yet. */
  add(item: T): void {
    this.#size++
    this.#changes++
    if (this.#blocks.length === 0) {
      this.#blocks.push([item])
      return
    }
    const at = Math.min(this.#blockOf(item), this.#blocks.length - 1)
    const block = this.#blocks[at]!
    block.splice(lowerBound(block, item, this.#compare), 0, item)
    if (block.length > BLOCK) this.#blocks.splice(at, 1, block.slice(0, BLOCK / 2), block.slice(BLOCK / 2))
  }

  remove(item: T): void {
    const at = this.#blockOf(item)
    const block = this.#blocks[at]
    if (block === undefined) return
    const index = lowerBound(block, item, this.#compare)
    if (block[index] === undefined || this.#compare(block[index], item) !== 0) return
    block.splice(index, 1)
    this.#size--
    this.#changes++
    if (block.length === 0) this.#blocks.splice(at, 1)
  }

  /** Items from the first one that is not before `start` on; from the beginning without one. The list may change meanwhile: nothing comes twice, and nothing that stays is left out. */
  *from(start?: T): IterableIterator<T> {
    let from = start
    let given = false
    for (let changes = -1; changes !== this.#changes; ) {
      changes = this.#changes
      for (const item of this.#walk(from)) {
        if (given && this.#compare(item, from!) === 0) continue
        ;[from, given] = [item, true]
        yield item
        if (changes !== this.#changes) break
      }
    }
  }

  *#walk(start: T | undefined): IterableIterator<T> {
    if (this.#blocks.length === 0) return
    let at = start === undefined ? 0 : this.#blockOf(start)
    let index = start === undefined || at >= this.#blocks.length ? 0 : lowerBound(this.#blocks[at]!, start, this.#compare)
    for (; at < this.#blocks.length; at++, index = 0) for (const block = this.#blocks[at]!; index < block.length; index++) yield block[index]!
  }

  /** The first block whose last item is not before the item. */
  #blockOf(item: T): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const block = this.#blocks[middle]!
      if (this.#compare(block[block.length - 1]!, item) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

function lowerBound<T>(items: readonly T[], item: T, compare: (one: T, other: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(items[middle]!, item) < 0) low = middle + 1
    else high = middle
  }
  return low
}
