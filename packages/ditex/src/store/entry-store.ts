import type { LogScope } from '@srwan/interface'

/** Something of the store that could not be read or is not what was written; it was dropped. */
export interface StoreDamage {
  /** What is damaged: a file, a record, a log. */
  readonly what: string
  /** How it shows. */
  readonly finding: string
}

/** Where a record is: one entry of one log. */
export interface RecordPlace {
  readonly epoch: number
  readonly scope: LogScope
  /** Raw Ed25519 key, 32 octets. */
  readonly author: Uint8Array
  readonly seq: number
}

/** A log without position, for what is kept once per log. */
export type LogPlaceKey = Omit<RecordPlace, 'seq'>

/** Files an entry. */
export interface PutEntry {
  readonly type: 'put-entry'
  readonly place: RecordPlace
  /** SHA-256 of what was signed, and the first octets of the digest that its CID names. */
  readonly stamp: Uint8Array
  readonly encoded: Uint8Array
}

/** One change of the store; a batch of them happens as a whole or not at all. */
export type StoreChange =
  | PutEntry
  | { readonly type: 'delete-entry'; readonly place: RecordPlace }
  | { readonly type: 'put-fork'; readonly place: LogPlaceKey; readonly incarnation: number; readonly proof: Uint8Array }
  /** What belongs to an epoch and goes with it: sealed roots, anchors. */
  | { readonly type: 'put-note'; readonly epoch: number; readonly name: string; readonly value: Uint8Array }
  | { readonly type: 'put-own'; readonly name: string; readonly value: Uint8Array }

/** What is read at start, in the order epoch, scope, author, seq; fork proofs of an epoch before its entries. */
export type StoredRecord =
  | {
      readonly type: 'entry'
      readonly place: RecordPlace /** Whether the octets are those that were written. */
      readonly intact: boolean
      readonly stamp: Uint8Array
      readonly encoded: Uint8Array
    }
  | { readonly type: 'fork'; readonly place: LogPlaceKey; readonly incarnation: number; readonly proof: Uint8Array }

/** Where a replica keeps its entries. Implementations: Level on disk, and memory. */
export interface EntryStore {
  /** Opens; repairs or sets aside what is damaged. */
  open: () => Promise<void>
  close: () => Promise<void>
  /** What was found damaged so far; bounded. */
  readonly damaged: readonly StoreDamage[]
  /** Whether the store came up empty because an earlier one was unreadable. */
  readonly lost: boolean
  /**
   * One atomic batch.
   *
   * @param sync - resolve only when the disk has it
   * @throws UnavailableResourceError `ERR_DISK_FULL`: nothing was written
   */
  write: (changes: readonly StoreChange[], sync: boolean) => Promise<void>
  /**
   * After damage was found: keeps what is as it was written, in new files. Nobody else may use the store meanwhile.
   *
   * @throws UnavailableResourceError `ERR_DISK_FULL`: all is as it was
   */
  renew: () => Promise<void>
  /** All records in bounded chunks. */
  records: () => AsyncIterable<readonly StoredRecord[]>
  /** `undefined` where it is not held. */
  entry: (place: RecordPlace) => Promise<Uint8Array | undefined>
  /** Entries at many places, in their order: one call of the database instead of one for each. */
  many: (places: readonly RecordPlace[]) => Promise<readonly (Uint8Array | undefined)[]>
  /** Entries of one log from `fromSeq` on, in order. */
  entries: (place: LogPlaceKey, fromSeq: number, limit: number) => Promise<readonly Uint8Array[]>
  fork: (place: LogPlaceKey, incarnation: number) => Promise<Uint8Array | undefined>
  note: (epoch: number, name: string) => Promise<Uint8Array | undefined>
  own: (name: string) => Promise<Uint8Array | undefined>
  /** Drops all epochs before one: a range delete. */
  dropBefore: (epoch: number) => Promise<void>
  /** Octets on disk, roughly. */
  size: () => Promise<number>
}
