import type { LogHead, LogPlace } from '@srwan/interface'

/** Changes of heads that are remembered: whoever was here before them compares tries instead. */
const MAX_JOURNAL = 1024

/** Which logs changed, in the order of their changes; a peer that says how far it was learns what is new since. */
export class HeadJournal {
  #places: LogPlace[] = []
  #end = 0

  /** Changes so far. */
  get end(): number {
    return this.#end
  }

  record({ scope, epoch, author }: LogHead): void {
    this.#places.push({ scope, epoch, author })
    this.#end++
    // Cut in halves, so that recording costs the same each time on the whole.
    if (this.#places.length > 2 * MAX_JOURNAL) this.#places = this.#places.slice(-MAX_JOURNAL)
  }

  /**
   * The logs that changed since a cursor, each once.
   *
   * @returns `undefined` where the cursor is too old or is none, or more than `limit` logs changed
   */
  since(cursor: number, limit: number): readonly LogPlace[] | undefined {
    const count = this.#end - cursor
    if (count < 0 || count > this.#places.length) return undefined
    const changed = new Map<string, LogPlace>()
    for (const place of this.#places.slice(this.#places.length - count)) {
      changed.set(`${place.scope}/${place.epoch}/${place.author}`, place)
      if (changed.size > limit) return undefined
    }
    return [...changed.values()]
  }
}
