import type { PeerIdText } from './identifiers.ts'
import type { EventSource } from './lifecycle.ts'

/** One group: who measures whom. */
export interface Group {
  /** Leaf of the trie over positions, as in a heap: 1 is the whole, the children of n are 2n (bit 0) and 2n + 1; stays while others split. */
  readonly number: number
  /** In the order of their peer ids. */
  readonly members: readonly PeerIdText[]
  /** Measured, not voting; ≤ 10 % of the members and at least one. */
  readonly guests: readonly PeerIdText[]
}

/** All groups of an epoch. */
export interface GroupMap {
  /** In the order of their subtrees. */
  readonly groups: readonly Group[]
  /** @returns `undefined` where there is no such group */
  group: (number: number) => Group | undefined
  /** Group of a member; `undefined` for guests and strangers. */
  groupOf: (peerId: PeerIdText) => number | undefined
  /** Group that measures a guest; `undefined` for everybody else. */
  hostOf: (guest: PeerIdText) => number | undefined
}

/**
 * The network's unpredictable numbers, 32 octets an epoch: from the organisation's signed anchors, or from the chain. The beacon of an epoch becomes known only after the roster that it places is fixed.
 */
export interface BeaconSource extends EventSource<{ change: number }> {
  /** @returns `undefined` where the epoch has none, or none yet */
  beacon: (epoch: number) => Uint8Array | undefined
  /** Greatest epoch with a beacon. */
  latest: () => number | undefined
}
