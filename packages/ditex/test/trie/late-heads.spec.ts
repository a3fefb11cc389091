import { expect } from 'chai'
import * as fc from 'fast-check'
import { headDigest, leafValue } from '../../src/index.ts'
import { isCovered, readCoveredLeaf, writeCoveredLeaf } from '../../src/trie/covered-leaf.ts'
import { LateHeads } from '../../src/trie/late-heads.ts'
import { encodeTrieProof, prove } from '../../src/trie/proof.ts'
import { Trie, trieLeaf } from '../../src/trie/trie.ts'
import { OctetReader, OctetWriter } from '../../src/sync/octets.ts'
import { createSigner } from '../fixtures.ts'
import type { LogHead, LogScope, PeerIdText } from '@srwan/interface'
import type { CoveredHeads } from '../../src/trie/covered-leaf.ts'

const authors = Array.from({ length: 12 }, (_, i) => createSigner(new Uint8Array(32).fill(i + 1)).peerId)
const SCOPES: readonly LogScope[] = ['global', 'group', 'evidence']

const headOf = (place: { readonly epoch: number; readonly author: PeerIdText; readonly scope: LogScope }, seq: number): LogHead => ({
  ...place,
  incarnation: 1,
  seq,
  hash: new Uint8Array(32).fill(seq + 1),
  ...(seq % 2 === 0 ? {} : { forkedAt: seq + 1 })
})
const position = (author: PeerIdText): Uint8Array => Uint8Array.from({ length: 32 }, (_, i) => author.charCodeAt(51 - i) * 7 + i)
const valueOf = (author: PeerIdText, heads: CoveredHeads): Uint8Array =>
  leafValue(author, { global: headDigest(heads.global), group: headDigest(heads.group), evidence: headDigest(heads.evidence) })

describe('late heads', () => {
  it('the first word about a log stays: later changes are later still', () => {
    const late = new LateHeads()
    const place = { epoch: 7, author: authors[0] as PeerIdText, scope: 'global' } as const
    late.note(place, headOf(place, 3))
    late.note(place, headOf(place, 4))
    late.note({ ...place, scope: 'evidence' }, undefined)
    late.note({ ...place, scope: 'evidence' }, headOf({ ...place, scope: 'evidence' }, 0))
    expect(late.head(place)).to.include({ seq: 3 })
    expect(late.head({ ...place, scope: 'evidence' })).to.equal(null)
    expect(late.head({ ...place, scope: 'group' }), 'stands as it is held').to.equal(undefined)
    expect(late.count(7)).to.equal(1)
  })

  it('come back from what they were encoded to, and from nothing that was changed', () => {
    const note = fc.record({ epoch: fc.nat(5), author: fc.nat(11), scope: fc.constantFrom(...SCOPES), seq: fc.option(fc.nat(255), { nil: undefined }) })
    const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) })
    fc.assert(
      fc.property(fc.array(note, { maxLength: 40 }), change, (notes, { at, by }) => {
        const late = new LateHeads()
        for (const { epoch, author, scope, seq } of notes) {
          const place = { epoch, author: authors[author] as PeerIdText, scope }
          late.note(place, seq === undefined ? undefined : headOf(place, seq))
        }
        const octets = late.encode()
        const again = new LateHeads()
        expect(again.load(octets)).to.equal(true)
        for (const { epoch, author, scope } of notes) {
          const place = { epoch, author: authors[author] as PeerIdText, scope }
          expect(again.head(place)).to.deep.equal(late.head(place))
        }
        expect(again.encode()).to.deep.equal(octets)
        octets[at % octets.length] = (octets[at % octets.length] ?? 0) ^ by
        expect(new LateHeads().load(octets)).to.equal(false)
        expect(new LateHeads().load(octets.subarray(0, at % octets.length))).to.equal(false)
      })
    )
  })

  it('more authors of one epoch than are remembered: the epoch is forgotten as a whole, the others stay', () => {
    const late = new LateHeads()
    const forgotten: number[] = []
    late.on('forgotten', (epoch) => forgotten.push(epoch))
    late.note({ epoch: 1, author: authors[0] as PeerIdText, scope: 'global' }, undefined)
    for (let i = 0; i <= 4096; i++) late.note({ epoch: 2, author: `${authors[0]}${i}` as PeerIdText, scope: 'global' }, undefined)
    expect(forgotten).to.deep.equal([2])
    expect([late.count(1), late.count(2)]).to.deep.equal([1, 0])
    late.prune(2)
    expect(late.count(1)).to.equal(0)
  })
})

describe('covered leaves', () => {
  const heads = (author: PeerIdText, seq: number): CoveredHeads => ({ global: headOf({ epoch: 9, author, scope: 'global' }, seq) })
  const [absent, ...present] = authors as [PeerIdText, ...PeerIdText[]]
  const trie = Trie.from(present.map((author, i) => trieLeaf(position(author), valueOf(author, heads(author, i)), author)))
  const proofOf = (author: PeerIdText): Uint8Array => encodeTrieProof(prove(trie, position(author)))

  it('prove what a root covers of an author, and that it covers nothing of one', () => {
    for (const [i, author] of present.entries())
      expect(isCovered(trie.root, position(author), { epoch: 9, author, heads: heads(author, i), proof: proofOf(author) })).to.equal(true)
    expect(isCovered(trie.root, position(absent), { epoch: 9, author: absent, heads: {}, proof: proofOf(absent) })).to.equal(true)
  })

  it('prove no other head, no head of another, no absence of who is there, and nothing under another root', () => {
    const [author, other] = present as [PeerIdText, PeerIdText]
    const leaf = { epoch: 9, author, heads: heads(author, 0), proof: proofOf(author) }
    const isTrue = (changed: Partial<typeof leaf>, root = trie.root, at = position(author)): boolean => isCovered(root, at, { ...leaf, ...changed })
    expect(isTrue({})).to.equal(true)
    expect(isTrue({ heads: heads(author, 1) }), 'one more entry').to.equal(false)
    expect(isTrue({ heads: {} }), 'nothing').to.equal(false)
    expect(isTrue({ heads: { ...leaf.heads, evidence: headOf({ epoch: 9, author, scope: 'evidence' }, 0) } }), 'a log more').to.equal(false)
    expect(isTrue({ author: other }), 'of another').to.equal(false)
    expect(isTrue({ proof: proofOf(other) }), 'another’s proof').to.equal(false)
    expect(isTrue({ proof: proofOf(author).subarray(1) }), 'half a proof').to.equal(false)
    expect(isTrue({}, new Uint8Array(32)), 'another root').to.equal(false)
    expect(isTrue({}, trie.root, position(other)), 'another place').to.equal(false)
    expect(isCovered(trie.root, position(absent), { epoch: 9, author: absent, heads: heads(absent, 0), proof: proofOf(absent) }), 'presence of who is not there').to.equal(false)
  })

  it('survive encoding, and random octets are a named error or a leaf', () => {
    for (const author of [absent, ...present]) {
      const leaf = { epoch: 9, author, heads: author === absent ? {} : heads(author, 200), proof: proofOf(author) }
      const out = new OctetWriter(10_000)
      writeCoveredLeaf(out, leaf)
      expect(readCoveredLeaf(new OctetReader(out.finish()))).to.deep.equal(leaf)
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        try {
          const leaf = readCoveredLeaf(new OctetReader(octets))
          expect(isCovered(trie.root, position(absent), leaf)).to.equal(false)
        } catch (error) {
          expect(error).to.include({ code: 'ERR_MALFORMED_MESSAGE' })
        }
      }),
      { numRuns: 500 }
    )
  })
})
