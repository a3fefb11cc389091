import { MAX_ROUTERS } from './constants.ts'
import { admitByStake } from './stake-quota.ts'
import type { StakedRouter } from './stake-quota.ts'
import type { PeerIdText } from '@srwan/interface'

/** A router's descriptor as it stood in the anchored epoch. */
export interface AnchoredDescriptor {
  readonly peerId: PeerIdText
  /** Epoch and ttl of the entry that holds it. */
  readonly epoch: number
  readonly ttl: number
  /** First epoch at which its author counts as forked. */
  readonly forkedFrom?: number | undefined
  /** Bond on the chain; needed in an open network with a chain only. */
  readonly stake?: bigint | undefined
}

/** Where a roster comes from. */
export type RosterBasis =
  /** The organisation's members whose certificates are in force. */
  | { readonly kind: 'private'; readonly members: readonly PeerIdText[] }
  /** The descriptors of the last anchored epoch. */
  | { readonly kind: 'open'; readonly anchored: number; readonly descriptors: readonly AnchoredDescriptor[]; readonly quota?: { readonly seats: number; readonly bond: bigint } }

/**
 * Who is in the roster that follows from an anchored epoch, in the order of peer ids. Open: descriptors that still count after it, of authors that have not forked, and, where there is a chain, whose stake pays for a seat.
 */
export function rosterOfEpoch(basis: RosterBasis): readonly PeerIdText[] {
  if (basis.kind === 'private') return sortedUnique(basis.members)
  const live = basis.descriptors.filter(
    ({ epoch, ttl, forkedFrom }) => epoch <= basis.anchored && epoch + ttl > basis.anchored + 1 && (forkedFrom === undefined || forkedFrom > basis.anchored)
  )
  if (basis.quota === undefined) return sortedUnique(live.map(({ peerId }) => peerId))
  const staked = live.map(({ peerId, stake }): StakedRouter => ({ peerId, stake: stake ?? 0n }))
  return sortedUnique(admitByStake(staked, basis.quota).map(({ peerId }) => peerId))
}

function sortedUnique(peerIds: readonly PeerIdText[]): readonly PeerIdText[] {
  return [...new Set(peerIds)].sort().slice(0, MAX_ROUTERS)
}
