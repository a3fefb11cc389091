import type { SegmentList, Sid } from './identifiers.ts'
import type { EventSource } from './lifecycle.ts'
import type { Member } from './routers.ts'

/** Relayed lists worth probing between this node and a router of another group, best first; the default path is not among them. */
export interface BeyondCandidates {
  /** From this node to the endpoint. */
  readonly forward: readonly SegmentList[]
  /** From the endpoint back to this node. */
  readonly reverse: readonly SegmentList[]
}

/**
 * Routers of other groups, as far as this node deals with them: who holds a lease with it, and which relays lead to them. `change` fires when the leases change. They are peers of the datapath and never part of
 * the measured roster.
 */
export interface BeyondSource extends EventSource<{ change: readonly Member[] }> {
  /** Routers of other groups that are peers of the datapath, in the order of their SIDs: with a lease in force, and in small networks all. Bounded. */
  current: () => readonly Member[]
  /** Is this a router of another group that `candidates` could be asked for? */
  knows: (endpoint: Sid) => boolean
  /** Members of the own group that hold a lease with that router, best first: they may forward control packets to it. */
  relaysTo: (endpoint: Sid) => readonly Sid[]
  /**
   * Gets leases with the endpoint and with the relays worth probing, and says which lists to probe. Nothing but the default path is worth it where no relay gave a lease or no landmark connects the groups.
   *
   * @throws UnknownDestinationError where nobody knows the endpoint · NoCandidatePathError where the endpoint gives no lease · the signal's reason
   */
  candidates: (endpoint: Sid, signal: AbortSignal) => Promise<BeyondCandidates>
}
