import type { Clock, Logger, PeerIdText, Roster } from '@srwan/interface'
import type { Identity, NetworkAdmission } from '@srwan/membership'
import type { Libp2p } from 'libp2p'
import type { HealthBoard } from '../health.ts'
import type { RefusalList } from '../refusal-list.ts'
import type { StateStore } from '../state-store.ts'

/** What the roster service works with. */
export interface RosterServiceComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'handle' | 'unhandle' | 'addEventListener' | 'removeEventListener' | 'getConnections'>
  readonly identity: Identity
  readonly store: StateStore
  readonly refused: RefusalList
  readonly health: HealthBoard
  readonly clock: Clock
  readonly logger: Logger
}

/** What this node brings to the roster. */
export interface RosterServiceInit {
  readonly network: NetworkAdmission
  /** What this node shows; empty in an open network. */
  readonly membership: Uint8Array
  readonly revocations: readonly Uint8Array[]
}

/** `change`: the roster · `admitted`, `removed`: a peer. */
export interface RosterServiceEvents {
  change: Roster
  admitted: PeerIdText
  removed: PeerIdText
}
