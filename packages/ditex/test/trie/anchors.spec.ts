import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { ms } from '@srwan/interface'
import { EMPTY_ROOT } from '../../src/trie/merkle-hash.ts'
import { SimulatedNetwork } from '../sync/simulated-network.ts'
import { NETWORK, encodedOf, writeLog } from '../fixtures.ts'
import { anchorSigningInput, createDitexReplication, decodeAnchor, encodeAnchor, headDigest, leafValue, decodeTrieProof, verifyInclusion } from '../../src/index.ts'
import type { SimulatedNode } from '../sync/simulated-network.ts'

const EPOCH_LENGTH = 40_000

function organisation(): { readonly publicKey: Uint8Array; readonly sign: (data: Uint8Array) => Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }).subarray(12)), sign: (data) => Uint8Array.from(sign(null, data, privateKey)) }
}

async function anchoredNetwork(nodes: number, work: (network: SimulatedNetwork, epoch: number) => Promise<void>): Promise<void> {
  const network = new SimulatedNetwork({ nodes, epochLength: EPOCH_LENGTH, organisation: organisation() })
  await network.start()
  try {
    const { epoch } = network
    for (const node of network.nodes) await network.write(node, [{ key: 'k', body: node.index }])
    await work(network, epoch)
  } finally {
    await network.stop()
  }
}

