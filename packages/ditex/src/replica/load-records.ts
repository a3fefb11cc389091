import { authorOfKey } from '../entry/author-name.ts'
import { parseKnownEntry } from '../entry/parsed-entry.ts'
import { LogState, equalOctets } from '../log/log-state.ts'
import { verifyForkProof } from '../log/fork-proof.ts'
import type { LogPlace } from '@srwan/interface'
import type { ParsedEntry } from '../entry/parsed-entry.ts'
import type { LogTable } from '../log/log-table.ts'
import type { LogPlaceKey, StoreChange, StoreDamage, StoredRecord } from '../store/entry-store.ts'
import type { HeldView } from '../view/held-view.ts'
import type { ForkRegister } from './fork-register.ts'
import type { VerifyByKey } from './replica.ts'

/** Most findings that are kept; the log has the rest. */
export const MAX_FINDINGS = 64
/** Changes of one repairing write. */
const REPAIR_BATCH = 1000

type EntryRecord = Extract<StoredRecord, { type: 'entry' }>

/** What a store's records are loaded into. */
export interface LoadTarget {
  readonly network: string
  readonly verify: VerifyByKey
  readonly logs: LogTable
  readonly forks: ForkRegister
  readonly view: HeldView
}

/** Rebuilds logs and views from records in the order of their keys, checking every hash chain. What does not fit is named and taken out, so that it is fetched again. */
export class RecordLoader {
  readonly findings: StoreDamage[] = []
  /** Records that must go. */
  readonly #repairs: StoreChange[] = []
  readonly #target: LoadTarget
  #log: LogState | undefined
  /** The log in which something is missing: what follows there cannot be checked. */
  #broken: LogState | undefined
  entries = 0
  dropped = 0

  constructor(target: LoadTarget) {
    this.#target = target
  }

  add(record: StoredRecord): void {
    if (record.type === 'fork') this.#addFork(record.place, record.proof)
    else this.#addEntry(record)
  }

  /** Repairs to write, in bounded batches. */
  *repairs(): IterableIterator<readonly StoreChange[]> {
    for (let at = 0; at < this.#repairs.length; at += REPAIR_BATCH) yield this.#repairs.slice(at, at + REPAIR_BATCH)
  }

  #addFork(key: LogPlaceKey, encoded: Uint8Array): void {
    const proof = verifyForkProof(encoded, this.#target.network, this.#target.verify)
    const place = placeOfKey(key)
    if (proof === undefined || proof.place.author !== place.author || proof.place.epoch !== place.epoch || proof.place.scope !== place.scope) {
      this.#find(`the fork proof of ${nameOf(place)}`, 'it does not prove what it is filed under')
      return
    }
    this.#target.forks.add(proof)
    const log = this.#target.logs.get(proof.place) ?? new LogState(proof.place, key.author.slice(), proof.incarnation)
    this.#target.logs.set(log)
    if (proof.incarnation > log.incarnation) log.restart(proof.incarnation)
    if (proof.incarnation === log.incarnation && (log.forkedAt === undefined || proof.seq < log.forkedAt)) log.fork(proof.seq)
  }

  #addEntry(record: EntryRecord): void {
    const parsed = record.intact ? parseKnownEntry(record.encoded) : undefined
    const log = this.#logOf(record.place)
    if (this.#broken === log) return this.#discard(record)
    if (parsed === undefined) {
      return this.#breakAt(log, record, 'its octets are not those that were written')
    }
    if (parsed.seq === 0 && parsed.incarnation > log.incarnation) log.restart(parsed.incarnation)
    if (log.forkedAt !== undefined && parsed.seq >= log.forkedAt && parsed.incarnation === log.incarnation) return
    const wrong = mismatch(record, parsed, log)
    if (wrong !== undefined) return this.#breakAt(log, record, wrong)
    log.append(record.stamp)
    this.entries++
    this.#target.view.add(parsed)
  }

  /** The log of a record; records of one log follow each other. */
  #logOf(key: LogPlaceKey): LogState {
    const last = this.#log
    if (last !== undefined && last.place.epoch === key.epoch && last.place.scope === key.scope && equalOctets(last.authorKey, key.author)) return last
    const place = placeOfKey(key)
    this.#log = this.#target.logs.get(place) ?? new LogState(place, key.author.slice())
    this.#target.logs.set(this.#log)
    return this.#log
  }

  #breakAt(log: LogState, record: EntryRecord, finding: string): void {
    this.#broken = log
    this.#find(`entry ${record.place.seq} of ${nameOf(log.place)}`, finding)
    this.#discard(record)
  }

  #discard(record: EntryRecord): void {
    this.dropped++
    this.#repairs.push({ type: 'delete-entry', place: { ...record.place, author: record.place.author.slice() } })
  }

  #find(what: string, finding: string): void {
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ what, finding })
  }
}

function mismatch(record: EntryRecord, parsed: ParsedEntry, log: LogState): string | undefined {
  const { place } = record
  if (parsed.epoch !== place.epoch || parsed.scope !== place.scope || parsed.seq !== place.seq || !equalOctets(place.author, parsed.encoded)) return 'it is filed in another place'
  if (parsed.seq !== log.length) return `the entry ${log.length} before it is missing`
  if (parsed.incarnation !== log.incarnation) return 'it is of another incarnation'
  return parsed.prev !== undefined && log.agrees(parsed.seq - 1, parsed.prev) !== true ? 'it does not follow the entry before it' : undefined
}

function placeOfKey(key: LogPlaceKey): LogPlace {
  return { scope: key.scope, epoch: key.epoch, author: authorOfKey(key.author) }
}

function nameOf(place: LogPlace): string {
  return `the ${place.scope} log of ${place.author} in epoch ${place.epoch}`
}
