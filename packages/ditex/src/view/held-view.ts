import { Listeners } from '@srwan/interface'
import { RecentCache } from '@srwan/wire'
import { authorOfKey } from '../entry/author-name.ts'
import { AuthorSlots } from './author-slots.ts'
import { compareTexts } from './compare-texts.ts'
import { HeldRecord } from './held-record.ts'
import { OfferIndex } from './offer-index.ts'
import { LISTING_KIND, OfferRecord, offerIn } from './offer-record.ts'
import { ROUTER_KIND, RouterLocations, locationOf } from './router-locations.ts'
import { SortedList } from './sorted-list.ts'
import type { LogPlace, PeerIdText, SignedEntry } from '@srwan/interface'
import type { ParsedEntry } from '../entry/parsed-entry.ts'
import type { EntryView, RouterLocation, ViewChange, ViewRecord } from './entry-view.ts'
import type { Slot } from './held-record.ts'
import type { Offer } from './offer-record.ts'
import type { OffersBetween } from './offer-index.ts'

/** Kinds of which the text is kept once. */
const MAX_KINDS = 128
/** SIDs in offers of which the text is kept once. */
const MAX_ENDS = 65_536

/** How a view reads entries. */
export interface ViewSource {
  readonly entry: (place: LogPlace, seq: number) => Promise<SignedEntry | undefined>
  readonly encoded: (records: readonly (LogPlace & { readonly seq: number })[]) => Promise<readonly (Uint8Array | undefined)[]>
}

/** The live state of a replica and its indexes. Fed by the replica, in the order of its writes; everything in it is a function of the entries held and the epoch. */
export class HeldView implements EntryView {
  readonly #listeners = new Listeners<{ change: ViewChange }>()
  readonly #source: ViewSource
  readonly #authors = new Map<PeerIdText, AuthorSlots>()
  readonly #kinds = new Map<string, SortedList<Slot>>()
  /** Records by the epoch in which they expire, and by their own. */
  readonly #expiring = new Map<number, HeldRecord[]>()
  readonly #byEpoch = new Map<number, HeldRecord[]>()
  readonly #names = new RecentCache<string, string>(MAX_KINDS)
  readonly #ends = new RecentCache<string, string>(MAX_ENDS)
  readonly #offers = new OfferIndex()
  readonly #locations = new RouterLocations()
  readonly #said = new Map<HeldRecord, RouterLocation>()
  #epoch: number
  #size = 0
  /** While a store is read, sorting waits until all is there. */
  #loading: Map<string, Slot[]> | undefined = new Map()

  constructor(source: ViewSource, epoch: number) {
    this.#source = source
    this.#epoch = epoch
  }

  on(name: 'change', listener: (event: ViewChange) => void): void {
    this.#listeners.on(name, listener)
  }

  off(name: 'change', listener: (event: ViewChange) => void): void {
    this.#listeners.off(name, listener)
  }

  get size(): number {
    return this.#size
  }

  /** Everything stored has been added: sorts the indexes. */
  loaded(): void {
    for (const [kind, slots] of this.#loading ?? []) {
      const sorted = this.#sorted(kind)
      sorted.fill(slots.filter(({ winner }) => winner !== undefined))
      // In the order of the whole kind each author's are in order, too: nothing is sorted twice.
      for (const slot of sorted.from()) this.#authors.get(slot.author)?.load(slot)
    }
    this.#loading = undefined
  }

