import { hash } from 'node:crypto'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { Listeners, ms } from '@srwan/interface'
import { FrameQueue, silentLogger } from '@srwan/testing'
import { verifyWith } from '@srwan/wire'
import { MemoryEntryStore, createDitexReplication, createReplica } from '../../src/index.ts'
import { NETWORK, createSigner, encodedOf, writeLog } from '../fixtures.ts'
import type { VirtualClock } from '@srwan/clock'
import type { AnchorSource, AuthorRoster, LogEntry, LogScope, PeerIdText, Random, Signer } from '@srwan/interface'
import type { DitexReplication, DitexReplicationComponents, EntryTopic, FrameStream, GossipVerdict, Replica, SealedEntry, SyncPeers } from '../../src/index.ts'

const DEGREE = 8
const LATENCY = { least: 5, most: 80 }

/** A node of the simulation: a real replica and real replication over streams and gossip of the virtual clock. */
export interface SimulatedNode {
  readonly index: number
  readonly signer: Signer
  readonly store: MemoryEntryStore
  readonly peers: SimulatedPeers
  replica: Replica
  replication: DitexReplication
  components: DitexReplicationComponents
  up: boolean
  /** Part of the network it is in: only nodes of one part reach each other. */
  part: number
  /** The last log that it wrote, so that it can go on. */
  log: SealedEntry[]
  /** What it keeps over restarts of logs that went on late; the test may lose it. */
  late: Uint8Array | undefined
  /** Times that it looked for others, as an eclipsed node does. */
  sought: number
}

export interface SimulationInit {
  readonly nodes: number
  readonly seed?: number
  readonly epochLength?: number
  /** Raw key of the organisation, and what it signs with at node 0. */
  readonly organisation?: { readonly publicKey: Uint8Array; readonly sign: (data: Uint8Array) => Uint8Array }
  /** Each node's own word on which roots count. @default those that the organisation signed */
  readonly anchors?: (index: number) => AnchorSource
}

/** Nodes in one process on a virtual clock, joined at random, each with some 8 neighbours. */
export class SimulatedNetwork {
  readonly clock: VirtualClock
  readonly random: Random
  readonly nodes: SimulatedNode[] = []
  readonly roster: AuthorRoster
  readonly octets = { sync: 0, gossip: 0 }
  readonly epochLength: number
  /** Frames between two nodes as a hostile stream changes them: `undefined` drops one. */
  tamper: ((from: SimulatedNode, to: SimulatedNode, frame: Uint8Array) => Uint8Array | undefined) | undefined
  readonly init: SimulationInit
  /** Every signature is checked once in the process: the simulation is about messages. */
  readonly #verified = new Map<string, boolean>()

  constructor(init: SimulationInit) {
    this.init = init
    this.epochLength = init.epochLength ?? 60_000
    this.clock = createVirtualClock({ wallStart: ms(this.epochLength * 20_000_000) })
    this.random = seededRandom(init.seed ?? 1)
    const signers = Array.from({ length: init.nodes }, () => createSigner(this.random.bytes(32)))
    const authors = new Set(signers.map((signer) => signer.peerId))
    const positions = new Map([...authors].map((author) => [author, hash('sha256', author, 'buffer')]))
    this.roster = {
      isAuthor: (author) => authors.has(author),
      authors: () => [...authors],
      groupOf: (author) => (authors.has(author) ? 1 : undefined),
      position: (author) => positions.get(author) ?? hash('sha256', author, 'buffer')
    }
    for (const [index, signer] of signers.entries()) this.nodes.push(this.#create(index, signer))
    this.#connect()
  }

  get epoch(): number {
    return Math.floor(this.clock.wallTime() / this.epochLength)
  }

  async start(): Promise<void> {
    for (const node of this.nodes) await this.#startNode(node)
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) if (node.up) await this.takeDown(node)
  }

  async takeDown(node: SimulatedNode): Promise<void> {
    node.up = false
    await this.clock.runUntil(node.replication.stop())
    await node.replica.stop()
  }

  /** Starts a node again, over what its store held. */
  async bringUp(node: SimulatedNode): Promise<void> {
    this.#renew(node)
    await this.#startNode(node)
    for (const other of node.peers.neighbours) this.#tellConnected(node, other)
  }

  /** Parts the network, or joins it again where all parts are one. */
  setParts(partOf: (node: SimulatedNode) => number): void {
    const before = this.nodes.map((node) => node.part)
    for (const node of this.nodes) node.part = partOf(node)
    for (const node of this.nodes) {
      for (const other of node.peers.neighbours)
        if (before[node.index] !== before[other.index] && node.part === other.part && node.index < other.index) this.#tellConnected(node, other)
    }
  }

  /** Lets a node write: what it says goes into its log of this epoch. */
  async write(node: SimulatedNode, says: readonly Partial<LogEntry>[], scope: LogScope = 'global'): Promise<readonly SealedEntry[]> {
    const { epoch } = this
    const [last] = node.log.slice(-1)
    const after = last?.signed.entry.epoch === epoch && last.signed.entry.scope === scope ? node.log : []
    const log = await writeLog(node.signer, says, { epoch, scope, after })
    node.log = log
    const fresh = log.slice(after.length)
    await node.replica.offer(encodedOf(fresh), { durable: true, trusted: true })
    return fresh
  }

