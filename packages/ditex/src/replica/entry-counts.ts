import type { EntryStore, StoreChange, StoreDamage, StoredRecord } from '../store/entry-store.ts'

/** Name of the note that says how many records of entries an epoch has. */
const NOTE = 'entries'
const NOTE_LENGTH = 4

/**
 * How many entries the store should have, by epoch, written in the same batch as they are. LevelDB hides keys that damage put into disorder, and nothing else would miss the last ones of a log.
 * Epochs with a fork proof are left out: entries behind a fork stay or go by what is anchored.
 */
export class EntryCounts {
  #counts = new Map<number, number>()
  /** Read at the start. */
  readonly #loaded = new Map<number, number>()
  readonly #forked = new Set<number>()

  /** Counts what a store gives at its start. */
  load(records: readonly StoredRecord[]): void {
    for (const { type, place } of records) {
      if (type === 'entry') this.#loaded.set(place.epoch, (this.#loaded.get(place.epoch) ?? 0) + 1)
      else this.#forked.add(place.epoch)
    }
  }

  /** Compares with what was noted, once all is loaded. */
  async missing(store: Pick<EntryStore, 'note'>, epochs: readonly number[]): Promise<readonly StoreDamage[]> {
    const findings: StoreDamage[] = []
    for (const epoch of epochs) {
      const loaded = this.#loaded.get(epoch) ?? 0
      this.#counts.set(epoch, loaded)
      const noted = numberOf(await store.note(epoch, NOTE))
      if (noted !== undefined && noted !== loaded && !this.#forked.has(epoch))
        findings.push({ what: `the entries of epoch ${epoch}`, finding: `${loaded} are there where ${noted} were written` })
    }
    this.#loaded.clear()
    return findings
  }

  /** Notes for epochs as they are counted now. */
  notes(epochs: readonly number[]): readonly StoreChange[] {
    return epochs.map((epoch) => noteOf(epoch, this.#counts.get(epoch) ?? 0))
  }

  /** The changes with the notes that belong to them, and what is to be called once they are written. */
  with(changes: readonly StoreChange[]): { readonly changes: readonly StoreChange[]; readonly written: () => void } {
    const counts = new Map<number, number>()
    for (const change of changes) {
      if (change.type !== 'put-entry' && change.type !== 'delete-entry') continue
      const { epoch } = change.place
      counts.set(epoch, Math.max(0, (counts.get(epoch) ?? this.#counts.get(epoch) ?? 0) + (change.type === 'put-entry' ? 1 : -1)))
    }
    return {
      changes: [...changes, ...[...counts].map(([epoch, count]) => noteOf(epoch, count))],
      written: () => {
        for (const [epoch, count] of counts) this.#counts.set(epoch, count)
      }
    }
  }

  dropBefore(epoch: number): void {
    for (const counts of [this.#counts, this.#loaded]) for (const counted of [...counts.keys()]) if (counted < epoch) counts.delete(counted)
  }
}

function noteOf(epoch: number, count: number): StoreChange {
  const value = Buffer.alloc(NOTE_LENGTH)
  value.writeUInt32BE(count)
  return { type: 'put-note', epoch, name: NOTE, value }
}

function numberOf(value: Uint8Array | undefined): number | undefined {
  return value?.length === NOTE_LENGTH ? Buffer.from(value.buffer, value.byteOffset, NOTE_LENGTH).readUInt32BE() : undefined
}
