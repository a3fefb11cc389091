import '../../src/polyfill.ts'
import { expect } from 'chai'
import { systemClock, systemRandom } from '@srwan/clock'
import { MemoryEntryStore, createDitexReplication, createReplica, keyOfAuthor } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { createOrganisation } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { verifyWith } from '@srwan/wire'
import { createEntryTopic, entryTopicName } from '../../src/ditex/entry-gossip.ts'
import { Libp2pSync } from '../../src/ditex/libp2p-sync.ts'
import type { RosterService } from '../../src/roster/roster-service.ts'
import { eventually } from '../test-network.ts'
import { DESCRIPTOR, EVERYBODY, createTestStack } from '../test-stack.ts'
import { writtenLog } from './written-log.ts'
import type { DitexReplication, Replica, SealedEntry } from '@srwan/ditex'
import type { Identity } from '@srwan/membership'
import type { AuthorRoster, PeerIdText } from '@srwan/interface'
import type { NetworkStack } from '../../src/network-stack.ts'

const NETWORK = 'ditex-test'
const EPOCH_LENGTH = ms(3_600_000)
const clock = systemClock()
const random = systemRandom()
const organisation = createOrganisation()

interface Peer {
  readonly identity: Identity
  readonly stack: NetworkStack
  readonly roster: RosterService
  readonly replica: Replica
  readonly streams: Libp2pSync
  readonly replication: DitexReplication
}

/** Everybody whom the organisation signed; the test knows all of them. */
const authors = new Set<PeerIdText>()
const authorRoster: AuthorRoster = {
  isAuthor: (author) => authors.has(author),
  authors: () => [...authors],
  groupOf: (author) => (authors.has(author) ? 1 : undefined),
  position: (author) => keyOfAuthor(author)
}

async function peer(): Promise<Peer> {
  const topic = entryTopicName(NETWORK)
  const { identity, stack, roster } = await createTestStack({ id: NETWORK, organisation }, [topic])
  authors.add(identity.peerId)
  const log = silentLogger().forComponent('t')
  const replica = createReplica({ clock, random, logger: silentLogger(), roster: authorRoster, store: new MemoryEntryStore() }, { network: NETWORK, epochLength: EPOCH_LENGTH })
  const streams = new Libp2pSync({ libp2p: stack, roster, clock, logger: log })
  const gossip = createEntryTopic({ pubsub: stack.services.pubsub, roster }, topic)
  const replication = createDitexReplication(
    { replica, roster: authorRoster, peers: streams, topics: { global: gossip, group: gossip }, clock, random, logger: silentLogger(), verify: verifyWith, seekOthers: () => {} },
    { self: identity.peerId, organisation: organisation.publicKey, epochLength: EPOCH_LENGTH, period: ms(1000) }
  )
  streams.answerWith((from, stream) => replication.serve(from, stream))
  await roster.start()
  await stack.start()
  await roster.announce(DESCRIPTOR)
  await replica.start()
  await streams.start()
  await replication.start()
  return { identity, stack, roster, replica, streams, replication }
}

async function write({ identity, replica }: Peer, log: SealedEntry[], count: number): Promise<void> {
  const fresh = await writtenLog(identity, { network: NETWORK, epoch: replica.currentEpoch(), before: log }, count)
  log.push(...fresh)
  await replica.offer(fresh.map(({ encoded }) => encoded))
}

const headOf = ({ replica }: Peer, author: Peer): number => replica.head({ scope: 'global', epoch: author.replica.currentEpoch(), author: author.identity.peerId })?.seq ?? -1

describe('replication over libp2p', function () {
  this.timeout(60_000)
  const running: Peer[] = []
  afterEach(async () => {
    for (const { replication, streams, replica, roster, stack } of running.splice(0)) {
      await replication.stop()
      await streams.stop()
      await replica.stop()
      await roster.stop()
      await stack.stop()
    }
  })

  it('two nodes: what was written before they met comes by an exchange, what is written then by gossip; own logs are given back', async () => {
    const [a, b] = [await peer(), await peer()]
    running.push(a, b)
    const log: SealedEntry[] = []
    await write(a, log, 40)
    await b.stack.dial(a.stack.getMultiaddrs())
    await eventually('b has what a wrote before', () => headOf(b, a) === 39)
    await eventually('it came by an exchange', () => b.replication.status().sync.accepted === 40 && a.replication.status().sync.entriesSent > 40 * 100)
    await eventually('both see each other on the topic', () => [a, b].every(({ stack }) => stack.services.pubsub.getSubscribers(entryTopicName(NETWORK)).length > 0))
    const before = b.replication.status().gossip.received
    await write(a, log, 1)
    await eventually('b has what a writes now', () => headOf(b, a) === 40)
    await eventually('and it came by gossip', () => b.replication.status().gossip.received > before)
    const own = await a.replication.peerHeads.fetchOwn(a.identity.peerId, a.replica.currentEpoch(), AbortSignal.timeout(5000))
    expect(own).to.have.property('peers', 1)
    expect(own.entries).to.have.length(41)
  })

  it('a stranger gets no stream of the exchange', async () => {
    const a = await peer()
    running.push(a)
    const { stack: stranger } = await createTestStack({ id: NETWORK, organisation }, [], () => EVERYBODY)
    await stranger.start()
    try {
      const connection = await stranger.dial(a.stack.getMultiaddrs())
      const stream = await connection.newStream('/srwan/ditex/sync/1')
      const closed = new Promise((resolve) => stream.addEventListener('close', resolve))
      await closed
      expect(a.replication.status().sync.exchanges).to.equal(0)
      expect(a.streams.connected()).to.deep.equal([])
    } finally {
      await stranger.stop()
    }
  })
})
