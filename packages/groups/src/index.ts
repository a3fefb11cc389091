/**
 * Which routers measure each other: the pure function from roster, beacon and measured delays to groups, who may be in a roster at all, and what one node makes of both.
 *
 * @packageDocumentation
 */
import { GroupsService } from './groups-service.ts'
import { MAX_GROUP_SIZE } from '@srwan/interface'
import type { Groups, GroupsComponents, GroupsInit } from './groups.ts'

export { anchoredVectors, swapLandmarks } from './anchored-vectors.ts'
export { AnchoredBeacons, beaconOfSignature, beaconPayload } from './beacon.ts'
export { BoundedUnion, boundedUnion, networkOf } from './bounded-union.ts'
export { groupsOf } from './group-map.ts'
export { GROUP_STATE_POSITION, decodeGroupState, encodeGroupState, hashGroupState } from './group-state-codec.ts'
export { rosterFingerprint } from './group-roster.ts'
export { firstGroupState, nextGroupState } from './next-state.ts'
export { drawPosition, genesisBeacon } from './position.ts'
export { reportersOf } from './reporters.ts'
export { rosterOfEpoch } from './roster-of-epoch.ts'
export { stateHash } from './state-archive.ts'
export { admitByStake } from './stake-quota.ts'
export { estimatedRoundTrip } from './swaps.ts'
export type { AnchoredDigest, AnchoredVectors, StandingGroups } from './anchored-vectors.ts'
export type { Fit, FullBound, SeenRouter, UnionBounds } from './bounded-union.ts'
export type { DepartedRouter, GroupState, GuestRouter, PlacedRouter } from './group-state.ts'
export type { EpochRosters, Groups, GroupsComponents, GroupsInit, OwnGroup } from './groups.ts'
export type { EpochInput, GroupParameters } from './next-state.ts'
export type { ArchivedState } from './state-archive.ts'
export type { AnchoredDescriptor, RosterBasis } from './roster-of-epoch.ts'
export type { SeatedRouter, StakedRouter } from './stake-quota.ts'
export type { Landmarks } from './swaps.ts'

/** The groups at one node. @throws RangeError where the group size is not 2 to 100 */
export function createGroups(components: GroupsComponents, init: GroupsInit): Groups {
  if (!(Number.isInteger(init.groupSize) && init.groupSize >= 2 && init.groupSize <= MAX_GROUP_SIZE)) throw new RangeError(`a group has 2 to ${MAX_GROUP_SIZE} members`)
  return new GroupsService(components, init)
}