describe('anchors', function () {
  this.timeout(60_000)

  it('the root of an epoch is signed when the one after next begins, reaches everybody, and whoever holds the same entries proves from it', () =>
    anchoredNetwork(6, async (network, epoch) => {
      await network.clock.advance(EPOCH_LENGTH * 1.9)
      expect(network.nodes.map((node) => node.replication.anchors.at(epoch))).to.deep.equal(network.nodes.map(() => undefined))
      await network.clock.advance(EPOCH_LENGTH * 0.3)
      const [first] = network.nodes as [SimulatedNode]
      const anchor = first.replication.anchors.at(epoch)!
      expect(decodeAnchor(encodeAnchor(anchor))).to.deep.equal(anchor)
      for (const { replication, signer } of network.nodes) {
        expect(replication.anchors.at(epoch)).to.deep.equal(anchor)
        expect(replication.anchored(epoch)).to.equal('equal')
        expect(replication.beacons.beacon(epoch + 2)).to.deep.equal(anchor.beacon)
        // From anchor, head and path alone.
        const { proofs } = replication
        const leaf = proofs.leafOf(signer.peerId, epoch)!
        const head = proofs.head({ scope: 'global', epoch, author: signer.peerId })!
        const value = leafValue(signer.peerId, { global: headDigest(head), group: headDigest(undefined), evidence: headDigest(undefined) })
        expect(verifyInclusion(anchor.root, { position: leaf.position, value }, decodeTrieProof(leaf.path))).to.equal(true)
        const lie = leafValue(signer.peerId, { global: headDigest({ ...head, seq: 0 }), group: headDigest(undefined), evidence: headDigest(undefined) })
        expect(verifyInclusion(anchor.root, { position: leaf.position, value: lie }, decodeTrieProof(leaf.path))).to.equal(false)
      }
    }))

  it('what an author writes into a sealed epoch later does not take the proofs of the others away', () =>
    anchoredNetwork(4, async (network, epoch) => {
      await network.clock.advance(EPOCH_LENGTH * 2.3)
      const [, late] = network.nodes as [SimulatedNode, SimulatedNode]
      const more = await writeLog(late.signer, [{ key: 'late' }], { epoch, after: late.log })
      await late.replica.offer(encodedOf(more))
      await network.clock.advance(EPOCH_LENGTH / 2)
      for (const { replication, replica } of network.nodes) {
        expect(replica.head({ scope: 'global', epoch, author: late.signer.peerId })).to.include({ seq: 2 })
        expect(replication.anchored(epoch)).to.equal('equal')
        expect(replication.proofs.head({ scope: 'global', epoch, author: late.signer.peerId })).to.include({ seq: 1 })
      }
    }))

  it('what reached everybody but the one who signs takes no proof away either: those who can prove tell what is covered', () =>
    anchoredNetwork(6, async (network, epoch) => {
      const [sealer, writer] = network.nodes as [SimulatedNode, SimulatedNode]
      await network.clock.advance(EPOCH_LENGTH / 2)
      network.setParts((node) => (node === sealer ? 1 : 0))
      await network.write(writer, [{ key: 'not seen by the sealer' }])
      // Of this author nothing reaches it in time, not even its existence in the evidence scope.
      const log = await writeLog(writer.signer, [{ kind: 'observation', key: 'x', ttl: 5 }], { epoch, scope: 'evidence' })
      await writer.replica.offer(encodedOf(log))
      await network.clock.advance(EPOCH_LENGTH * 2)
      expect(sealer.replication.anchored(epoch)).to.equal('equal')
      const place = { scope: 'global', epoch, author: writer.signer.peerId } as const
      expect(network.nodes.slice(1).map((node) => node.replica.head(place)?.seq)).to.deep.equal([2, 2, 2, 2, 2])
      network.setParts(() => 0)
      await network.clock.advance(60_000)
      for (const { replication, replica } of network.nodes) {
        expect(replication.anchored(epoch)).to.equal('equal')
        expect(replication.status().notProvable).to.deep.equal([])
        expect(replica.head(place)).to.include({ seq: 2 })
        expect(replication.proofs.head(place)).to.include({ seq: 1 })
        expect(replication.proofs.head({ ...place, scope: 'evidence' })).to.equal(undefined)
        expect(await replication.covered(place)).to.have.lengthOf(2)
      }
    }))

  it('what came late is known after a restart; where that is lost, others tell it, and whoever comes later learns it from them', () =>
    anchoredNetwork(5, async (network, epoch) => {
      const [, late, restarted, damaged, lost] = network.nodes as [SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode]
      await network.clock.advance(EPOCH_LENGTH * 2.3)
      await late.replica.offer(encodedOf(await writeLog(late.signer, [{ key: 'late' }], { epoch, after: late.log })))
      await network.clock.advance(EPOCH_LENGTH)
      for (const node of [restarted, damaged, lost]) await network.takeDown(node)
      if (damaged.late !== undefined) damaged.late[40] = (damaged.late[40] ?? 0) ^ 1
      lost.late = undefined
      // With nobody else there, the own memory is all there is.
      network.setParts((node) => node.index)
      for (const node of [restarted, damaged, lost]) await network.bringUp(node)
      const { organisation: key } = network.init
      const anchor = late.replication.anchors.at(epoch)!
      expect(key).to.not.equal(undefined)
      for (const node of [restarted, damaged, lost]) node.replication.anchors.offer(anchor)
      expect([restarted, damaged, lost].map((node) => node.replication.anchored(epoch))).to.deep.equal(['equal', 'different', 'different'])
      network.setParts(() => 0)
      await network.clock.advance(60_000)
      for (const { replication, replica } of network.nodes) {
        expect(replication.anchored(epoch)).to.equal('equal')
        expect(replica.head({ scope: 'global', epoch, author: late.signer.peerId })).to.include({ seq: 2 })
        expect(replication.proofs.head({ scope: 'global', epoch, author: late.signer.peerId })).to.include({ seq: 1 })
      }
    }))

  it('a replica that lacks entries of an anchored epoch fetches them; where nobody has them it says that it cannot prove', () =>
    anchoredNetwork(5, async (network, epoch) => {
      const [sealer, , away] = network.nodes as [SimulatedNode, SimulatedNode, SimulatedNode]
      await network.clock.advance(EPOCH_LENGTH / 2)
      await network.takeDown(away)
      await network.write(sealer, [{ key: 'while away' }])
      await network.clock.advance(EPOCH_LENGTH * 2)
      await network.bringUp(away)
      await network.clock.advance(20_000)
      expect(away.replication.anchored(epoch)).to.equal('equal')
      // A root that covers what nobody holds: of an entry that reached the sealer alone, and was lost with it.
      const foreign = { epoch: epoch + 1, root: new Uint8Array(32).fill(9), beacon: EMPTY_ROOT }
      const { organisation: key } = network.init
      const signature = key!.sign(anchorSigningInput(NETWORK, foreign))
      const fresh = createDitexReplication(
        {
          ...away.components,
          topics: { global: { publish: () => Promise.resolve(), setValidator: () => {} }, group: { publish: () => Promise.resolve(), setValidator: () => {} } }
        },
        { self: away.signer.peerId, organisation: key!.publicKey, epochLength: ms(network.epochLength) }
      )
      await fresh.start()
      expect(fresh.anchors.offer({ ...foreign, signature: new Uint8Array(64) })).to.equal(false)
      expect(fresh.anchors.offer({ ...foreign, signature })).to.equal(true)
      await network.clock.advance(30_000)
      expect(fresh.anchored(epoch + 1)).to.equal('not-provable')
      expect(fresh.status().notProvable).to.deep.equal([epoch + 1])
      // The organisation contradicts itself: the first one stays, and it is counted.
      const second = { ...foreign, root: new Uint8Array(32).fill(8) }
      expect(fresh.anchors.offer({ ...second, signature: key!.sign(anchorSigningInput(NETWORK, second)) })).to.equal(false)
      expect(fresh.status().contradictions).to.equal(1)
      await network.clock.runUntil(fresh.stop())
    }))
})
