import { GroupChain } from './group-chain.ts'
import { KeptStates, MAX_STATES_FILE } from './kept-states.ts'
import { createStateFile } from '../state-file.ts'
import type { Groups } from '@srwan/groups'
import type { NodeInit } from '../node-init.ts'
import type { GroupChainComponents } from './group-chain.ts'

/** The chain of groups for one node: over its libp2p, among its members. */
export function chainOfNode({ clock, random, logger }: NodeInit, parts: Pick<GroupChainComponents, 'libp2p' | 'admissions'>): GroupChain {
  return new GroupChain({ ...parts, clock, random, logger: logger.forComponent('srwan:groups') })
}

/** The states of a node's groups in its home. */
export function keptStatesOf({ home, clock, logger }: NodeInit, groups: Groups): KeptStates {
  return new KeptStates({ groups, file: createStateFile(home, 'groups', MAX_STATES_FILE), clock, logger: logger.forComponent('srwan:groups') })
}
