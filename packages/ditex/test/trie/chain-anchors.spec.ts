import { expect } from 'chai'
import { systemClock } from '@srwan/clock'
import { Listeners, ms } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { answerProofs, createDitexReplication, createQueryService, decodeAnchor, documentOf, encodeAnchor, queryCodec, querySource, verifyDocument } from '../../src/index.ts'
import { SimulatedNetwork } from '../sync/simulated-network.ts'
import { NETWORK, createSigner } from '../fixtures.ts'
import type { Anchor, AnchorSource } from '@srwan/interface'
import type { QueryDocument } from '../../src/index.ts'
import type { SimulatedNode } from '../sync/simulated-network.ts'

const EPOCH_LENGTH = 40_000
const NODES = 5
const never = new AbortController().signal

/** A chain as far as anchors go: what it has finalised, each root without anybody's signature. */
class Chain {
  readonly #finalised = new Map<number, Anchor>()

  finalise(epoch: number, root: Uint8Array): Anchor {
    const anchor = { epoch, root, beacon: new Uint8Array(32).fill(epoch % 256), signature: new Uint8Array(0) }
    this.#finalised.set(epoch, anchor)
    return anchor
  }

  readonly isFinalised = (epoch: number, root: Uint8Array): boolean => Buffer.compare(this.#finalised.get(epoch)?.root ?? Buffer.alloc(0), root) === 0
}

/** A node's client of it: knows what it was told, once the chain says the same. */
class ChainAnchors implements AnchorSource {
  readonly contradictions = 0
  refused = 0
  readonly #chain: Chain
  readonly #known = new Map<number, Anchor>()
  readonly #listeners = new Listeners<{ change: Anchor }>()

  constructor(chain: Chain) {
    this.#chain = chain
  }

