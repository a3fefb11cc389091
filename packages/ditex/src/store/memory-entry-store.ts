import { RECORD_HEAD, entryValue, recordOf } from './record-value.ts'
import { entryKey, epochKey, forkKey, noteKey, ownKey } from './store-keys.ts'
import type { EntryStore, LogPlaceKey, RecordPlace, StoreChange, StoreDamage, StoredRecord } from './entry-store.ts'

/** Records in one chunk of a reading. */
const CHUNK = 1000

/** Entries in memory: for tests, simulations and nodes that need not remember. */
export class MemoryEntryStore implements EntryStore {
  readonly damaged: readonly StoreDamage[] = []
  readonly lost = false
  readonly #records = new Map<string, Uint8Array>()

  open(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  write(changes: readonly StoreChange[]): Promise<void> {
    for (const change of changes) this.#apply(change)
    return Promise.resolve()
  }

  renew(): Promise<void> {
    return Promise.resolve()
  }

  async *records(): AsyncIterable<readonly StoredRecord[]> {
    const first = nameOf(epochKey(0))
    const names = [...this.#records.keys()].filter((name) => name >= first && name[0] === first[0]).sort(byOctets)
    for (let at = 0; at < names.length; at += CHUNK) {
      const chunk = names.slice(at, at + CHUNK).map((name) => recordOf(Buffer.from(name, 'latin1'), this.#records.get(name)!))
      yield chunk.filter((record) => record !== undefined && record !== 'damaged')
    }
  }

  many(places: readonly RecordPlace[]): Promise<readonly (Uint8Array | undefined)[]> {
    return Promise.all(places.map((place) => this.entry(place)))
  }

  entry(place: RecordPlace): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#get(entryKey(place))?.subarray(RECORD_HEAD))
  }

  async entries(place: LogPlaceKey, fromSeq: number, limit: number): Promise<readonly Uint8Array[]> {
    const entries: Uint8Array[] = []
    for (let seq = fromSeq; entries.length < limit && seq <= 0xff; seq++) {
      const entry = await this.entry({ ...place, seq })
      if (entry === undefined) break
      entries.push(entry)
    }
    return entries
  }

  fork(place: LogPlaceKey, incarnation: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#get(forkKey(place, incarnation)))
  }

  note(epoch: number, name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#get(noteKey(epoch, name)))
  }

  own(name: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#get(ownKey(name)))
  }

  dropBefore(epoch: number): Promise<void> {
    const [first, end] = [nameOf(epochKey(0)), nameOf(epochKey(epoch))]
    for (const name of [...this.#records.keys()]) if (name >= first && name < end) this.#records.delete(name)
    return Promise.resolve()
  }

  size(): Promise<number> {
    let octets = 0
    for (const [name, value] of this.#records) octets += name.length + value.length
    return Promise.resolve(octets)
  }

  #get(key: Buffer): Uint8Array | undefined {
    return this.#records.get(nameOf(key))
  }

  #apply(change: StoreChange): void {
    if (change.type === 'put-entry') this.#records.set(nameOf(entryKey(change.place)), entryValue(change))
    else if (change.type === 'delete-entry') this.#records.delete(nameOf(entryKey(change.place)))
    else if (change.type === 'put-fork') this.#records.set(nameOf(forkKey(change.place, change.incarnation)), change.proof.slice())
    else if (change.type === 'put-note') this.#records.set(nameOf(noteKey(change.epoch, change.name)), change.value.slice())
    else this.#records.set(nameOf(ownKey(change.name)), change.value.slice())
  }
}

/** One character per octet: such texts sort as the octets do. */
function nameOf(key: Buffer): string {
  return key.toString('latin1')
}

function byOctets(one: string, other: string): number {
  return one < other ? -1 : 1
}
