import { ditexReadersOf } from '@srwan/config'
import { parseOrganisationKey } from '@srwan/membership'
import { createDitex } from './create-ditex.ts'
import { createEntryTopic, createGroupEntryTopic, entryTopicName } from './entry-gossip.ts'
import { keptStatesOf } from '../groups/chain-of-node.ts'
import { turnedFrom } from '../directory/kad-directory.ts'
import { connectedMembers } from '../open-connections.ts'
import { createStateFile } from '../state-file.ts'
import { Libp2pSync } from './libp2p-sync.ts'
import type { Groups } from '@srwan/groups'
import type { Measurement } from '@srwan/measurement'
import type { Beyond } from '../beyond/beyond.ts'
import type { ConnectionKeeper } from '../connection-keeper.ts'
import type { MemberDirectory } from '../directory/directory-of-node.ts'
import type { GroupChain } from '../groups/group-chain.ts'
import type { HealthBoard } from '../health.ts'
import type { NetworkStack } from '../network-stack.ts'
import type { NodeInit } from '../node-init.ts'
import type { OwnMembership } from '../own-membership.ts'
import type { RosterService } from '../roster/roster-service.ts'
import type { Ditex, DitexComponents } from './create-ditex.ts'

/** 136 octets an anchor, those of the retention. */
const MAX_ANCHORS_FILE = 65_536
/** 150 octets for each author that wrote into an epoch after it was anchored, at most 65,536 of them. */
const MAX_LATE_FILE = 16 * 1024 * 1024

/** The parts of a node that its share of the exchange needs. */
export interface NodeDitexParts {
  readonly libp2p: NetworkStack
  readonly roster: RosterService
  readonly groups: Groups
  readonly chain: GroupChain
  readonly measurement: Measurement
  readonly beyond: Beyond
  readonly keeper: ConnectionKeeper
  readonly directory: MemberDirectory
  readonly health: HealthBoard
  readonly own: OwnMembership
}

/** The exchange for one node: over its libp2p, its groups as the authors, its measurements as what it writes. */
export function ditexOfNode(init: NodeInit, { libp2p, roster, groups, chain, measurement, beyond, keeper, directory, health, own }: NodeDitexParts): Ditex {
  const { identity, networkFile, organisation, home, name, geo, roles, clock, random, logger } = init
  const gossip = { pubsub: libp2p.services.pubsub, roster }
  const global = createEntryTopic(gossip, entryTopicName(networkFile.id))
  const group = createGroupEntryTopic({ ...gossip, groups, clock, global }, { networkId: networkFile.id, pulseInterval: networkFile.parameters.pulseInterval })
  return createDitex(
    {
      identity,
      authors: groups.authors,
      roster: groups.roster,
      measurement,
      digest: () => {
        const digest = beyond.isReporter() ? beyond.digest() : undefined
        return digest === undefined ? undefined : { group: groups.own().number, digest }
      },
      sync: new Libp2pSync({ libp2p, roster, clock, logger: logger.forComponent('srwan:ditex') }),
      topics: { global, group },
      seekOthers: () => keeper.seekOthers(),
      libp2p,
      connect: directory.connect,
      admissions: roster,
      shards: {
        ownGroup: () => (groups.own().isGuest ? undefined : groups.own().number),
        groupOf: (author, epoch) => groups.authors.groupOf(author, epoch),
        // Those that are connected answer at once.
        holders: (group) => {
          const connected = new Set(connectedMembers(libp2p, roster))
          const members = turnedFrom(identity.peerId, groups.map().group(group)?.members ?? [])
          return Promise.resolve([...members.filter((peer) => connected.has(peer)), ...members.filter((peer) => !connected.has(peer))])
        }
      },
      anchored: anchoredOfNode(init, { groups, chain }),
      store: init.entryStore,
      health,
      clock,
      random,
      logger
    },
    {
      networkId: networkFile.id,
      organisationKey: own.network.organisation === undefined ? undefined : parseOrganisationKey(own.network.organisation),
      organisation,
      epochLength: networkFile.parameters.epoch,
      pulseInterval: networkFile.parameters.pulseInterval,
      home,
      readers: ditexReadersOf(networkFile),
      description: { name: name ?? own.membership.name, geo, roles, descriptor: () => roster.ownRecord()?.descriptor }
    }
  )
}

/** Which roots count, what the groups make of them, and what of it is kept. */
function anchoredOfNode(init: NodeInit, { groups, chain }: Pick<NodeDitexParts, 'groups' | 'chain'>): DitexComponents['anchored'] {
  const { anchors, home } = init
  return {
    otherLeaves: chain.leaves,
    isSharded: (epoch) => groups.isSplit(epoch),
    ...(anchors === undefined ? {} : { anchors }),
    anchorStore: createStateFile(home, 'anchors', MAX_ANCHORS_FILE),
    lateStores: { anchored: createStateFile(home, 'covered', MAX_LATE_FILE), stated: createStateFile(home, 'covered-groups', MAX_LATE_FILE) },
    follow: (replication) => {
      chain.connect({ groups, replication, kept: keptStatesOf(init, groups) })
      return chain
    }
  }
}
