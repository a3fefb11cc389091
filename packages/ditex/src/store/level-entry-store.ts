import { access, readFile, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { LimitExceededError } from '@srwan/interface'
import { MAX_SEQ } from '../entry/bounds.ts'
import { copyReadable } from './copy-readable.ts'
import { diskFull, messageOf, throwUnlessDamage, writeError } from './level-errors.ts'
import { RECORD_HEAD, entryValue, recordOf } from './record-value.ts'
import { FIRST_EPOCH_KEY, LAST_EPOCH_KEY, entryKey, epochKey, forkKey, noteKey, ownKey } from './store-keys.ts'
import type { Logger } from '@srwan/interface'
import type { Level } from 'level'
import type { EntryStore, LogPlaceKey, RecordPlace, StoreChange, StoreDamage, StoredRecord } from './entry-store.ts'

/** Records in one chunk of a reading. */
const CHUNK = 1000
/** Most findings kept; the log has the rest. */
const MAX_DAMAGE = 64
/** Room on the disk that LevelDB needs to open after a failed write: its log as a table, a new log, a manifest. */
const ROOM_TO_OPEN = 12 * 1024 * 1024
/** Octets of one chunk. */
const CHUNK_OCTETS = 1024 * 1024
/** Cache and unwritten table of one database. */
const CACHE_SIZE = 8 * 1024 * 1024
/** LevelDB's own report of what it could not read while opening. */
const REPORT = 'LOG'
const DAMAGE_LINE = /dropping \d+ bytes|Ignoring error|Corruption:/
/** Where an unreadable store is put aside; one is kept. */
const ASIDE = '.damaged'
/** Where sound records are copied to; it takes the store's place once it is whole. */
const RENEWED = '.renewed'
const RETIRED = '.retired'

type Db = Level<Uint8Array, Uint8Array>

/**
 * Loaded when a store is opened and not before: it is native code, and systems that it does not know are told so by whoever starts the node.
 * By its default export, which is the whole of a CommonJS module: a bundle in several files has no names of it.
 */
const nativeLevel = async (): Promise<{ readonly Level: typeof Level }> => ((await import('level')) as unknown as { readonly default: { readonly Level: typeof Level } }).default

/** What a store on disk works with. */
export interface LevelEntryStoreComponents {
  readonly logger: Logger
}

/** Entries in a LevelDB: one batch is one atomic record of its log. */
export class LevelEntryStore implements EntryStore {
  readonly damaged: StoreDamage[] = []
  lost = false
  readonly #location: string
  readonly #logger: Logger
  #db: Db | undefined
  /** A write failed: LevelDB takes no other before it is opened again. */
  #broken = false

  /** @param location - a directory of its own */
  constructor(location: string, { logger }: LevelEntryStoreComponents) {
    this.#location = location
    this.#logger = logger
  }

  async open(): Promise<void> {
    if (this.#db !== undefined) return
    await this.#takeRenewed()
    try {
      this.#db = await this.#openOnce()
    } catch (cause) {
      throwUnlessDamage(cause)
      await this.#repair(cause)
    }
    await this.#readReport()
  }

  async close(): Promise<void> {
    const db = this.#db
    this.#db = undefined
    await db?.close()
  }

  async write(changes: readonly StoreChange[], sync: boolean): Promise<void> {
    if (this.#broken) await this.#reopen()
    try {
      await this.#open().batch(changes.map(operation), { sync })
    } catch (cause) {
      this.#broken = true
      throw writeError(cause)
    }
  }

  async *records(): AsyncIterable<readonly StoredRecord[]> {
    let from: Uint8Array = FIRST_EPOCH_KEY
    for (let renewed = false; ; renewed = true) {
      try {
        for await (const { last, records } of this.#read(from)) {
          yield records
          // A renewed store goes on behind what was given already.
          from = Buffer.concat([last, Buffer.of(0)])
        }
        return
      } catch (cause) {
        throwUnlessDamage(cause)
        this.#find(this.#location, `not all of it can be read: ${messageOf(cause)}`)
        if (renewed) await this.#setAside(cause)
        else await this.renew()
      }
    }
  }

  async entry(place: RecordPlace): Promise<Uint8Array | undefined> {
    return (await this.#open().get(entryKey(place)))?.subarray(RECORD_HEAD)
  }

  async many(places: readonly RecordPlace[]): Promise<readonly (Uint8Array | undefined)[]> {
    const values = await this.#open().getMany(places.map(entryKey))
    return values.map((value) => value?.subarray(RECORD_HEAD))
  }

  async entries(place: LogPlaceKey, fromSeq: number, limit: number): Promise<readonly Uint8Array[]> {
    const last = Math.min(MAX_SEQ, fromSeq + limit - 1)
    if (last < fromSeq) return []
    const values = await this.#open()
      .values({ gte: entryKey({ ...place, seq: fromSeq }), lte: entryKey({ ...place, seq: last }) })
      .all()
    return values.map((value) => value.subarray(RECORD_HEAD))
  }

  async fork(place: LogPlaceKey, incarnation: number): Promise<Uint8Array | undefined> {
    return this.#open().get(forkKey(place, incarnation))
  }

  async note(epoch: number, name: string): Promise<Uint8Array | undefined> {
    return this.#open().get(noteKey(epoch, name))
  }

  async own(name: string): Promise<Uint8Array | undefined> {
    return this.#open().get(ownKey(name))
  }

  async dropBefore(epoch: number): Promise<void> {
    if (this.#broken) await this.#reopen()
    try {
      await this.#open().clear({ gte: FIRST_EPOCH_KEY, lt: epochKey(epoch) })
    } catch (cause) {
      this.#broken = true
      throw writeError(cause)
    }
  }

  async size(): Promise<number> {
    return (this.#open() as unknown as { approximateSize: (start: Uint8Array, end: Uint8Array) => Promise<number> }).approximateSize(Buffer.alloc(0), Buffer.alloc(8, 0xff))
  }

  /** LevelDB trusts its tables: a key that damage put into disorder would end the process when tables are merged. So nothing damaged stays in them. */
  async renew(): Promise<void> {
    const { Level } = await nativeLevel()
    const location = `${this.#location}${RENEWED}`
    await rm(location, { recursive: true, force: true })
    const copy: Db = new Level(location, { keyEncoding: 'view', valueEncoding: 'view', cacheSize: CACHE_SIZE })
    try {
      await copy.open()
      await copyReadable(this.#open(), copy)
    } catch (cause) {
      await copy.close()
      await rm(location, { recursive: true, force: true })
      throw writeError(cause)
    }
    await copy.close()
    await this.close()
    await rm(`${this.#location}${RETIRED}`, { recursive: true, force: true })
    await rename(this.#location, `${this.#location}${RETIRED}`)
    await this.#takeRenewed()
    await rm(`${this.#location}${RETIRED}`, { recursive: true, force: true })
    this.#db = await this.#openOnce()
  }

  /** The old files move away only after the copy is whole: where they are not in their place, the copy is the store. */
  async #takeRenewed(): Promise<void> {
    const exists = (path: string): Promise<boolean> =>
      access(path).then(
        () => true,
        () => false
      )
    if ((await exists(join(this.#location, 'CURRENT'))) || !(await exists(join(`${this.#location}${RENEWED}`, 'CURRENT')))) return
    await rm(this.#location, { recursive: true, force: true })
    await rename(`${this.#location}${RENEWED}`, this.#location)
  }

  #open(): Db {
    if (this.#db === undefined) throw new LimitExceededError('the store of entries is closed')
    return this.#db
  }

  async #openOnce(): Promise<Db> {
    const { Level } = await nativeLevel()
    const db: Db = new Level(this.#location, { keyEncoding: 'view', valueEncoding: 'view', cacheSize: CACHE_SIZE })
    await db.open()
    return db
  }

  async *#read(from: Uint8Array): AsyncIterable<{ readonly last: Uint8Array; readonly records: readonly StoredRecord[] }> {
    const iterator = this.#open().iterator({ gte: from, lt: LAST_EPOCH_KEY, fillCache: false, highWaterMarkBytes: CHUNK_OCTETS })
    try {
      for (let next = iterator.nextv(CHUNK); ; ) {
        const pairs = await next
        if (pairs.length === 0) return
        // LevelDB reads on its own thread while these are looked at.
        next = iterator.nextv(CHUNK)
        next.catch(() => {})
        const records: StoredRecord[] = []
        for (const [key, value] of pairs) {
          const record = recordOf(key, value)
          if (record === 'damaged') this.#find(`a record of ${this.#location}`, 'its key or its length is none that was written')
          else if (record !== undefined) records.push(record)
        }
        yield { last: pairs[pairs.length - 1]![0], records }
      }
    } finally {
      await iterator.close()
    }
  }

  /** After a failed write, once there is room: what was acknowledged is in the log and is read from there. */
  async #reopen(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#location)
    if (bavail * bsize < ROOM_TO_OPEN) throw diskFull()
    await this.close()
    try {
      this.#db = await this.#openOnce()
    } catch (cause) {
      throwUnlessDamage(cause)
      await this.#repair(cause)
    }
    this.#broken = false
    this.#logger.info('the store of entries takes writes again')
  }

  /** LevelDB's repair keeps every record that it can read. */
  async #repair(cause: unknown): Promise<void> {
    this.#find(this.#location, `unreadable, repaired: ${messageOf(cause)}`)
    try {
      const { Level } = await nativeLevel()
      await (Level as unknown as { repair: (location: string) => Promise<void> }).repair(this.#location)
      this.#db = await this.#openOnce()
    } catch (again) {
      throwUnlessDamage(again)
      await this.#setAside(again)
    }
  }

  /** Nothing can be read: begins anew; what others hold is fetched again. */
  async #setAside(cause: unknown): Promise<void> {
    this.#find(this.#location, `beyond repair, put aside as ${this.#location}${ASIDE}: ${messageOf(cause)}`)
    await this.close()
    await rm(`${this.#location}${ASIDE}`, { recursive: true, force: true })
    await rename(this.#location, `${this.#location}${ASIDE}`)
    this.lost = true
    this.#db = await this.#openOnce()
  }

  /** What LevelDB left out of its log without an error is said in its report only. */
  async #readReport(): Promise<void> {
    const report = await readFile(join(this.#location, REPORT), 'utf8').catch(() => '')
    const lines = report.split('\n').filter((line) => DAMAGE_LINE.test(line))
    for (const line of lines) this.#find(this.#location, `LevelDB left something out: ${line.replace(/^\S+ \S+ /, '')}`)
  }

  #find(what: string, finding: string): void {
    this.#logger.warn('damaged store', { what, finding })
    if (this.damaged.length < MAX_DAMAGE) this.damaged.push({ what, finding })
  }
}

type Operation = { readonly type: 'put'; readonly key: Uint8Array; readonly value: Uint8Array } | { readonly type: 'del'; readonly key: Uint8Array }

function operation(change: StoreChange): Operation {
  switch (change.type) {
    case 'put-entry':
      return { type: 'put', key: entryKey(change.place), value: entryValue(change) }
    case 'delete-entry':
      return { type: 'del', key: entryKey(change.place) }
    case 'put-fork':
      return { type: 'put', key: forkKey(change.place, change.incarnation), value: change.proof }
    case 'put-note':
      return { type: 'put', key: noteKey(change.epoch, change.name), value: change.value }
    case 'put-own':
      return { type: 'put', key: ownKey(change.name), value: change.value }
  }
}
