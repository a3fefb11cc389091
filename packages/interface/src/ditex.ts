import type { PeerIdText } from './identifiers.ts'
import type { Milliseconds } from './units.ts'

/** How far a log is replicated: to everyone, to the author's group, or (what accuses somebody) to everyone who judges. */
export type LogScope = 'global' | 'group' | 'evidence'

/** What an entry of DiTEx says; its canonical dag-cbor is what is signed, stored and sent. */
export interface LogEntry {
  readonly scope: LogScope
  /** Number of the epoch: whole epochs of the network since 1970. */
  readonly epoch: number
  /** Position in the log of (author, incarnation, scope, epoch), from 0; 0 is a checkpoint. */
  readonly seq: number
  /** Hash of the entry before it in the same log; `undefined` at 0. */
  readonly prev: Uint8Array | undefined
  readonly kind: string
  /** What of its kind it is about; the last writer wins per (author, kind, key). */
  readonly key: string
  /** Epochs for which it counts, its own included. */
  readonly ttl: number
  /** What dag-cbor can hold; `null` takes back what was said under this kind and key. */
  readonly body: unknown
}

/** An entry with what proves it. */
export interface SignedEntry {
  readonly author: PeerIdText
  /** 0 to 15: raised by a node that was restored from a backup and cannot learn how its log went on. */
  readonly incarnation: number
  readonly entry: LogEntry
  /** Canonical dag-cbor of `entry`, as signed. */
  readonly bytes: Uint8Array
  /** Ed25519, 64 octets. */
  readonly signature: Uint8Array
  /** SHA-256 of what is signed: binds network, author, incarnation and bytes. */
  readonly hash: Uint8Array
}

/** Where a log is. */
export interface LogPlace {
  readonly scope: LogScope
  readonly epoch: number
  readonly author: PeerIdText
}

/** How far a log goes at some replica. */
export interface LogHead extends LogPlace {
  readonly incarnation: number
  /** Of the last entry that counts; −1 where a fork left none. */
  readonly seq: number
  /** Of that entry, zeros for seq −1. */
  readonly hash: Uint8Array
  /** First position at which the author signed two entries. */
  readonly forkedAt?: number
}

/** Two signed statements of one author about one position of one log that cannot both be true; whoever holds it needs nothing else. */
export interface ForkProof {
  readonly place: LogPlace
  readonly incarnation: number
  /** The position of which two hashes are claimed. */
  readonly seq: number
  /** Encoded signed entries: each is the entry at `seq`, or the one after it, whose `prev` claims the hash. */
  readonly claims: readonly [Uint8Array, Uint8Array]
}

/** Who may write in an epoch, and which group is whose; validity of entries depends on this and on nothing else. */
export interface AuthorRoster {
  isAuthor: (author: PeerIdText, epoch: number) => boolean
  /** Authors of an epoch in the order of their SIDs. */
  authors: (epoch: number) => readonly PeerIdText[]
  /** Number of the author's group in an epoch; `undefined` for a guest and for strangers. */
  groupOf: (author: PeerIdText, epoch: number) => number | undefined
  /** 32 octets: where the author's leaf is in the trie of an epoch. Groups are subtrees. */
  position: (author: PeerIdText, epoch: number) => Uint8Array
}

/** Number of the epoch at a wall time. */
export function epochAt(wallTime: Milliseconds, epochLength: Milliseconds): number {
  return Math.floor(wallTime / epochLength)
}
