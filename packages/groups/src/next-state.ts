import { POSITION_EPOCHS } from './constants.ts'
import { byPeerId } from './group-state.ts'
import { hostGuests } from './guests.ts'
import { drawPosition, positionKey, refreshSlot } from './position.ts'
import { adjustSplits } from './splits.ts'
import { swapByDelay } from './swaps.ts'
import type { DepartedRouter, GroupState, PlacedRouter } from './group-state.ts'
import type { Landmarks } from './swaps.ts'
import type { PeerIdText } from '@srwan/interface'

/** What the groups of an epoch follow from, besides the state before. */
export interface EpochInput {
  readonly epoch: number
  /** Who is in it, any order; each once. */
  readonly roster: readonly PeerIdText[]
  /** 32 octets that nobody knew when the roster was fixed. */
  readonly beacon: Uint8Array
  /** From anchored digests: round trips of routers to the landmarks, in whole µs. @default nobody swaps */
  readonly landmarks?: Landmarks | undefined
}

/** Parameters of the network. */
export interface GroupParameters {
  readonly groupSize: number
  /** `by-beacon`: a newcomer is a guest until the first beacon after it was anchored. `at-once`: where somebody trusted admits the members. */
  readonly admission: 'by-beacon' | 'at-once'
}

function place(peerId: PeerIdText, beacon: Uint8Array, placedAt: number): PlacedRouter {
  const position = drawPosition(beacon, peerId)
  return { peerId, position, placedAt, key: positionKey(position), slot: refreshSlot(peerId) }
}

function refreshed<T extends PlacedRouter>(router: T, input: EpochInput): T {
  if (input.epoch % POSITION_EPOCHS !== router.slot) return router
  const position = drawPosition(input.beacon, router.peerId)
  return { ...router, position, key: positionKey(position) }
}

function sortedRoster(roster: readonly PeerIdText[]): readonly PeerIdText[] {
  return roster.every((peerId, i) => i === 0 || (roster[i - 1] as PeerIdText) < peerId) ? roster : [...new Set(roster)].sort()
}

/** Routers and remembered ones after the change of the roster, and those that nobody has placed. */
interface Census {
  readonly routers: PlacedRouter[]
  readonly departed: DepartedRouter[]
  readonly newcomers: PeerIdText[]
}

function census(previous: GroupState, roster: readonly PeerIdText[], input: EpochInput): Census {
  const present = new Set(roster)
  const result: Census = { routers: [], departed: [], newcomers: [] }
  const known = new Set<PeerIdText>()
  for (const router of previous.routers) {
    const now = refreshed(router, input)
    if (present.has(router.peerId)) {
      result.routers.push(now)
      known.add(router.peerId)
    } else result.departed.push({ ...now, leftAt: input.epoch })
  }
  for (const router of previous.departed) {
    const { leftAt, ...rest } = refreshed(router, input)
    if (present.has(router.peerId)) {
      result.routers.push(rest)
      known.add(router.peerId)
    } else if (leftAt > input.epoch - POSITION_EPOCHS) result.departed.push({ ...rest, leftAt })
  }
  for (const peerId of roster) if (!known.has(peerId)) result.newcomers.push(peerId)
  return result
}

/** Remembers no more that left than are here, at least 1,000: the latest, ties by peer id. */
function boundDeparted(departed: readonly DepartedRouter[], present: number): readonly DepartedRouter[] {
  const most = Math.max(1000, present)
  const kept = departed.length <= most ? departed : [...departed].sort((a, b) => b.leftAt - a.leftAt || byPeerId(a, b)).slice(0, most)
  return [...kept].sort(byPeerId)
}

/** The first state of a network: everybody is placed at once. */
export function firstGroupState(input: EpochInput, parameters: GroupParameters): GroupState {
  const routers = sortedRoster(input.roster).map((peerId) => place(peerId, input.beacon, input.epoch))
  const splits = adjustSplits(sortedKeys(routers), [], parameters.groupSize)
  return { epoch: input.epoch, groupSize: parameters.groupSize, splits, routers, guests: [], departed: [] }
}

/**
 * The groups of an epoch as a function of the state before, the roster, the beacon and the anchored digests. 100,000 routers take some 0.2 s.
 *
 * 1. Who left is remembered with its place for 168 epochs; who comes back has it again.
 * 2. One router in 168 gets a fresh position, the remembered ones included.
 * 3. Guests of the epoch before are placed; newcomers become guests.
 * 4. Full leaves split, poor siblings merge.
 * 5. Aged routers that the beacon pairs swap places where that makes the delays within their groups less.
 *
 * @throws RangeError where the epoch is not after the state's
 */
export function nextGroupState(previous: GroupState, input: EpochInput, parameters: GroupParameters): GroupState {
  if (!(input.epoch > previous.epoch)) throw new RangeError(`epoch ${input.epoch} does not follow ${previous.epoch}`)
  const { routers, departed, newcomers } = census(previous, sortedRoster(input.roster), input)
  const guestsBefore = new Set(previous.guests.map(({ peerId }) => peerId))
  const isPlaced = (peerId: PeerIdText): boolean => parameters.admission === 'at-once' || guestsBefore.has(peerId)
  for (const peerId of newcomers) if (isPlaced(peerId)) routers.push(place(peerId, input.beacon, input.epoch))
  routers.sort(byPeerId)
  const splits = adjustSplits(sortedKeys(routers), previous.splits, parameters.groupSize)
  const settled = input.landmarks === undefined ? routers : swapByDelay({ routers, splits, epoch: input.epoch }, input.landmarks, input.beacon)
  const waiting = newcomers.filter((peerId) => !isPlaced(peerId))
  const guests = [...hostGuests(waiting, { splits, routers: settled }, input.beacon)].sort(byPeerId)
  return { epoch: input.epoch, groupSize: parameters.groupSize, splits, routers: settled, guests, departed: boundDeparted(departed, settled.length) }
}

function sortedKeys(routers: readonly PlacedRouter[]): Float64Array {
  return Float64Array.from(routers, ({ key }) => key).sort()
}
