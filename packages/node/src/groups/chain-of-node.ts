import { createGroups } from '@srwan/groups'
import { sidOf } from '@srwan/membership'
import { GroupChain } from './group-chain.ts'
import { KeptStates, MAX_STATES_FILE } from './kept-states.ts'
import { createStateFile } from '../state-file.ts'
import type { Groups } from '@srwan/groups'
import type { PeerIdText } from '@srwan/interface'
import type { NodeInit } from '../node-init.ts'
import type { RosterService } from '../roster/roster-service.ts'
import type { GroupChainComponents } from './group-chain.ts'

/** The chain of groups for one node: over its libp2p, among its members. */
export function chainOfNode({ clock, random, logger }: NodeInit, parts: Pick<GroupChainComponents, 'libp2p' | 'admissions'>): GroupChain {
  return new GroupChain({ ...parts, clock, random, sidOf, logger: logger.forComponent('srwan:groups') })
}

/** The states of a node's groups in its home. */
export function keptStatesOf({ home, clock, logger }: NodeInit, groups: Groups): KeptStates {
  return new KeptStates({ groups, file: createStateFile(home, 'groups', MAX_STATES_FILE), clock, logger: logger.forComponent('srwan:groups') })
}

/** The groups at one node: by the anchored epochs, and until there are any by the members that it knows. */
export function groupsOfNode({ identity, networkFile, logger }: NodeInit, { roster, chain }: { readonly roster: RosterService; readonly chain: GroupChain }): Groups {
  const vouched = (peerId: PeerIdText): boolean => roster.isMember(peerId)
  return createGroups(
    { members: roster, sidOf, beacons: chain, rosters: chain, vouched, logger: logger.forComponent('srwan:groups') },
    { networkId: networkFile.id, self: identity.peerId, groupSize: networkFile.parameters.groupSize, admission: networkFile.kind === 'private' ? 'at-once' : 'by-beacon' }
  )
}
