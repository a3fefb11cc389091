import { createHash } from 'node:crypto'
import { MAX_GROUP_SIZE } from '@srwan/interface'
import { GUEST_ATTEMPTS, GUEST_SHARE } from './constants.ts'
import { positionKey } from './position.ts'
import { LeafFinder } from './splits.ts'
import type { GuestRouter, PlacedRouter } from './group-state.ts'
import type { PeerIdText } from '@srwan/interface'

/** Guests that a group of so many members measures: 10 %, at least one, and never more than a column has room for. */
export function guestRoom(members: number): number {
  return members === 0 ? 0 : Math.max(0, Math.min(Math.max(1, Math.floor(members * GUEST_SHARE)), MAX_GROUP_SIZE - members))
}

/** Who measures the newcomers of an epoch, in an order that the beacon draws; those that find no room in eight groups are nobody's for this epoch. */
export function hostGuests(
  newcomers: readonly PeerIdText[],
  groups: { readonly splits: ReadonlySet<number>; readonly routers: readonly PlacedRouter[] },
  beacon: Uint8Array
): readonly GuestRouter[] {
  const finder = new LeafFinder(groups.splits)
  const room = finder.leaves.map(() => 0)
  for (const { key } of groups.routers) (room[finder.indexOf(key)] as number)++
  for (let i = 0; i < room.length; i++) room[i] = guestRoom(room[i] as number)
  const draw = (peerId: PeerIdText, attempt: number): Buffer => createHash('sha256').update(`srwan-guest ${attempt} `).update(beacon).update(peerId).digest()
  const ordered = newcomers.map((peerId) => ({ peerId, first: draw(peerId, 0) })).sort((a, b) => Buffer.compare(a.first, b.first))
  return ordered.map(({ peerId, first }) => {
    for (let attempt = 0; attempt < GUEST_ATTEMPTS; attempt++) {
      const index = finder.indexOf(positionKey(attempt === 0 ? first : draw(peerId, attempt)))
      if ((room[index] as number) === 0) continue
      room[index] = (room[index] as number) - 1
      return { peerId, host: finder.leaves[index] as number }
    }
    return { peerId, host: 0 }
  })
}
