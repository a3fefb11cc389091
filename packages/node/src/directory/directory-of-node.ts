import { KadDirectory } from './kad-directory.ts'
import { locatedAddresses, memberConnections } from './member-connections.ts'
import type { Groups } from '@srwan/groups'
import type { PeerIdText, Startable } from '@srwan/interface'
import type { NetworkStack } from '../network-stack.ts'
import type { NodeInit } from '../node-init.ts'
import type { RosterService } from '../roster/roster-service.ts'
import type { ConnectToMember } from './member-connections.ts'

/** Where members are, for those parts of a node that need one that is not connected. */
export interface MemberDirectory extends Startable {
  readonly connect: ConnectToMember
  /** Addresses besides those of the roster; none in a network of one group. */
  readonly addresses: (peer: PeerIdText, signal: AbortSignal) => ReturnType<typeof locatedAddresses>
}

/** The roster first, kad-dht where that does not lead to a member. */
export function directoryOfNode(
  { identity, clock, random, logger }: NodeInit,
  { libp2p, roster, groups }: { readonly libp2p: NetworkStack; readonly roster: RosterService; readonly groups: Groups }
): MemberDirectory {
  const directory = new KadDirectory({
    dht: libp2p.services.dht,
    self: identity.peerId,
    groups: () => groups.map(),
    clock,
    random,
    logger: logger.forComponent('srwan:directory')
  })
  return {
    connect: memberConnections({ libp2p, roster, directory, clock }),
    addresses: (peer, signal) => locatedAddresses(directory, peer, signal),
    start: () => directory.start(),
    stop: () => directory.stop()
  }
}
