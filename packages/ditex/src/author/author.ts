import type { Clock, ComponentLogger, LogScope, PeerIdText, SignedEntry, Signer, Startable } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import type { EntryStore } from '../store/entry-store.ts'

/** What a node says; where it goes in its log is the author's part. */
export interface Statement {
  readonly scope: LogScope
  /** 1 to 32 octets of UTF-8, not `checkpoint`. */
  readonly kind: string
  /** At most 128 octets of UTF-8. */
  readonly key: string
  /** Epochs for which it counts, 1 to 192; 192 means for as long as it is not taken back: it is written anew in time. */
  readonly ttl: number
  /** What dag-cbor holds, about 3.8 kB encoded; null takes back, and then counts for as long as anything before it could. */
  readonly body: unknown
}

/** What peers hold of this node's own logs. */
export interface OwnEntries {
  /** Peers that answered: two, or the only one. */
  readonly peers: number
  /** Encoded entries of the logs of the epochs asked for, in any order. */
  readonly entries: readonly Uint8Array[]
  /** Encoded proofs of one's own forks, if there are any. */
  readonly forks: readonly Uint8Array[]
}

/** Asks peers for one's own logs after a restart; replication implements it. */
export interface PeerHeads {
  /**
   * Asks two peers, or the only one there is; waits for peers until aborted and then resolves with what it has.
   *
   * @param fromEpoch - logs of this epoch and later
   */
  fetchOwn: (author: PeerIdText, fromEpoch: number, signal: AbortSignal) => Promise<OwnEntries>
}

/** The node's own logs: the only place where its entries are made. */
export interface Author extends Startable {
  readonly peerId: PeerIdText
  /** Resolves when one's own heads are known and appends begin. */
  readonly ready: Promise<void>
  /** Incarnation of the logs that are begun from now on. */
  readonly incarnation: number
  /**
   * Writes an entry; appends made meanwhile share one synchronous batch.
   *
   * @returns the entry, once the disk has it; nothing leaves the node before
   * @throws MalformedMessageError where the statement is out of bounds · LimitExceededError where the log of the epoch is full, too many appends wait, or the key is used up
   * · UnavailableResourceError `ERR_DISK_FULL`: nothing was written
   */
  append: (statement: Statement) => Promise<SignedEntry>
}

/** What an author works with. */
export interface AuthorComponents {
  readonly clock: Clock
  readonly logger: ComponentLogger
  readonly signer: Signer
  /** Started before the author. */
  readonly replica: Replica
  /** The replica's. */
  readonly store: EntryStore
  readonly peerHeads: PeerHeads
}
