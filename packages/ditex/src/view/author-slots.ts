import { SortedList } from './sorted-list.ts'
import type { Slot } from './held-record.ts'

/** An author with more keys than this has them in order, too; below that they are put in order when they are asked for. */
const MANY = 64

/** The slots of one author. Found by key and then by kind, so that no text is made for each: there may be a million. */
export class AuthorSlots {
  readonly #byKey = new Map<string, Slot>()
  /** Live slots of each kind by key; `undefined` where there are few, or nobody has asked. */
  #ordered: Map<string, SortedList<Slot>> | undefined

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

  /** Live slots of one kind in the order of their keys, from a key on. */
  live(kind: string, fromKey: string): Iterable<Slot> {
    const ordered = this.#order()
    if (ordered !== undefined) return ordered.get(kind)?.from(probe(fromKey)) ?? []
    return [...this.all()].filter((slot) => slot.winner !== undefined && slot.kind === kind && slot.key >= fromKey).sort(byKey)
  }

  /** A store has been read: its live slots come in the order of their keys, kind after kind. */
  load(slot: Slot): void {
    if (this.#byKey.size <= MANY) return
    this.#ordered ??= new Map()
    listOf(this.#ordered, slot.kind).append(slot)
  }

  /** A slot became live, or ceased to be. */
  follow(slot: Slot): void {
    if (this.#ordered === undefined) return
    if (slot.winner === undefined) this.#ordered.get(slot.kind)?.remove(slot)
    else listOf(this.#ordered, slot.kind).add(slot)
  }

  #order(): ReadonlyMap<string, SortedList<Slot>> | undefined {
    if (this.#ordered !== undefined || this.#byKey.size <= MANY) return this.#ordered
    const live = new Map<string, Slot[]>()
    for (const slot of this.all()) {
      const slots = live.get(slot.kind)
      if (slot.winner === undefined) continue
      if (slots === undefined) live.set(slot.kind, [slot])
      else slots.push(slot)
    }
    this.#ordered = new Map()
    for (const [kind, slots] of live) listOf(this.#ordered, kind).fill(slots)
    return this.#ordered
  }

  *#siblings(key: string): IterableIterator<Slot> {
    for (let slot = this.#byKey.get(key); slot !== undefined; slot = slot.sibling) yield slot
  }
}

function listOf(lists: Map<string, SortedList<Slot>>, kind: string): SortedList<Slot> {
  const list = lists.get(kind) ?? new SortedList<Slot>(byKey)
  lists.set(kind, list)
  return list
}

function byKey(one: Pick<Slot, 'key'>, other: Pick<Slot, 'key'>): number {
  return one.key < other.key ? -1 : one.key > other.key ? 1 : 0
}

/** A slot to search with. */
function probe(key: string): Slot {
  return { key } as Slot
}
