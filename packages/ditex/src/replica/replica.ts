import type {
  AuthorRoster,
  Clock,
  ComponentLogger,
  EventSource,
  ForkProof,
  LogHead,
  LogPlace,
  LogScope,
  Milliseconds,
  PeerIdText,
  Random,
  SignedEntry,
  Startable
} from '@srwan/interface'
import type { EntryStore, StoreDamage } from '../store/entry-store.ts'
import type { EntryView } from '../view/entry-view.ts'

/** Why an entry was not taken: what it says, never where it comes from. */
export type RefusalReason =
  /** Not an encoded entry: length, canonical form, bounds. */
  | 'malformed'
  /** The signature does not verify. */
  | 'bad-signature'
  /** The author is not in the roster of the epoch as this replica knows it. Not remembered: it may be offered again. */
  | 'unknown-author'
  /** Of an epoch that is gone or has not come. It may be offered again. */
  | 'untimely'
  /** The log counts under a greater incarnation. */
  | 'superseded'
  /** The entry comes early and the waiting room of its log, or of all, is full. */
  | 'waiting-room-full'

/** What became of an offered entry. */
export type OfferOutcome =
  /** Taken: it and whatever waited for it are stored. */
  | { readonly outcome: 'accepted' }
  /** Held already, or waiting already. */
  | { readonly outcome: 'known' }
  /** Waits in bounded memory for the entries from `missingFrom` on. */
  | { readonly outcome: 'early'; readonly place: LogPlace; readonly missingFrom: number }
  /** Proves a fork, or lies behind one; not taken. */
  | { readonly outcome: 'forked'; readonly place: LogPlace; readonly seq: number }
  | { readonly outcome: 'refused'; readonly reason: RefusalReason }

/** How to take what is offered. */
export interface OfferOptions {
  /** Resolve only when the disk has it. @default false: the entries of others can be fetched again */
  readonly durable?: boolean
  /** The caller made the signatures itself: they are not checked. @default false */
  readonly trusted?: boolean
}

/** An entry that has just been stored. `encoded` is what is sent on. */
export interface AcceptedEntry {
  readonly signed: SignedEntry
  readonly encoded: Uint8Array
}

/** The head of a log after a change. */
export interface HeadChange extends LogHead {
  /** Where the log was known before. */
  readonly before?: LogHead
}

/** What a replica tells. All events of one batch come after its write, in the order in which the entries were taken. */
export interface ReplicaEvents {
  /** A log goes on, forks, or begins under a greater incarnation: the leaf of its author changed. */
  head: HeadChange
  accepted: AcceptedEntry
  /** A fork that was not known, or known only later in the log. */
  fork: ForkProof
  /** The wall clock entered an epoch. */
  epoch: { readonly epoch: number }
  /** Everything before `before` was dropped. */
  pruned: { readonly before: number }
}

/** What came of looking for an entry. */
export interface Search {
  /** Encoded; absent where none that counts is held. */
  readonly found?: Uint8Array
  /** How many entries were looked at for it, in memory. */
  readonly scanned: number
}

/** What arrived since a cursor, in order of arrival. */
export interface Arrivals {
  /** Where to go on. */
  readonly cursor: number
  /** Whether more had arrived than asked for. */
  readonly more: boolean
  /** Encoded entries that still count. */
  readonly entries: readonly Uint8Array[]
  readonly forks: readonly ForkProof[]
}

/** A replica: the entries of DiTEx as one peer holds them. It joins what it is offered; nothing about it depends on order. */
export interface Replica extends EventSource<ReplicaEvents>, Startable {
  /** Network id, part of every signature. */
  readonly network: string
  /** 16 octets drawn at each start: cursors count only under the instance that gave them. */
  readonly instance: Uint8Array
  readonly view: EntryView
  /** What was found damaged at start and dropped, so that it is fetched again; bounded. */
  readonly damaged: readonly StoreDamage[]

  currentEpoch: () => number
  /** Epochs of which anything is held, ascending. */
  epochs: () => readonly number[]

  /**
   * Joins encoded entries, in the order given; one batch of the store.
   *
   * @param encoded - at most {@link MAX_OFFERED}
   * @returns one outcome for each entry, in order
   * @throws UnavailableResourceError `ERR_DISK_FULL`: nothing of the batch is taken · LimitExceededError where too many are offered or wait
   */
  offer: (encoded: readonly Uint8Array[], options?: OfferOptions) => Promise<readonly OfferOutcome[]>
  /**
   * Joins a fork proof as `encodeForkProof` wrote it.
   *
   * @throws as {@link Replica.offer}
   */
  offerForkProof: (encoded: Uint8Array) => Promise<OfferOutcome>

  /** `undefined` where no entry and no fork of that log is known. */
  head: (place: LogPlace) => LogHead | undefined
  /** Is the entry that a head ends with held here? Also where the log counts under a greater incarnation, or its author forked below it: nothing else is to be had of it. */
  holds: (head: LogHead) => boolean
  /** All heads of one scope and epoch, in no particular order. */
  heads: (scope: LogScope, epoch: number) => readonly LogHead[]
  /** Encoded entries of one log from `fromSeq` on, in order. */
  entries: (place: LogPlace, fromSeq?: number, limit?: number) => Promise<readonly Uint8Array[]>
  /**
   * The entry of a CID.
   *
   * @param digest - SHA-256 of the signed bytes
   */
  find: (digest: Uint8Array) => Promise<Search>
  /** The entry at one position; `undefined` where it is not held. */
  entry: (place: LogPlace, seq: number) => Promise<SignedEntry | undefined>
  forkProof: (place: LogPlace) => Promise<ForkProof | undefined>
  /** First epoch from which the author counts as forked; `undefined` for the honest. */
  forkedSince: (author: PeerIdText) => number | undefined

  /** Count of arrivals of a scope so far: the cursor to ask with next time. */
  cursor: (scope: LogScope) => number
  /** @returns `undefined` where the cursor is too old or not of this instance: compare heads instead */
  since: (scope: LogScope, cursor: number, limit?: number) => Promise<Arrivals | undefined>

  /** The root of the epoch is anchored: what it covers is kept even if its author forks. */
  setAnchored: (epoch: number) => void
  /** Drops all epochs before one. Done by itself as epochs pass. */
  prune: (before: number) => Promise<void>
}

/** Most entries in one call of {@link Replica.offer}. */
export const MAX_OFFERED = 4096

/** Checks an Ed25519 signature by a raw public key; never throws. */
export type VerifyByKey = (publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean

/** What a replica works with. */
export interface ReplicaComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
  readonly roster: AuthorRoster
  readonly store: EntryStore
  /** @default `verifyWith` of `@srwan/wire` */
  readonly verify?: VerifyByKey
}

/** Knobs of a replica. */
export interface ReplicaInit {
  /** Network id. */
  readonly network: string
  /** @default {@link DEFAULT_EPOCH_LENGTH} */
  readonly epochLength?: Milliseconds
}
