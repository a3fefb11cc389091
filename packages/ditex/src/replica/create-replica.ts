import { JoiningReplica } from './joining-replica.ts'
import type { Replica, ReplicaComponents, ReplicaInit } from './replica.ts'

/**
 * A replica over a store; `start` opens the store and rebuilds logs, views and indexes from it.
 *
 * @throws RangeError where the epoch length is not positive
 */
export function createReplica(components: ReplicaComponents, init: ReplicaInit): Replica {
  if (init.epochLength !== undefined && !(init.epochLength > 0)) throw new RangeError('the length of an epoch must be positive')
  return new JoiningReplica(components, init)
}
