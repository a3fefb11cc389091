import type { AnchorSource, AuthorRoster, PeerIdText } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import type { HeadTries } from '../trie/head-tries.ts'
import type { AnchoredLeaves } from '../trie/anchored-leaves.ts'

/** How far a peer was when the two met last. */
export interface PeerCursor {
  /** First 8 octets of the peer's instance, as Latin-1 text. */
  readonly instance: string
  /** Changes of heads that the peer had told of. */
  readonly position: number
}

/** What a session works on. */
export interface SyncSessionComponents {
  readonly replica: Pick<Replica, 'network' | 'instance' | 'currentEpoch' | 'epochs' | 'offer' | 'offerForkProof' | 'head' | 'heads' | 'entries' | 'entry' | 'forkProof'>
  readonly tries: HeadTries
  readonly roster: AuthorRoster
  readonly anchors?: Pick<AnchorSource, 'latest' | 'after' | 'offer'>
  /** Where anchors are followed: what their roots cover is asked for and told. */
  readonly anchored?: Pick<AnchoredLeaves, 'missing' | 'covered' | 'take'>
}

/** One exchange between two members. */
export interface SyncSessionInit {
  readonly self: PeerIdText
  readonly peer: PeerIdText
  readonly role: 'initiator' | 'responder'
  /** 8 octets that the other cannot know before; the responder uses the initiator's. */
  readonly salt: Uint8Array
  readonly known?: PeerCursor
  /** Only fetch one's own logs of this epoch and later, as after a restart; they are collected and not offered. */
  readonly ownLogsFrom?: number
}

/** Octets by what they were for. */
export interface SyncOctets {
  readonly control: number
  readonly entries: number
}

/** What came of a session. */
export interface SyncOutcome {
  /** Both sides had the same roots at the end. */
  readonly equal: boolean
  /** Both sides came to the end of what they had to say. */
  readonly complete: boolean
  readonly sent: SyncOctets
  readonly received: SyncOctets
  /** Entries that the replica took. */
  readonly accepted: number
  /** Entries that were held already. */
  readonly known: number
  /** Entries not taken for reasons that are not the peer's fault alone: another roster, another clock. */
  readonly refused: number
  /** Logs asked for. */
  readonly wanted: number
  /** Entries sent. */
  readonly pushed: number
  /** For the next session with this peer. */
  readonly cursor: PeerCursor | undefined
}
