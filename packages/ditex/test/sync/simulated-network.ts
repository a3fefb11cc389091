import { hash } from 'node:crypto'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { verifyWith } from '@srwan/wire'
import { MemoryEntryStore, createDitexReplication, createReplica } from '../../src/index.ts'
import { NETWORK, createSigner, encodedOf, writeLog } from '../fixtures.ts'
import { SimulatedPeers } from './simulated-peers.ts'
import type { VirtualClock } from '@srwan/clock'
import type { AnchorSource, AuthorRoster, LogEntry, LogScope, Random, Signer } from '@srwan/interface'
import type { Quota } from '../../src/sync/token-bucket.ts'
import type { DitexReplication, DitexReplicationComponents, Replica, SealedEntry } from '../../src/index.ts'

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
  /** When its uplink has nothing more to carry. */
  busyUntil: number
  /** Times that it looked for others, as an eclipsed node does. */
  sought: number
  /** Whom it finds then. */
  findable: readonly SimulatedNode[]
}

export interface SimulationInit {
  readonly nodes: number
  readonly seed?: number
  readonly epochLength?: number
  /** What the uplink of each node carries; its streams and its gossip share it. @default all at once */
  readonly octetsPerSecond?: number
  /** Of each node, for each of its peers. */
  readonly peerQuota?: Quota
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

  deliver(from: SimulatedNode, to: SimulatedNode, { octets, work }: { readonly octets: number; readonly work: () => void }): void {
    this.clock.setTimeout(
      () => {
        if (from.up && to.up && from.part === to.part) work()
      },
      ms(this.leavesIn(from, octets) + this.latency())
    )
  }

  /** Of one link, drawn. */
  latency(): number {
    return LATENCY.least + (LATENCY.most - LATENCY.least) * this.random.next()
  }

  /** Puts octets behind those that the uplink of a node carries already. @returns when they are gone, from now on */
  leavesIn(from: SimulatedNode, octets: number): number {
    const { octetsPerSecond } = this.init
    if (octetsPerSecond === undefined) return 0
    from.busyUntil = Math.max(this.clock.now(), from.busyUntil) + (octets / octetsPerSecond) * 1000
    return from.busyUntil - this.clock.now()
  }

  /** Makes neighbours of two nodes. */
  link(one: SimulatedNode, other: SimulatedNode): void {
    one.peers.neighbours.add(other)
    other.peers.neighbours.add(one)
  }

  /** Takes all connections away, for a network of one's own making. */
  unlink(): void {
    for (const { peers } of this.nodes) peers.neighbours.clear()
  }

  /** A node as it is without anything: what it held is gone. It is to be down. */
  empty(node: SimulatedNode): void {
    Object.assign(node, { store: new MemoryEntryStore(), late: undefined, log: [] })
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
    const node = { index, signer, store, peers, up: false, part: 0, log: [], busyUntil: 0, sought: 0, findable: [] } as unknown as SimulatedNode
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
      seekOthers: () => this.#seekOthers(node)
    }
    const { organisation, anchors, peerQuota } = this.init
    const lateStore = {
      load: () => Promise.resolve(node.late),
      save: (octets: Uint8Array) => {
        node.late = octets
        return Promise.resolve()
      }
    }
    const nothing = { load: () => Promise.resolve(undefined), save: () => Promise.resolve() }
    const seal = organisation !== undefined && node.index === 0 ? { seal: organisation.sign } : {}
    const init = {
      self: node.signer.peerId,
      organisation: organisation?.publicKey ?? new Uint8Array(32),
      epochLength: ms(this.epochLength),
      ...(peerQuota === undefined ? {} : { peerQuota })
    }
    const given = anchors === undefined ? {} : { anchors: anchors(node.index) }
    node.replication = createDitexReplication({ ...node.components, ...seal, ...given, lateStores: { anchored: lateStore, stated: nothing } }, init)
  }

  #seekOthers(node: SimulatedNode): void {
    node.sought++
    const other = node.findable.find((found) => !node.peers.neighbours.has(found))
    if (other === undefined) return
    this.link(node, other)
    this.#tellConnected(node, other)
  }

  #connect(): void {
    for (const node of this.nodes) {
      const others = this.nodes.filter((other) => other !== node).sort(() => this.random.next() - 0.5)
      for (const other of others) {
        if (node.peers.neighbours.size >= DEGREE) break
        if (other.peers.neighbours.size >= DEGREE + 2) continue
        this.link(node, other)
      }
    }
  }

  #tellConnected(a: SimulatedNode, b: SimulatedNode): void {
    if (!this.reaches(a, b)) return
    a.peers.events.emit('connected', b.signer.peerId)
    b.peers.events.emit('connected', a.signer.peerId)
  }
}
