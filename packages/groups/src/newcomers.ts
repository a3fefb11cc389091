import { byPeerId } from './group-state.ts'
import { drawPosition, positionKey, refreshSlot } from './position.ts'
import { adjustSplits } from './splits.ts'
import type { GroupState, PlacedRouter } from './group-state.ts'
import type { PeerIdText } from '@srwan/interface'

/**
 * The state with those members in it that no anchored epoch knows yet: where somebody trusted admits the members, a newcomer is measured from the first minute. It stands where it stood before it left, or else where the genesis beacon puts it, until a beacon places it. A group that becomes too large
 * splits as it would with the next beacon, so all who know the same members agree.
 *
 * @param present - everybody whom this node knows as a member, any order
 * @param beacon - of the genesis
 */
export function withNewcomers(state: GroupState, present: readonly PeerIdText[], beacon: Uint8Array): GroupState {
  const known = new Set([...state.routers, ...state.guests].map(({ peerId }) => peerId))
  const newcomers = present.filter((peerId) => !known.has(peerId))
  if (newcomers.length === 0) return state
  const remembered = new Map(state.departed.map((router) => [router.peerId, router.position]))
  const placed = newcomers.map((peerId): PlacedRouter => {
    const position = remembered.get(peerId) ?? drawPosition(beacon, peerId)
    return { peerId, position, placedAt: state.epoch, key: positionKey(position), slot: refreshSlot(peerId) }
  })
  const routers = [...state.routers, ...placed].sort(byPeerId)
  return { ...state, routers, splits: adjustSplits(Float64Array.from(routers, ({ key }) => key).sort(), state.splits, state.groupSize) }
}
