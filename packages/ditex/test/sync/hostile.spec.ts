import { expect } from 'chai'
import { authorOfKey } from '../../src/index.ts'
import { readItems, roomFor, writeItem } from '../../src/sync/sync-items.ts'
import { OctetWriter } from '../../src/sync/octets.ts'
import { encodedOf, writeLog } from '../fixtures.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import type { PeerFault } from '../../src/sync/peer-record.ts'
import type { SimulatedNode } from './simulated-network.ts'

const PULSE = 10_000
const EPOCH_LENGTH = 600_000

const faultsOf = (node: SimulatedNode): { readonly peer: string; readonly fault: PeerFault }[] => {
  const faults: { peer: string; fault: PeerFault }[] = []
  node.replication.on('fault', (fault) => faults.push(fault))
  return faults
}

async function withNetwork(nodes: number, work: (network: SimulatedNetwork) => Promise<void>, epochLength = EPOCH_LENGTH): Promise<void> {
  const network = new SimulatedNetwork({ nodes, epochLength })
  await network.start()
  try {
    await work(network)
  } finally {
    network.tamper = undefined
    await network.stop()
  }
}

describe('hostile peers', function () {
  this.timeout(120_000)

  it('an author that forks: everybody holds the proof within two pulses, and nobody else is touched', () =>
    withNetwork(12, async (network) => {
      const [forker, honest] = network.nodes as [SimulatedNode, SimulatedNode]
      const stem = await network.write(forker, [{ key: 'one' }, { key: 'two' }])
      await network.write(honest, [{ key: 'mine' }])
      await network.clock.advance(PULSE)
      const branches = await Promise.all(['left', 'right'].map((body) => writeLog(forker.signer, [{ key: 'three', body }, { key: 'four' }], { epoch: network.epoch, after: stem })))
      for (const [i, node] of network.nodes.slice(2).entries()) await node.replica.offer(encodedOf(branches[i % 2] ?? []))
      await network.clock.advance(2 * PULSE)
      const place = { scope: 'global', epoch: network.epoch, author: forker.signer.peerId } as const
      for (const { replica } of network.nodes) {
        expect(replica.head(place)).to.include({ forkedAt: 3, seq: 2 })
        expect(await replica.forkProof(place)).to.have.property('seq', 3)
        expect(replica.head({ ...place, author: honest.signer.peerId }))
          .to.include({ seq: 1 })
          .and.not.to.have.property('forkedAt')
      }
      expect(network.isEqual()).to.equal(true)
    }))

  it('a fork behind which the branches went on for different lengths is found at its beginning by the next exchange', () =>
    withNetwork(2, async (network) => {
      const [a, b] = network.nodes as [SimulatedNode, SimulatedNode]
      network.setParts((node) => node.index)
      const stem = await writeLog(a.signer, [{ key: 'one' }], { epoch: network.epoch })
      const says = (word: string): { key: string; body: string }[] => Array.from({ length: 5 }, (_, i) => ({ key: `${i}`, body: word }))
      await a.replica.offer(encodedOf(await writeLog(a.signer, says('left'), { epoch: network.epoch, after: stem })))
      await b.replica.offer(encodedOf(await writeLog(a.signer, says('right'), { epoch: network.epoch, after: stem })))
      network.setParts(() => 0)
      await network.clock.advance(2 * PULSE)
      const place = { scope: 'global', epoch: network.epoch, author: a.signer.peerId } as const
      for (const { replica } of [a, b]) expect(replica.head(place)).to.include({ forkedAt: 2, seq: 1 })
      expect(network.isEqual()).to.equal(true)
    }))

  it('an author at ten times its quota is muted by gossip, and the entries of others arrive as fast as ever', () =>
    withNetwork(10, async (network) => {
      const [flooder, honest] = network.nodes as [SimulatedNode, SimulatedNode]
      const says = (from: number): { key: string }[] => Array.from({ length: 25 }, (_, i) => ({ key: `${from + i}` }))
      // No exchanges for now: what arrives, arrives by gossip.
      network.tamper = () => undefined
      for (let i = 0; i < 10; i++) {
        await network.write(flooder, says(25 * i))
        if (i === 5) await network.write(honest, [{ key: 'urgent' }])
        await network.clock.advance(500)
      }
      const others = network.nodes.slice(2)
      for (const { replica, replication } of others) {
        expect(replica.head({ scope: 'global', epoch: network.epoch, author: honest.signer.peerId })).to.include({ seq: 1 })
        expect(replica.head({ scope: 'global', epoch: network.epoch, author: flooder.signer.peerId })?.seq ?? -1).to.be.below(100)
        expect(replication.status().gossip.muted).to.be.above(0)
      }
    }))

  it('a replica that alters what it passes on is noticed at once and left alone; the entries come from others', () =>
    withNetwork(8, async (network) => {
      const [liar, writer, victim] = network.nodes as [SimulatedNode, SimulatedNode, SimulatedNode]
      network.tamper = (from, _to, frame) => (from === liar ? alterEntries(frame) : frame)
      const faults = faultsOf(victim)
      // Kept from gossip, so that exchanges have to bring it.
      network.setParts((node) => (node === writer || node === liar ? 0 : 1))
      await network.write(writer, [{ key: 'a' }, { key: 'b' }])
      await network.clock.advance(2 * PULSE)
      network.setParts((node) => (node === victim || node === liar ? 0 : 1))
      await network.clock.advance(2 * PULSE)
      expect(victim.replica.epochs()).to.deep.equal([])
      network.setParts(() => 0)
      await network.clock.advance(3 * PULSE)
      expect(network.isEqual()).to.equal(true)
      expect(faults.map(({ peer, fault }) => `${peer} ${fault}`)).to.include(`${liar.signer.peerId} broken`)
      expect(new Set(faults.map(({ peer }) => peer))).to.deep.equal(new Set([liar.signer.peerId]))
    }))

  it('a replica that claims entries and gives none is found out, and what it withholds comes from others', () =>
    withNetwork(6, async (network) => {
      const [liar, victim] = network.nodes as [SimulatedNode, SimulatedNode]
      liar.replica.entries = () => Promise.resolve([])
      const faults = faultsOf(victim)
      network.setParts((node) => (node === victim || node === liar ? 0 : 1))
      const stolen = await writeLog(network.nodes[2]?.signer ?? liar.signer, [{ key: 'kept' }], { epoch: network.epoch })
      await liar.replica.offer(encodedOf(stolen))
      await network.clock.advance(6 * PULSE)
      expect(faults).to.deep.include({ peer: liar.signer.peerId, fault: 'withholds' })
      await network.nodes[2]?.replica.offer(encodedOf(stolen), { durable: true })
      network.setParts(() => 0)
      await network.clock.advance(3 * PULSE)
      expect(victim.replica.head({ scope: 'global', epoch: network.epoch, author: stolen[0]?.signed.author ?? victim.signer.peerId })).to.include({ seq: 1 })
    }))

  it('a replica that goes on showing an old state is left alone after a few exchanges', () =>
    withNetwork(2, async (network) => {
      const [liar, victim] = network.nodes as [SimulatedNode, SimulatedNode]
      await network.write(liar, [{ key: 'old' }])
      await network.clock.advance(PULSE)
      liar.replica.offer = (entries) => Promise.resolve(entries.map(() => ({ outcome: 'known' as const })))
      const faults = faultsOf(victim)
      await network.write(victim, [{ key: 'new' }])
      await network.clock.advance(10 * PULSE)
      expect(faults[0]).to.deep.equal({ peer: liar.signer.peerId, fault: 'never-agrees' })
    }))

  it('omission is found by comparing with a second peer: a node whose neighbour hides an author has it from the others', () =>
    withNetwork(5, async (network) => {
      const [liar, hidden, victim] = network.nodes as [SimulatedNode, SimulatedNode, SimulatedNode]
      // The liar serves what it held before; others serve everything.
      liar.replica.offer = (entries) => Promise.resolve(entries.map(() => ({ outcome: 'known' as const })))
      network.setParts((node) => (node === hidden || node === victim ? node.index : 0))
      await network.write(hidden, [{ key: 'hidden' }])
      network.setParts(() => 0)
      await network.clock.advance(2 * PULSE)
      const place = { scope: 'global', epoch: network.epoch, author: hidden.signer.peerId } as const
      expect(victim.replica.head(place)).to.include({ seq: 1 })
      expect(liar.replica.head(place)).to.equal(undefined)
    }))

  it('a node among ten hostile peers that keep the rest from it raises the alarm, looks for others, and recovers through a single honest one', () =>
    withNetwork(
      30,
      async (network) => {
        const [victim] = network.nodes as [SimulatedNode]
        const isRing = (node: SimulatedNode): boolean => node.index <= 10
        const states: boolean[] = []
        victim.replication.on('eclipse', ({ suspected }) => states.push(suspected))
        const writeAll = async (nodes: readonly SimulatedNode[]): Promise<void> => {
          for (const node of nodes) await network.write(node, [{ key: 'alive' }])
        }
        for (let epoch = 0; epoch < 3; epoch++) {
          await writeAll(network.nodes)
          await network.clock.advance(network.epochLength)
        }
        expect(victim.replication.status().eclipse).to.include({ suspected: false })
        // The ten are authors too and go on writing; they pass nothing on of the others.
        network.setParts((node) => (isRing(node) ? 1 : 0))
        for (let epoch = 0; epoch < 3; epoch++) {
          await writeAll(network.nodes)
          await network.clock.advance(network.epochLength)
        }
        expect(victim.replication.status().eclipse).to.include({ suspected: true, expected: 29, fresh: 10 })
        expect(victim.sought).to.be.above(0)
        const honest = network.nodes[20] as SimulatedNode
        victim.peers.neighbours.add(honest)
        honest.peers.neighbours.add(victim)
        network.setParts((node) => (isRing(node) && node !== victim ? 1 : 0))
        await writeAll(network.nodes)
        await network.clock.advance(2 * PULSE)
        expect(victim.replication.status().eclipse).to.include({ suspected: false })
        expect(states).to.deep.equal([true, false])
      },
      20_000
    ))

  it('one’s own logs come back from two peers after a restart with an empty store, and from nobody else', () =>
    withNetwork(4, async (network) => {
      const [node, other] = network.nodes as [SimulatedNode, SimulatedNode]
      const written = await network.write(node, [{ key: 'a' }, { key: 'b' }])
      await network.clock.advance(PULSE)
      const fetch = ({ replication, signer }: SimulatedNode, fromEpoch: number): ReturnType<typeof replication.peerHeads.fetchOwn> =>
        network.clock.runUntil(replication.peerHeads.fetchOwn(signer.peerId, fromEpoch, new AbortController().signal), 60_000)
      const { peers, entries } = await fetch(node, network.epoch)
      expect(peers).to.equal(2)
      expect((await fetch(node, network.epoch + 1)).entries).to.deep.equal([])
      expect(new Set(entries.map((entry) => Buffer.from(entry).toString('hex')))).to.deep.equal(new Set(encodedOf(written).map((entry) => Buffer.from(entry).toString('hex'))))
      expect((await fetch(other, 0)).entries).to.deep.equal([])
      expect(entries.every((entry) => authorOfKey(entry.slice(0, 32)) === node.signer.peerId)).to.equal(true)
    }))
})

/** Flips an octet in the body of every entry of a frame. */
function alterEntries(frame: Uint8Array): Uint8Array {
  const out = new OctetWriter(frame.length + 128)
  for (const item of readItems(frame)) {
    if (item.type === 'entry') item.encoded[40] = (item.encoded[40] ?? 0) ^ 1
    expect(roomFor(item)).to.be.above(0)
    writeItem(out, item)
  }
  return out.finish()
}