  /** Adds an entry that counts; checkpoints say nothing that a view shows. */
  add(entry: ParsedEntry): void {
    if (entry.seq === 0) return
    const slot = this.#slot(entry)
    const record = this.#recordOf(slot, entry)
    insertByAge(slot, record)
    push(this.#byEpoch, record.epoch, record)
    push(this.#expiring, record.expiry, record)
    if (slot.kind === ROUTER_KIND && !entry.takesBack) this.#said.set(record, locationOf(slot.author, entry.bytes))
    this.#settle(slot)
  }

  /** Takes out what one log says from a position on. */
  drop(place: LogPlace, incarnation: number, fromSeq: number): void {
    const dropped = (record: HeldRecord): boolean => record.epoch === place.epoch && record.scope === place.scope && record.incarnation === incarnation && record.seq >= fromSeq
    for (const slot of [...(this.#authors.get(place.author)?.all() ?? [])]) this.#removeWhere(slot, dropped)
  }

  /** Epochs before one are gone. */
  prune(before: number): void {
    for (const [epoch, records] of [...this.#byEpoch]) {
      if (epoch >= before) continue
      this.#byEpoch.delete(epoch)
      for (const { slot } of records) this.#removeWhere(slot, (record) => record.epoch < before)
    }
  }

  /** The wall clock entered an epoch: what expired no longer counts. */
  enter(epoch: number): void {
    if (epoch <= this.#epoch) return
    this.#epoch = epoch
    for (const [expiry, records] of [...this.#expiring]) {
      if (expiry > epoch) continue
      this.#expiring.delete(expiry)
      for (const { slot } of records) this.#settle(slot)
    }
  }

  *byKind(kind: string, after?: { readonly key: string; readonly author: PeerIdText }): IterableIterator<ViewRecord> {
    const start = after === undefined ? undefined : probe(after.key, after.author)
    for (const slot of this.#kinds.get(kind)?.from(start) ?? []) if (slot.winner !== undefined && (start === undefined || inOrder(start, slot) !== 0)) yield slot.winner
  }

  *byKeyPrefix(kind: string, prefix: string): IterableIterator<ViewRecord> {
    for (const slot of this.#kinds.get(kind)?.from(probe(prefix, '')) ?? []) {
      if (!slot.key.startsWith(prefix)) return
      if (slot.winner !== undefined) yield slot.winner
    }
  }

  *byKey(kind: string, key: string): IterableIterator<ViewRecord> {
    for (const slot of this.#kinds.get(kind)?.from(probe(key, '')) ?? []) {
      if (slot.key !== key) return
      if (slot.winner !== undefined) yield slot.winner
    }
  }

  byAuthor(author: PeerIdText): readonly ViewRecord[] {
    const winners: ViewRecord[] = []
    for (const { winner } of this.#authors.get(author)?.all() ?? []) if (winner !== undefined) winners.push(winner)
    return winners.sort((one, other) => compareTexts(one.kind, other.kind) || compareTexts(one.key, other.key))
  }

  *ofAuthor(author: PeerIdText, kind: string, fromKey: string): IterableIterator<ViewRecord> {
    for (const { winner } of this.#authors.get(author)?.live(kind, fromKey) ?? []) if (winner !== undefined) yield winner
  }

  ofEpochs(kind: string, epochs: { readonly since: number; readonly until: number }, most: number): ViewRecord[] | undefined {
    const held = [...this.#byEpoch].filter(([epoch]) => epoch >= epochs.since && epoch <= epochs.until).map(([, records]) => records)
    if (held.reduce((sum, records) => sum + records.length, 0) > most) return undefined
    return held.flatMap((records) => records.filter((record) => record.slot.winner === record && record.slot.kind === kind))
  }

  get(author: PeerIdText, kind: string, key: string): ViewRecord | undefined {
    return this.#authors.get(author)?.get(kind, key)?.winner
  }

  history(author: PeerIdText, kind: string, key: string): readonly ViewRecord[] {
    const records: ViewRecord[] = []
    for (let record = this.#authors.get(author)?.get(kind, key)?.newest; record !== undefined; record = record.older) records.push(record)
    return records
  }

  kinds(): readonly string[] {
    return [...this.#kinds].flatMap(([kind, slots]) => (slots.size > 0 ? kind : [])).sort()
  }

  location(author: PeerIdText): RouterLocation | undefined {
    return this.#locations.get(author)
  }

  authorsIn(where: { readonly country?: string; readonly city?: string; readonly asn?: number }): readonly PeerIdText[] {
    return this.#locations.find(where)
  }

  offers(from: ReadonlySet<string>, to: ReadonlySet<string>, most: number): OffersBetween {
    return this.#offers.between(from, to, most)
  }

  async read(record: ViewRecord): Promise<SignedEntry | undefined> {
    const signed = await this.#source.entry(record, record.seq)
    return signed?.incarnation === record.incarnation ? signed : undefined
  }

  async readEncoded(records: readonly ViewRecord[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#source.encoded(records)
  }

  #slot(entry: ParsedEntry): Slot {
    const author = authorOfKey(entry.authorKey)
    let slots = this.#authors.get(author)
    if (slots === undefined) {
      slots = new AuthorSlots()
      this.#authors.set(author, slots)
    }
    let slot = slots.get(entry.kind, entry.key)
    if (slot === undefined) {
      slot = { author, kind: this.#name(entry.kind), key: entry.key, newest: undefined, winner: undefined, sibling: undefined }
      slots.add(slot)
      if (this.#loading !== undefined) push(this.#loading, slot.kind, slot)
    }
    return slot
  }

  #recordOf(slot: Slot, entry: ParsedEntry): HeldRecord {
    const offer = slot.kind === LISTING_KIND && !entry.takesBack ? offerIn(entry) : undefined
    return offer === undefined ? new HeldRecord(slot, entry) : new OfferRecord(slot, entry, this.#shared(offer))
  }

  /** One text for each router, however many offers name it. */
  #shared({ from, to, price }: Offer): Offer {
    return { from: this.#ends.get(from, (text) => text), to: this.#ends.get(to, (text) => text), price }
  }

  /** One text for all slots of a kind. */
  #name(kind: string): string {
    return this.#names.get(kind, (name) => name)
  }

  #sorted(kind: string): SortedList<Slot> {
    let slots = this.#kinds.get(kind)
    if (slots === undefined) {
      slots = new SortedList(inOrder)
      this.#kinds.set(kind, slots)
    }
    return slots
  }

  #removeWhere(slot: Slot, gone: (record: HeldRecord) => boolean): void {
    let kept: HeldRecord | undefined
    for (let record = slot.newest; record !== undefined; record = record.older) {
      if (!gone(record)) kept = record
      else {
        this.#said.delete(record)
        if (kept === undefined) slot.newest = record.older
        else kept.older = record.older
      }
    }
    this.#settle(slot)
    if (slot.newest === undefined) this.#forget(slot)
  }

  #forget(slot: Slot): void {
    const slots = this.#authors.get(slot.author)
    slots?.remove(slot)
    if (slots?.isEmpty === true) this.#authors.delete(slot.author)
  }

  /** Finds anew which record of a slot counts, and follows in the indexes. */
  #settle(slot: Slot): void {
    let winner = slot.newest
    while (winner !== undefined && winner.expiry <= this.#epoch) winner = winner.older
    if (winner?.takesBack === true) winner = undefined
    const before = slot.winner
    if (winner === before) return
    slot.winner = winner
    this.#size += (winner === undefined ? 0 : 1) - (before === undefined ? 0 : 1)
    this.#index(slot, before)
    if (this.#loading === undefined) this.#show(slot, before === undefined)
  }

  /** Follows it in the indexes of what entries say. */
  #index({ kind, key, author, winner }: Slot, before: HeldRecord | undefined): void {
    if (kind === LISTING_KIND) this.#offers.replace(before, winner)
    if (kind === ROUTER_KIND && key === '') this.#locations.set(author, winner === undefined ? undefined : this.#said.get(winner))
  }

  /** Follows a change of a winner in what is shown outside. */
  #show(slot: Slot, isNew: boolean): void {
    if (isNew) this.#sorted(slot.kind).add(slot)
    else if (slot.winner === undefined) this.#sorted(slot.kind).remove(slot)
    if (isNew || slot.winner === undefined) this.#authors.get(slot.author)?.follow(slot)
    this.#listeners.emit('change', { author: slot.author, kind: slot.kind, key: slot.key, record: slot.winner })
  }
}

function insertByAge(slot: Slot, record: HeldRecord): void {
  if (slot.newest === undefined || record.isNewerThan(slot.newest)) {
    record.older = slot.newest
    slot.newest = record
    return
  }
  let newer = slot.newest
  while (newer.older !== undefined && newer.older.isNewerThan(record)) newer = newer.older
  record.older = newer.older
  newer.older = record
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

function inOrder(one: Slot, other: Slot): number {
  return compareTexts(one.key, other.key) || compareTexts(one.author, other.author)
}

/** A slot to search with. */
function probe(key: string, author: string): Slot {
  return { author: author as PeerIdText, kind: '', key, newest: undefined, winner: undefined, sibling: undefined }
}
