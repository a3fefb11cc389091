import '../../../src/polyfill.ts'
import { Socket } from 'node:net'
import { expect } from 'chai'
import { ms } from '@srwan/interface'
import { CONNECTION_ON_THE_WIRE, SEGMENT_HEAD, STREAM_ON_THE_WIRE, frameOnTheWire, gossipOnTheWire, octetsOnTheWire } from '@srwan/testing'
import { eventually } from '../../test-network.ts'
import { entryTopicName } from '../../../src/ditex/entry-gossip.ts'
import { NETWORK, startPeer, stopPeers } from '../libp2p-peer.ts'
import type { Peer } from '../libp2p-peer.ts'

const TIMES = 10
const CONNECTIONS = 3

/** Not in the types of gossipsub. */
const meshOf = ({ stack }: Peer): number =>
  (stack.services.pubsub as unknown as { getMeshPeers: (topic: string) => readonly string[] }).getMeshPeers(entryTopicName(NETWORK)).length

/** Octets that two peers sent and the writes to TCP in which they did: each is a segment, or more where it is long. */
class Wire {
  readonly #peers: readonly Peer[]
  #writes = 0
  readonly #original = { _write: Socket.prototype._write, _writev: Socket.prototype._writev }

  constructor(peers: readonly Peer[]) {
    this.#peers = peers
    for (const name of ['_write', '_writev'] as const) {
      const write = this.#original[name] as (this: Socket, ...args: unknown[]) => void
      const count = (): void => void this.#writes++
      Socket.prototype[name] = function (this: Socket, ...args: unknown[]) {
        count()
        write.apply(this, args)
      } as never
    }
  }

  async during(work: () => Promise<void>): Promise<{ readonly octets: number; readonly writes: number }> {
    const before = { octets: this.#sent(), writes: this.#writes }
    await work()
    return { octets: this.#sent() - before.octets, writes: this.#writes - before.writes }
  }

  stop(): void {
    Object.assign(Socket.prototype, this.#original)
  }

  #sent(): number {
    return this.#peers.reduce((sum, { traffic }) => sum + Object.values(traffic.traffic()).reduce((octets, { sentOctets }) => octets + sentOctets, 0), 0)
  }
}

describe('what libp2p adds', function () {
  this.timeout(120_000)
  let peers: readonly [Peer, Peer]
  let wire: Wire

  before(async () => {
    // No exchange by itself while others are counted.
    peers = [await startPeer(ms(1e9)), await startPeer(ms(1e9))]
    const [a, b] = peers
    wire = new Wire(peers)
    await b.stack.dial(a.stack.getMultiaddrs())
    await eventually('both compared', () => peers.every(({ replication }) => replication.status().sync.exchanges === 1))
    await eventually('both gossip', () => peers.every((peer) => meshOf(peer) === 1))
  })

  after(async () => {
    wire.stop()
    await stopPeers(peers)
  })

  it('to an exchange is what the month is computed with, in few writes', async () => {
    const [a, b] = peers
    const exchanges = (): number => a.replication.status().sync.exchanges
    const frames = (): number => peers.reduce((sum, { replication }) => sum + replication.status().sync.controlSent, 0)
    const [start, content] = [exchanges(), frames()]
    const { octets, writes } = await wire.during(async () => {
      for (let i = 1; i <= TIMES; i++) {
        await b.replication.peerHeads.fetchOwn(b.identity.peerId, b.replica.currentEpoch(), AbortSignal.timeout(20_000))
        await eventually('it is over', () => exchanges() === start + i)
      }
    })
    const frame = (frames() - content) / (2 * TIMES)
    // Each write is acknowledged: on loopback by itself, elsewhere often with what comes back.
    const measured = (octets + writes * 2 * SEGMENT_HEAD) / (2 * TIMES)
    expect(writes / (2 * TIMES), 'writes of each side of an exchange').to.be.at.most(5)
    expect(octetsOnTheWire(STREAM_ON_THE_WIRE) + octetsOnTheWire(frameOnTheWire(frame))).to.be.within(0.8 * measured, 1.4 * measured)
  })

  it('to a gossiped message is what the month is computed with, in one write', async () => {
    const [, b] = peers
    for (const length of [127, 1200]) {
      const { octets, writes } = await wire.during(async () => {
        for (let i = 0; i < TIMES; i++) {
          const before = peers[0].replication.status().gossip.received
          await b.topic.publish(new Uint8Array(length).fill(length + i))
          await eventually('it came', () => peers[0].replication.status().gossip.received > before)
        }
      })
      const measured = (octets + writes * 2 * SEGMENT_HEAD) / TIMES
      expect(writes / TIMES, 'writes for each message').to.be.below(2)
      expect(octetsOnTheWire(gossipOnTheWire(length))).to.be.within(0.8 * measured, 1.4 * measured)
    }
  })

  it('to a new connection is what the month is computed with', async () => {
    const [a, b] = peers
    const isOpen = (): boolean => a.stack.getConnections().length === 1 && b.stack.getConnections().length === 1
    const ours = (): number =>
      peers.reduce((sum, { traffic }) => sum + ['roster', 'exchange'].reduce((octets, purpose) => octets + (traffic.traffic()[purpose]?.sentOctets ?? 0), 0), 0)
    const before = ours()
    const { octets, writes } = await wire.during(async () => {
      for (let i = 0; i < CONNECTIONS; i++) {
        await b.stack.hangUp(a.stack.peerId)
        await eventually('it is closed', () => a.stack.getConnections().length === 0)
        await b.stack.dial(a.stack.getMultiaddrs())
        await eventually('both gossip', () => isOpen() && peers.every((peer) => meshOf(peer) === 1))
      }
    })
    // TCP opens with three segments and closes with four, which are no writes.
    const measured = (octets - (ours() - before) + (writes * 2 + CONNECTIONS * 7) * SEGMENT_HEAD) / (2 * CONNECTIONS)
    expect(octetsOnTheWire(CONNECTION_ON_THE_WIRE)).to.be.within(0.8 * measured, 1.4 * measured)
  })
})
