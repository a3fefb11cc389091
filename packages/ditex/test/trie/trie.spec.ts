import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { peerIdText } from '@srwan/interface'
import { anchorSigningInput } from '../../src/trie/anchor-codec.ts'
import { leafValue } from '../../src/trie/leaf-value.ts'
import { decodeTrieProof, encodeTrieProof, prove, rootFromProof, verifyAbsence, verifyInclusion } from '../../src/trie/proof.ts'
import { Trie, trieLeaf } from '../../src/trie/trie.ts'
import type { TrieLeaf } from '../../src/trie/trie.ts'
import type { TrieProof } from '../../src/trie/proof.ts'

const golden = JSON.parse(readFileSync(new URL('../../../spec/vectors/ditex-trie.json', import.meta.url), 'utf8')) as Golden
interface Golden {
  readonly tries: readonly {
    readonly name: string
    readonly leaves: readonly { readonly position: string; readonly value: string }[]
    readonly root: string
    readonly proofs: readonly {
      readonly position: string
      readonly present: boolean
      readonly siblings: readonly string[]
      readonly other?: { readonly position: string; readonly value: string }
    }[]
  }[]
  readonly leafValues: readonly { readonly author: string; readonly global: string; readonly group: string; readonly evidence: string; readonly value: string }[]
  readonly anchor: { readonly network: string; readonly epoch: number; readonly root: string; readonly beacon: string; readonly signed: string }
}

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

/** Positions that often share long prefixes: that is where a trie has its corners. */
const position = fc.tuple(fc.constantFrom(0, 1, 7, 8, 100, 254, 255), fc.integer({ min: 0, max: 255 }), fc.boolean()).map(([bit, octet, spread]) => {
  const octets = new Uint8Array(32)
  octets[bit >> 3] = 0x80 >> (bit & 7)
  if (spread) octets[0] = octet
  octets[31] = (octets[31] ?? 0) ^ (octet & 3)
  return octets
})
const value = fc.uint8Array({ minLength: 32, maxLength: 32 })
const leaves = fc.uniqueArray(fc.tuple(position, value), { maxLength: 24, selector: ([at]) => hex(at) })

const trieOf = (pairs: readonly (readonly [Uint8Array, Uint8Array])[]): Trie<undefined> =>
  pairs.reduce((trie, [at, what]) => trie.with(trieLeaf(at, what, undefined)), new Trie<undefined>())
const bulk = (pairs: readonly (readonly [Uint8Array, Uint8Array])[]): Trie<undefined> => Trie.from(pairs.map(([at, what]): TrieLeaf<undefined> => trieLeaf(at, what, undefined)))

