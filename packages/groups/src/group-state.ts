import type { PeerIdText } from '@srwan/interface'

/** A router with its place. */
export interface PlacedRouter {
  readonly peerId: PeerIdText
  /** 32 octets. */
  readonly position: Uint8Array
  /** Epoch of its first placement: what is younger than 168 epochs does not swap. */
  readonly placedAt: number
  /** First 52 bits of the position. */
  readonly key: number
  /** Epochs modulo 168 at which its position is drawn anew. */
  readonly slot: number
}

/** A router that left; it keeps its place for 168 epochs, so that leaving and coming back draws no other. */
export interface DepartedRouter extends PlacedRouter {
  readonly leftAt: number
}

/** A router of the roster that no beacon has placed yet. */
export interface GuestRouter {
  readonly peerId: PeerIdText
  /** Group that measures it; 0 where none had room. */
  readonly host: number
}

/**
 * All that the groups of the next epoch depend on, besides its roster, beacon and digests. Immutable; equal at all who took the same steps, and encoded in one way only, so whoever joins later takes it from any peer and checks its hash.
 */
export interface GroupState {
  readonly epoch: number
  readonly groupSize: number
  /** Inner nodes of the trie. */
  readonly splits: ReadonlySet<number>
  /** In the order of their peer ids. */
  readonly routers: readonly PlacedRouter[]
  /** In the order of their peer ids. */
  readonly guests: readonly GuestRouter[]
  /** In the order of their peer ids. */
  readonly departed: readonly DepartedRouter[]
}

/** Order of peer ids everywhere here: by code units, which for base58 is the order of octets. */
export function byPeerId(a: { readonly peerId: PeerIdText }, b: { readonly peerId: PeerIdText }): number {
  return a.peerId < b.peerId ? -1 : a.peerId > b.peerId ? 1 : 0
}
