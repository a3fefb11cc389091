import type { SegmentList, SessionSnapshot, Sid } from '@srwan/interface'

/** Octets of one session over one segment list, UDP payload; 0 where this node cannot know. */
export interface AccountedPath {
  readonly direction: 'forward' | 'reverse'
  readonly segments: SegmentList
  readonly sentOctets: number
  readonly confirmedOctets: number
  readonly receivedOctets: number
}

/** One session as the ledger has it. */
export interface AccountedSession {
  /** Start of the datapath that carried it; with `instance` it names the session for good. */
  readonly run: string
  readonly instance: number
  readonly session: number
  readonly role: SessionSnapshot['role']
  readonly ingress: Sid
  readonly egress: Sid
  readonly ended: boolean
  /** When it was last looked at, by the calendar, ms since 1970. */
  readonly seenAt: number
  readonly forwardOctets: number
  readonly reverseOctets: number
  readonly paths: readonly AccountedPath[]
}

/** What this node carried as a transit. */
export interface CarriedFor {
  /** Ingress of the sessions: who had it carried. */
  readonly member: Sid
  readonly forwardOctets: number
  readonly reverseOctets: number
}

/** What one hop carried of the sessions that this node opened, towards one egress. */
export interface HopUse {
  readonly hop: Sid
  readonly egress: Sid
  /** Forward, over lists with this hop: sent by this node, and echoed by the egress. */
  readonly sentOctets: number
  readonly confirmedOctets: number
  /** Reverse, over lists with this hop: arrived here. */
  readonly receivedOctets: number
}

/** All that the ledger says; cumulative over restarts. */
export interface Accounts {
  /** Most recent first; at most `MAX_SESSIONS_SHOWN`. */
  readonly sessions: readonly AccountedSession[]
  /** By member, the most octets first. */
  readonly carried: readonly CarriedFor[]
  readonly hops: readonly HopUse[]
  /** Octets by role of this node. */
  readonly totals: Readonly<Record<SessionSnapshot['role'], { readonly forwardOctets: number; readonly reverseOctets: number }>>
}

/** Sessions that `Accounts` lists; the sums are over all. */
export const MAX_SESSIONS_SHOWN = 1000