describe('trie', function () {
  this.timeout(60_000)

  for (const { name, leaves: list, root, proofs } of golden.tries) {
    it(`golden vector: ${name}`, () => {
      const trie = bulk(list.map((leaf) => [unhex(leaf.position), unhex(leaf.value)]))
      expect(hex(trie.root)).to.equal(root)
      for (const expected of proofs) {
        const made = prove(trie, unhex(expected.position))
        expect(made.siblings.map(hex)).to.deep.equal(expected.siblings)
        expect(made.other && { position: hex(made.other.position), value: hex(made.other.value) }).to.deep.equal(expected.other)
        expect(trie.get(unhex(expected.position)) !== undefined).to.equal(expected.present)
      }
    })
  }

  it('golden vectors: leaf values and what an anchor signs', () => {
    for (const { author, value: expected, ...digests } of golden.leafValues) {
      const made = leafValue(peerIdText(author), { global: unhex(digests.global), group: unhex(digests.group), evidence: unhex(digests.evidence) })
      expect(hex(made)).to.equal(expected)
    }
    const { network, epoch, root, beacon, signed } = golden.anchor
    expect(hex(anchorSigningInput(network, { epoch, root: unhex(root), beacon: unhex(beacon) }))).to.equal(signed)
  })

  it('any order of changes, one by one or all at once, and any detour give one root', () => {
    fc.assert(
      fc.property(leaves, fc.integer(), leaves, (list, seed, detour) => {
        const shuffled = [...list].sort((a, b) => (hash('sha256', `${seed}${hex(a[0])}`) < hash('sha256', `${seed}${hex(b[0])}`) ? -1 : 1))
        const root = hex(bulk(list).root)
        expect(hex(trieOf(shuffled).root)).to.equal(root)
        let trie = trieOf(list)
        const kept = trie
        const strangers = detour.filter(([at]) => !list.some(([other]) => hex(other) === hex(at)))
        for (const [at, what] of strangers) trie = trie.with(trieLeaf(at, what, undefined))
        expect(trie.size).to.equal(list.length + strangers.length)
        for (const [at] of strangers) trie = trie.without(at)
        expect(hex(trie.root)).to.equal(root)
        expect(hex(kept.root)).to.equal(root)
      })
    )
  })

  it('a trie that changes leaves the one it came from as it was', () => {
    fc.assert(
      fc.property(leaves, position, value, (list, at, what) => {
        const before = bulk(list)
        const root = hex(before.root)
        const after = before.with(trieLeaf(at, what, undefined))
        expect(hex(before.root)).to.equal(root)
        expect(before.size).to.equal(list.length)
        expect(hex(octetsAt(after, at))).to.equal(hex(what))
      })
    )
  })

  it('every position has a proof of what is there, and no proof of anything else', () => {
    fc.assert(
      fc.property(leaves, position, value, (list, at, lie) => {
        const trie = bulk(list)
        const held = list.find(([other]) => hex(other) === hex(at))?.[1]
        const proof = decodeTrieProof(encodeTrieProof(prove(trie, at)))
        expect(verifyAbsence(trie.root, at, proof)).to.equal(held === undefined)
        if (held !== undefined) expect(verifyInclusion(trie.root, { position: at, value: held }, proof)).to.equal(true)
        expect(verifyInclusion(trie.root, { position: at, value: lie }, proof)).to.equal(held !== undefined && hex(held) === hex(lie))
      })
    )
  })

  it('no change to a proof leaves it a proof', () => {
    fc.assert(
      fc.property(leaves, position, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, at, where, flip) => {
        const trie = bulk(list)
        const held = list.find(([other]) => hex(other) === hex(at))?.[1]
        const octets = encodeTrieProof(prove(trie, at))
        octets[where % octets.length] = (octets[where % octets.length] ?? 0) ^ flip
        let proof: TrieProof
        try {
          proof = decodeTrieProof(octets)
        } catch (error) {
          expect(error).to.have.property('code', 'ERR_MALFORMED_MESSAGE')
          return
        }
        const computed = rootFromProof(at, held, proof)
        expect(computed === undefined || hex(computed) !== hex(trie.root)).to.equal(true)
      })
    )
  })

  it('random octets are no proof and never anything worse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => {
        try {
          decodeTrieProof(octets)
        } catch (error) {
          expect(error).to.have.property('code', 'ERR_MALFORMED_MESSAGE')
        }
      })
    )
  })

  it('a group is a subtree: its root follows from its leaves alone', () => {
    fc.assert(
      fc.property(leaves, fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 255 }), (list, bits, octet) => {
        const prefix = Uint8Array.of(octet)
        const mask = (0xff << (8 - bits)) & 0xff
        const group = list.filter(([at]) => ((at[0] ?? 0) & mask) === (octet & mask))
        // Alone, they hang deeper than in the whole by the branches above them, which have nothing on the other side.
        expect(bulk(list).rootUnder(prefix, bits).length).to.equal(32)
        expect(hex(bulk(list).rootUnder(prefix, bits))).to.equal(hex(bulk(group).rootUnder(prefix, bits)))
      })
    )
  })

  it('a hundred thousand leaves: built in about a second of CPU, a change costs as many hashes as the trie is deep', function () {
    this.timeout(120_000)
    const list = Array.from({ length: 100_000 }, (_, i) => hash('sha256', `${i}`, 'buffer'))
    const before = process.cpuUsage()
    const trie = bulk(list.map((at) => [at, at]))
    const { root } = trie
    const built = process.cpuUsage(before).user / 1000
    expect(root.length).to.equal(32)
    const middle = process.cpuUsage()
    let changed = trie
    for (let i = 0; i < 100; i++) {
      changed = changed.with(trieLeaf(list[i * 997] ?? root, root, undefined))
      void changed.root
    }
    const each = process.cpuUsage(middle).user / 100_000
    expect(built).to.be.below(3000)
    expect(each).to.be.below(built / 100)
  })

  it('reads a proof in one form only: no bits of nobody, no siblings of zeros written out', () => {
    const sibling = new Uint8Array(32).fill(7)
    const proof = encodeTrieProof({ siblings: [sibling, new Uint8Array(32), sibling] })
    expect(decodeTrieProof(proof).siblings).to.have.length(3)
    const idle = Uint8Array.from(proof)
    idle[2] = (idle[2] ?? 0) | 1
    expect(() => decodeTrieProof(idle)).to.throw('not written as it should be')
    const zeros = Buffer.concat([Buffer.of(0, 1, 0x80), Buffer.alloc(32), Buffer.of(0)])
    expect(() => decodeTrieProof(zeros)).to.throw('not written as it should be')
  })
})

function octetsAt(trie: Trie<undefined>, at: Uint8Array): Uint8Array {
  return Uint8Array.from(Buffer.from(trie.get(at)?.value ?? '', 'latin1'))
}
