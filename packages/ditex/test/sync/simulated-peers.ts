import { hash } from 'node:crypto'
import { Listeners, ms } from '@srwan/interface'
import { FrameQueue } from '@srwan/testing'
import type { PeerIdText } from '@srwan/interface'
import type { EntryTopic, FrameStream, GossipVerdict, SyncPeers } from '../../src/index.ts'
import type { SimulatedNetwork, SimulatedNode } from './simulated-network.ts'

/** A node's connections: streams and the topic, with latency, within its part of the network. */
export class SimulatedPeers implements SyncPeers {
  readonly neighbours = new Set<SimulatedNode>()
  readonly events = new Listeners<{ connected: PeerIdText }>()
  readonly #network: SimulatedNetwork
  readonly #seen = new Set<string>()
  #validator: ((data: Uint8Array) => Promise<GossipVerdict>) | undefined
  own: SimulatedNode | undefined
  rejected = 0

  constructor(network: SimulatedNetwork) {
    this.#network = network
  }

  on(name: 'connected', listener: (peer: PeerIdText) => void): void {
    this.events.on(name, listener)
  }
  off(name: 'connected', listener: (peer: PeerIdText) => void): void {
    this.events.off(name, listener)
  }

  connected(): readonly PeerIdText[] {
    return this.#reachable().map((node) => node.signer.peerId)
  }

  open(peer: PeerIdText): Promise<FrameStream> {
    const other = this.#reachable().find((node) => node.signer.peerId === peer)
    if (this.own === undefined || other === undefined) return Promise.reject(new Error('not connected'))
    const [near, far] = streamPair(this.#network, this.own, other)
    void other.replication.serve(this.own.signer.peerId, far)
    return Promise.resolve(near)
  }

  readonly topic: EntryTopic = {
    publish: (data) => {
      this.#seen.add(hash('sha256', data))
      this.#forward(data)
      return Promise.resolve()
    },
    setValidator: (validate) => {
      this.#validator = validate
    }
  }

  /** A message arrives from a neighbour; what is accepted goes on to the others. */
  async receive(data: Uint8Array): Promise<void> {
    const name = hash('sha256', data)
    if (this.#seen.has(name) || this.#validator === undefined) return
    this.#seen.add(name)
    const verdict = await this.#validator(data)
    if (verdict === 'accept') this.#forward(data)
    if (verdict === 'reject') this.rejected++
  }

  #reachable(): readonly SimulatedNode[] {
    const { own } = this
    return own === undefined ? [] : [...this.neighbours].filter((node) => this.#network.reaches(own, node))
  }

  #forward(data: Uint8Array): void {
    const { own } = this
    if (own === undefined) return
    // Three links of a mesh, as gossipsub is configured.
    for (const node of [...this.#reachable()].sort(() => this.#network.random.next() - 0.5).slice(0, 3)) {
      this.#network.octets.gossip += data.length
      this.#network.deliver(own, node, { octets: data.length, work: () => void node.peers.receive(data) })
    }
  }
}

function streamPair(network: SimulatedNetwork, a: SimulatedNode, b: SimulatedNode): readonly [FrameStream, FrameStream] {
  const queues = [new FrameQueue(), new FrameQueue()] as const
  const delay = network.latency()
  const side = (from: SimulatedNode, to: SimulatedNode, own: FrameQueue, others: FrameQueue): FrameStream => ({
    send: async (frame) => {
      const sent = network.tamper === undefined ? frame : network.tamper(from, to, frame)
      network.octets.sync += frame.length
      // Only so much waits on the uplink: gossip comes in between.
      const left = network.leavesIn(from, frame.length)
      if (left > 0) await network.clock.sleep(ms(left))
      // One delay for all frames of a stream: they arrive in order.
      if (sent !== undefined) network.clock.setTimeout(() => network.reaches(from, to) && others.push(sent), ms(delay))
    },
    frames: own,
    close: () => {
      own.end()
      network.clock.setTimeout(() => others.end(), ms(delay))
    }
  })
  return [side(a, b, queues[0], queues[1]), side(b, a, queues[1], queues[0])]
}
