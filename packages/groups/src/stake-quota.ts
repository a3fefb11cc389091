import { byPeerId } from './group-state.ts'
import type { PeerIdText } from '@srwan/interface'

/** A router with its bond, in the smallest unit of the coin. */
export interface StakedRouter {
  readonly peerId: PeerIdText
  readonly stake: bigint
}

/** A router with a seat, and what its word weighs. */
export interface SeatedRouter {
  readonly peerId: PeerIdText
  /** Share of all weight, 0 to 1: by it relays are drawn and votes and observers count. */
  readonly weight: number
}

/** One router weighs no more than this share, whatever its bond: nobody is the network. */
export const MAX_WEIGHT = 0.1

/**
 * Seats by stake: those of at least `bond` with the most stake, up to `seats` (ties: the smaller peer id).
 * What counts is weight, in proportion to stake (Orchid's idea: https://www.orchid.com/assets/whitepaper/whitepaper.pdf): splitting a bond over identities wins no weight, and pushes out only those that have less.
 *
 * @param quota - seats of the roster at most; least bond
 * @returns in the order of peer ids
 */
export function admitByStake(routers: readonly StakedRouter[], quota: { readonly seats: number; readonly bond: bigint }): readonly SeatedRouter[] {
  const able = routers.filter(({ stake }) => stake > 0n && stake >= quota.bond)
  const seated = [...able].sort((a, b) => (a.stake === b.stake ? byPeerId(a, b) : a.stake > b.stake ? -1 : 1)).slice(0, quota.seats)
  const sum = seated.reduce((all, { stake }) => all + stake, 0n)
  return seated.sort(byPeerId).map(({ peerId, stake }) => ({ peerId, weight: Math.min(MAX_WEIGHT, ratio(stake, sum)) }))
}

function ratio(part: bigint, whole: bigint): number {
  const STEPS = 1_000_000_000n
  return whole === 0n ? 0 : Number((part * STEPS) / whole) / Number(STEPS)
}
