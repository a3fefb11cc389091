import '../../src/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { seededRandom, systemClock } from '@srwan/clock'
import { firstGroupState, groupsOf, genesisBeacon } from '@srwan/groups'
import { createIdentity } from '@srwan/membership'
import { dhtPing, dhtProtocol, dhtService } from '../../src/directory/dht-service.ts'
import { KadDirectory } from '../../src/directory/kad-directory.ts'
import { libp2pLogger } from '../../src/libp2p-logger.ts'
import { createTrafficMetrics } from '../../src/traffic-metrics.ts'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Identify } from '@libp2p/identify'
import type { Libp2p } from 'libp2p'
import type { PeerIdText } from '@srwan/interface'

const NODES = 30
const HOSTILE = 3
const NETWORK = 'acme'
const silent = { error() {}, warn() {}, info() {}, debug() {} }
const clock = systemClock()

type DhtNode = Libp2p<{ identify: Identify; dht: KadDHT }>

/** All nodes of this process together. */
const traffic = createTrafficMetrics(clock)
/** Nodes that look for their neighbours at once; what the answers cost is counted, too. */
const LOOKING = 6
/** Hours of a month: one look at the own neighbours in each. */
const LOOKUPS_A_MONTH = 730

const node = (seed: number): { peerId: PeerIdText; make: () => Promise<DhtNode> } => {
  const identity = createIdentity(seededRandom(seed))
  const make = (): Promise<DhtNode> =>
    createLibp2p({
      privateKey: identity.privateKey,
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false },
      connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 100 },
      metrics: traffic.metrics,
      logger: libp2pLogger({ forComponent: () => silent }),
      services: { identify: identify(), ping: dhtPing, dht: dhtService({ networkId: NETWORK, server: true, clock }) }
    }) as unknown as Promise<DhtNode>
  return { peerId: identity.peerId, make }
}

describe('the directory over kad-dht', function () {
  this.timeout(120_000)
  const made = Array.from({ length: NODES }, (_, i) => node(100 + i))
  const peerIds = made.map(({ peerId }) => peerId)
  const groups = groupsOf(firstGroupState({ epoch: 0, roster: peerIds, beacon: genesisBeacon(NETWORK) }, { groupSize: 10, admission: 'at-once' }))
  const nodes: DhtNode[] = []

  before(async () => {
    for (const { make } of made) nodes.push(await make())
    // A hostile tenth takes every question and answers none.
    for (const hostile of nodes.slice(1, 1 + HOSTILE)) {
      await hostile.unhandle(dhtProtocol(NETWORK))
      await hostile.handle(dhtProtocol(NETWORK), (stream) => {
        stream.abort(new Error('no answer'))
      })
    }
    // Everybody knows one peer: its bootstrap node, an honest one.
    const [first] = nodes
    if (first === undefined) throw new Error('no node')
    for (const each of nodes.slice(1)) {
      await each.dial(first.getMultiaddrs())
    }
    await Promise.all(nodes.slice(-LOOKING).map((each) => drain(each.services.dht.getClosestPeers(each.peerId.toMultihash().bytes, { signal: AbortSignal.timeout(20_000) }))))
  })

  after(async () => {
    await Promise.all(
      nodes.map(async (each) => {
        await each.stop()
      })
    )
  })

  const directory = (i: number): KadDirectory =>
    new KadDirectory({ dht: (nodes[i] as DhtNode).services.dht, self: peerIds[i] as PeerIdText, groups: () => groups, clock, random: seededRandom(i), logger: silent })

  it('a node that knows one peer finds the members of its group', async () => {
    for (const i of [5, 17, 29]) {
      const number = groups.groupOf(peerIds[i] as PeerIdText) as number
      const members = groups.group(number)?.members ?? []
      const found: PeerIdText[] = []
      for await (const located of directory(i).members(number)) {
        found.push(located.peerId)
        expect(located.multiaddrs.map(String)).to.include(
          nodes[peerIds.indexOf(located.peerId)]
            ?.getMultiaddrs()[0]
            ?.toString()
            .replace(/\/p2p\/.*$/, '')
        )
      }
      expect(found.sort()).to.deep.equal(members.filter((peerId) => peerId !== peerIds[i]).sort())
    }
  })

  it('whoever asks finds holders of a shard; of a group that there is not, nobody', async () => {
    for (const { number, members } of groups.groups.filter((group) => group.members.length > 3)) {
      const holders = await directory(9).holders(number)
      expect(holders).to.have.lengthOf(3)
      expect(holders.every(({ peerId }) => members.includes(peerId))).to.equal(true)
    }
    expect(await directory(9).holders(12_345)).to.deep.equal([])
  })

  it('idle, it costs less than 0.2 GB a month', async () => {
    const before = traffic.traffic().libp2pOverhead?.sentOctets ?? 0
    await Promise.all(nodes.slice(-LOOKING).map((each) => drain(each.services.dht.getClosestPeers(each.peerId.toMultihash().bytes, { signal: AbortSignal.timeout(30_000) }))))
    const each = ((traffic.traffic().libp2pOverhead?.sentOctets ?? 0) - before) / LOOKING
    process.stdout.write(`        ${((each * LOOKUPS_A_MONTH) / 1e6).toFixed(1)} MB a month and node, keep-alives of yamux not included\n`)
    expect(each).to.be.above(500)
    expect(each * LOOKUPS_A_MONTH).to.be.below(200e6)
  })

  it('a router that nobody knows is not found, and a caller that gives up is told so', async () => {
    const stranger = createIdentity(seededRandom(999)).peerId
    expect(await directory(4).locate(stranger)).to.equal(undefined)
    const aborted = AbortSignal.abort(new Error('given up'))
    const error = await directory(4)
      .locate(stranger, aborted)
      .catch((reason: unknown) => reason)
    expect((error as Error).message).to.equal('given up')
  })
})

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const event of events) void event
  } catch {
    // A look-up before the table is filled may find nothing.
  }
}
