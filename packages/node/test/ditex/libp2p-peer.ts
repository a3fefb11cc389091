import { systemClock, systemRandom } from '@srwan/clock'
import { MemoryEntryStore, createDitexReplication, createReplica, keyOfAuthor } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { createOrganisation } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { verifyWith } from '@srwan/wire'
import { createEntryTopic, entryTopicName } from '../../src/ditex/entry-gossip.ts'
import { Libp2pSync } from '../../src/ditex/libp2p-sync.ts'
import { DESCRIPTOR, createTestStack } from '../test-stack.ts'
import type { DitexReplication, EntryTopic, Replica } from '@srwan/ditex'
import type { Identity } from '@srwan/membership'
import type { AuthorRoster, PeerIdText } from '@srwan/interface'
import type { NetworkStack } from '../../src/network-stack.ts'
import type { RosterService } from '../../src/roster/roster-service.ts'
import type { TrafficMetrics } from '../../src/traffic-metrics.ts'

export const NETWORK = 'ditex-test'
export const EPOCH_LENGTH = ms(3_600_000)
const clock = systemClock()
const random = systemRandom()
export const organisation = createOrganisation()

/** A replica that exchanges over libp2p on loopback. */
export interface Peer {
  readonly identity: Identity
  readonly stack: NetworkStack
  readonly roster: RosterService
  readonly replica: Replica
  readonly streams: Libp2pSync
  readonly replication: DitexReplication
  readonly topic: EntryTopic
  readonly traffic: TrafficMetrics
}

/** Everybody whom the organisation signed; the test knows all of them, and may add others. */
export const authors = new Set<PeerIdText>()
const authorRoster: AuthorRoster = {
  isAuthor: (author) => authors.has(author),
  authors: () => [...authors],
  groupOf: (author) => (authors.has(author) ? 1 : undefined),
  position: (author) => keyOfAuthor(author)
}

/** @param period - between its exchanges */
export async function startPeer(period = ms(1000)): Promise<Peer> {
  const topic = entryTopicName(NETWORK)
  const { identity, stack, roster, traffic } = await createTestStack({ id: NETWORK, organisation })
  authors.add(identity.peerId)
  const log = silentLogger().forComponent('t')
  const replica = createReplica({ clock, random, logger: silentLogger(), roster: authorRoster, store: new MemoryEntryStore() }, { network: NETWORK, epochLength: EPOCH_LENGTH })
  const streams = new Libp2pSync({ libp2p: stack, roster, clock, logger: log })
  const gossip = createEntryTopic({ pubsub: stack.services.pubsub, roster }, topic)
  const replication = createDitexReplication(
    { replica, roster: authorRoster, peers: streams, topics: { global: gossip, group: gossip }, clock, random, logger: silentLogger(), verify: verifyWith, seekOthers: () => {} },
    { self: identity.peerId, organisation: organisation.publicKey, epochLength: EPOCH_LENGTH, period }
  )
  streams.answerWith((from, stream) => replication.serve(from, stream))
  await roster.start()
  await stack.start()
  await roster.announce({ ...DESCRIPTOR, multiaddrs: stack.getMultiaddrs().map(String) })
  await replica.start()
  await streams.start()
  await replication.start()
  return { identity, stack, roster, replica, streams, replication, topic: gossip, traffic }
}

/** Stops one after the other. */
export async function stopPeers(peers: readonly Peer[]): Promise<void> {
  for (const { replication, streams, replica, roster, stack } of peers) {
    await replication.stop()
    await streams.stop()
    await replica.stop()
    await roster.stop()
    await stack.stop()
  }
}