  on(name: 'change', listener: (anchor: Anchor) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'change', listener: (anchor: Anchor) => void): void {
    this.#listeners.off(name, listener)
  }
  at(epoch: number): Anchor | undefined {
    return this.#known.get(epoch)
  }
  latest(): Anchor | undefined {
    return this.after(-1).at(-1)
  }
  after(epoch: number): readonly Anchor[] {
    return [...this.#known.values()].filter((anchor) => anchor.epoch > epoch).sort((a, b) => a.epoch - b.epoch)
  }
  offer(anchor: Anchor): boolean {
    if (this.#known.has(anchor.epoch)) return false
    if (!this.#chain.isFinalised(anchor.epoch, anchor.root)) {
      this.refused++
      return false
    }
    this.take(anchor)
    return true
  }
  /** As from the chain itself. */
  take(anchor: Anchor): void {
    this.#known.set(anchor.epoch, anchor)
    this.#listeners.emit('change', anchor)
  }
}

describe('anchors of a chain', function () {
  this.timeout(60_000)
  let chain: Chain
  let clients: readonly ChainAnchors[]
  let network: SimulatedNetwork
  let epoch: number

  beforeEach(async () => {
    chain = new Chain()
    clients = Array.from({ length: NODES }, () => new ChainAnchors(chain))
    network = new SimulatedNetwork({ nodes: NODES, epochLength: EPOCH_LENGTH, anchors: (index) => clients[index] as ChainAnchors })
    await network.start()
    epoch = network.epoch
    for (const node of network.nodes) await network.write(node, [{ key: 'k', body: node.index }])
    await network.clock.advance(EPOCH_LENGTH * 2.1)
  })
  afterEach(() => network.stop())

  const rootAt = ({ replication }: SimulatedNode): Uint8Array => replication.tries.epochTrie(epoch).root

  it('take the place of the organisation’s: one client reads a root, the members tell each other, each asks the chain', async () => {
    const [first] = network.nodes as [SimulatedNode]
    expect(network.nodes.map(({ replication }) => replication.anchored(epoch))).to.deep.equal(Array(NODES).fill(undefined))
    const anchor = chain.finalise(epoch, rootAt(first))
    expect(first.replication.anchors.offer(anchor)).to.equal(true)
    await network.clock.advance(60_000)
    for (const { replication } of network.nodes) {
      expect(replication.anchors.at(epoch)).to.deep.equal(anchor)
      expect(replication.anchored(epoch)).to.equal('equal')
      expect(replication.beacons.beacon(epoch + 2)).to.deep.equal(anchor.beacon)
      expect(replication.status()).to.include({ anchoredUpTo: epoch, contradictions: 0 })
    }
  })

  it('are what the chain says, whatever a member says', async () => {
    const [first, , hostile] = network.nodes as [SimulatedNode, SimulatedNode, SimulatedNode]
    const forged = new Chain().finalise(epoch, new Uint8Array(32).fill(7))
    clients[hostile.index]?.take(forged)
    await network.clock.advance(60_000)
    for (const { index } of network.nodes.filter((node) => node !== hostile)) {
      expect(clients[index]?.refused).to.be.at.least(1)
      expect(clients[index]?.latest()).to.equal(undefined)
    }
    first.replication.anchors.offer(chain.finalise(epoch, rootAt(first)))
    await network.clock.advance(60_000)
    expect(network.nodes.map(({ replication }) => replication.anchored(epoch))).to.deep.equal(network.nodes.map((node) => (node === hostile ? 'not-provable' : 'equal')))
  })

  it('are known before the replication starts, or kept by it over a restart', async () => {
    const [first, other] = network.nodes as [SimulatedNode, SimulatedNode]
    await network.takeDown(other)
    const anchor = chain.finalise(epoch, rootAt(first))
    clients[other.index]?.offer(anchor)
    await network.bringUp(other)
    expect(other.replication.anchored(epoch)).to.equal('equal')
    expect(other.replication.proofs.anchorOf(epoch)).to.deep.equal(encodeAnchor(anchor))

    const file = encodeAnchor(anchor)
    const anchors = new ChainAnchors(chain)
    const anchorStore = { load: () => Promise.resolve(file), save: () => Promise.resolve() }
    const init = { self: createSigner().peerId, organisation: new Uint8Array(32), epochLength: ms(network.epochLength) }
    const again = createDitexReplication({ ...first.components, anchors, anchorStore }, init)
    await again.start()
    expect(anchors.after(-1)).to.deep.equal([anchor])
    await network.clock.runUntil(again.stop())
  })

  it('prove answers to whoever can ask the chain, and to nobody else', async () => {
    const [first] = network.nodes as [SimulatedNode]
    first.replication.anchors.offer(chain.finalise(epoch, rootAt(first)))
    const service = createQueryService(
      { source: querySource(first.replica, ms(network.epochLength)), proofs: answerProofs(first.replication.proofs), clock: systemClock(), logger: silentLogger() },
      { network: NETWORK, readers: 'anyone' }
    )
    const answer = await service.answerOwn({ kind: 'listing' }, never)
    expect(decodeAnchor(answer.anchors[0] ?? new Uint8Array(0)).signature).to.have.lengthOf(0)
    const document = JSON.parse(JSON.stringify(documentOf(queryCodec, { kind: 'listing' }, answer, { checked: false, peers: [] }))) as QueryDocument
    const proofsOf = (trust: Parameters<typeof verifyDocument>[2]): unknown => {
      const { ok, entries, anchors } = verifyDocument(queryCodec, document, { network: NETWORK, ...trust })
      return { ok, proofs: [...new Set(entries.map(({ proof }) => proof))], vouched: anchors[0]?.vouched, signature: anchors[0]?.signature }
    }
    expect(document.entries).to.have.lengthOf(NODES)
    expect(proofsOf({ isAnchored: chain.isFinalised })).to.deep.equal({ ok: true, proofs: ['anchored'], vouched: true, signature: undefined })
    expect(proofsOf({ isAnchored: new Chain().isFinalised })).to.deep.equal({ ok: false, proofs: ['wrong'], vouched: false, signature: undefined })
    expect(proofsOf({ organisation: new Uint8Array(32).fill(1) })).to.deep.equal({ ok: false, proofs: ['wrong'], vouched: undefined, signature: false })
    expect(proofsOf({})).to.deep.equal({ ok: true, proofs: ['unchecked'], vouched: undefined, signature: undefined })
  })
})
