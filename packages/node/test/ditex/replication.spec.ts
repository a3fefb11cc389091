import '../../src/polyfill.ts'
import { expect } from 'chai'
import { entryTopicName } from '../../src/ditex/entry-gossip.ts'
import { eventually } from '../test-network.ts'
import { EVERYBODY, createTestStack } from '../test-stack.ts'
import { NETWORK, organisation, startPeer, stopPeers } from './libp2p-peer.ts'
import { writtenLog } from './written-log.ts'
import type { SealedEntry } from '@srwan/ditex'
import type { Peer } from './libp2p-peer.ts'

async function write({ identity, replica }: Peer, log: SealedEntry[], count: number): Promise<void> {
  const fresh = await writtenLog(identity, { network: NETWORK, epoch: replica.currentEpoch(), before: log }, count)
  log.push(...fresh)
  await replica.offer(fresh.map(({ encoded }) => encoded))
}

const headOf = ({ replica }: Peer, author: Peer): number => replica.head({ scope: 'global', epoch: author.replica.currentEpoch(), author: author.identity.peerId })?.seq ?? -1

describe('replication over libp2p', function () {
  this.timeout(60_000)
  const running: Peer[] = []
  afterEach(() => stopPeers(running.splice(0)))

  it('two nodes: what was written before they met comes by an exchange, what is written then by gossip; own logs are given back', async () => {
    const [a, b] = [await startPeer(), await startPeer()]
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
    const a = await startPeer()
    running.push(a)
    const { stack: stranger } = await createTestStack({ id: NETWORK, organisation }, () => EVERYBODY)
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
