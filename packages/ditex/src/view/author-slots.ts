import type { Slot } from './held-record.ts'

/** The slots of one author. Found by key and then by kind, so that no text is made for each: there may be a million. */
export class AuthorSlots {
  readonly #byKey = new Map<string, Slot>()

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  get(kind: string, key: string): Slot | undefined {
    let slot = this.#byKey.get(key)
    while (slot !== undefined && slot.kind !== kind) slot = slot.sibling
    return slot
  }

  /** Adds a slot that is not there yet. */
  add(slot: Slot): void {
    slot.sibling = this.#byKey.get(slot.key)
    this.#byKey.set(slot.key, slot)
  }

  remove(gone: Slot): void {
    const kept = [...this.#siblings(gone.key)].filter((slot) => slot !== gone)
    this.#byKey.delete(gone.key)
    for (const slot of kept) this.add(slot)
  }

  *all(): IterableIterator<Slot> {
    for (const key of this.#byKey.keys()) yield* this.#siblings(key)
  }

  *#siblings(key: string): IterableIterator<Slot> {
    for (let slot = this.#byKey.get(key); slot !== undefined; slot = slot.sibling) yield slot
  }
}