  /** Are all roots of all nodes that are up the same? */
  isEqual(nodes: readonly SimulatedNode[] = this.nodes): boolean {
    return new Set(nodes.filter((node) => node.up).map((node) => this.rootsOf(node))).size <= 1
  }

  rootsOf({ replica, replication }: SimulatedNode): string {
    const shards = replica.epochs().flatMap((epoch) => [{ scope: 'global', epoch } as const, { scope: 'group', epoch, group: 1 } as const, { scope: 'evidence', epoch } as const])
    return shards.map((shard) => `${shard.epoch}/${shard.scope}/${hash('sha256', Buffer.from(replication.tries.rootText(shard), 'latin1'))}`).join('\n')
  }

  deliver(from: SimulatedNode, to: SimulatedNode, work: () => void): void {
    this.clock.setTimeout(
      () => {
        if (from.up && to.up && from.part === to.part) work()
      },
      ms(LATENCY.least + (LATENCY.most - LATENCY.least) * this.random.next())
    )
  }

  reaches(from: SimulatedNode, to: SimulatedNode): boolean {
    return from.up && to.up && from.part === to.part
  }

  async #startNode(node: SimulatedNode): Promise<void> {
    await node.replica.start()
    node.up = true
    await node.replication.start()
  }

  #create(index: number, signer: Signer): SimulatedNode {
    const store = new MemoryEntryStore()
    const peers = new SimulatedPeers(this)
    const node = { index, signer, store, peers, up: false, part: 0, log: [], sought: 0 } as unknown as SimulatedNode
    peers.own = node
    this.#renew(node)
    return node
  }

  #renew(node: SimulatedNode): void {
    const { clock, roster } = this
    const random = seededRandom(Math.floor(this.random.next() * 2 ** 40))
    const logger = silentLogger()
    const verify = (key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean => {
      const name = Buffer.concat([signature, hash('sha256', data, 'buffer'), key]).toString('latin1')
      const known = this.#verified.get(name) ?? verifyWith(key, data, signature)
      this.#verified.set(name, known)
      return known
    }
    node.replica = createReplica({ clock, random, logger, roster, store: node.store, verify }, { network: NETWORK, epochLength: ms(this.epochLength) })
    node.components = {
      replica: node.replica,
      roster,
      peers: node.peers,
      topics: { global: node.peers.topic, group: node.peers.topic },
      clock,
      random,
      logger,
      verify,
      seekOthers: () => node.sought++
    }
    const { organisation, anchors } = this.init
    const lateStore = {
      load: () => Promise.resolve(node.late),
      save: (octets: Uint8Array) => {
        node.late = octets
        return Promise.resolve()
      }
    }
    const nothing = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() }
    const seal = organisation !== undefined && node.index === 0 ? { seal: organisation.sign } : {}
    const init = { self: node.signer.peerId, organisation: organisation?.publicKey ?? new Uint8Array(32), epochLength: ms(this.epochLength) }
    const given = anchors === undefined ? {} : { anchors: anchors(node.index) }
    node.replication = createDitexReplication({ ...node.components, ...seal, ...given, lateStores: { anchored: lateStore, stated: nothing } }, init)
  }

  #connect(): void {
    for (const node of this.nodes) {
      const others = this.nodes.filter((other) => other !== node).sort(() => this.random.next() - 0.5)
      for (const other of others) {
        if (node.peers.neighbours.size >= DEGREE) break
        if (other.peers.neighbours.size >= DEGREE + 2) continue
        node.peers.neighbours.add(other)
        other.peers.neighbours.add(node)
      }
    }
  }

  #tellConnected(a: SimulatedNode, b: SimulatedNode): void {
    if (!this.reaches(a, b)) return
    a.peers.events.emit('connected', b.signer.peerId)
    b.peers.events.emit('connected', a.signer.peerId)
  }
}

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
      this.#network.deliver(own, node, () => void node.peers.receive(data))
    }
  }
}

function streamPair(network: SimulatedNetwork, a: SimulatedNode, b: SimulatedNode): readonly [FrameStream, FrameStream] {
  const queues = [new FrameQueue(), new FrameQueue()] as const
  const delay = LATENCY.least + (LATENCY.most - LATENCY.least) * network.random.next()
  const side = (from: SimulatedNode, to: SimulatedNode, own: FrameQueue, others: FrameQueue): FrameStream => ({
    send: (frame) => {
      const sent = network.tamper === undefined ? frame : network.tamper(from, to, frame)
      network.octets.sync += frame.length
      // One delay for all frames of a stream: they arrive in order.
      if (sent !== undefined) network.clock.setTimeout(() => network.reaches(from, to) && others.push(sent), ms(delay))
      return Promise.resolve()
    },
    frames: own,
    close: () => {
      own.end()
      network.clock.setTimeout(() => others.end(), ms(delay))
    }
  })
  return [side(a, b, queues[0], queues[1]), side(b, a, queues[1], queues[0])]
}
