import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { systemClock } from '@srwan/clock'
import { silentLogger } from '@srwan/testing'
import {
  answerProofs,
  anchorSigningInput,
  compareAnswers,
  createQueryService,
  documentOf,
  encodeAnchor,
  encodeAnswer,
  decodeAnswer,
  executeQuery,
  queryCodec,
  querySource,
  verifyDocument
} from '../../src/index.ts'
import { HeadTries } from '../../src/trie/head-tries.ts'
import { SignedAnchors } from '../../src/trie/signed-anchors.ts'
import { proofSource } from '../../src/trie/proof-source.ts'
import { verifyWith } from '@srwan/wire'
import { EPOCH, EPOCH_LENGTH, NETWORK, createSigner, encodedOf, rosterOf, startReplica, writeLog } from '../fixtures.ts'
import type { DitexQuery, QueryAnswer, QueryDocument, QueryService } from '../../src/index.ts'
import type { TestReplica } from '../fixtures.ts'

const key = generateKeyPairSync('ed25519')
const organisation = Uint8Array.from(key.publicKey.export({ format: 'der', type: 'spki' }).subarray(12))
const SEALED = EPOCH - 2
const never = new AbortController().signal
const alone = { checked: false, peers: [] }

describe('answers of a replica', function () {
  this.timeout(60_000)
  let held: TestReplica
  let service: QueryService
  let answer: QueryAnswer
  let document: QueryDocument
  const signers = Array.from({ length: 3 }, () => createSigner())

  before(async () => {
    held = await startReplica()
    const { replica } = held
    for (const [index, signer] of signers.entries()) {
      const says = [
        { kind: 'router', key: '', ttl: 100, body: { name: `r${index}`, country: 'DE', city: 'Frankfurt', asn: 64_500 + index } },
        ...Array.from({ length: 5 }, (_, at) => ({ kind: 'listing', key: `${at}`, body: { price: 10 * index + at, bytes: Uint8Array.of(1, 2) } }))
      ]
      const log = await writeLog(signer, says, { epoch: SEALED })
      const outcomes = await replica.offer(encodedOf(log))
      expect(outcomes.every(({ outcome }) => outcome === 'accepted')).to.equal(true)
    }
    const tries = new HeadTries({ replica, roster: rosterOf() })
    await tries.start()
    const unsigned = { epoch: SEALED, root: tries.epochTrie(SEALED).root, beacon: new Uint8Array(32) }
    const anchors = new SignedAnchors({ network: NETWORK, organisation, verify: verifyWith, currentEpoch: () => EPOCH })
    expect(anchors.offer({ ...unsigned, signature: Uint8Array.from(sign(null, anchorSigningInput(NETWORK, unsigned), key.privateKey)) })).to.equal(true)
    tries.seal(SEALED)
    const proofs = answerProofs(proofSource({ replica, roster: rosterOf(), tries, anchors, follower: { state: () => 'equal' } }))
    service = createQueryService({ source: querySource(replica, EPOCH_LENGTH), proofs, clock: systemClock(), logger: silentLogger() }, { network: NETWORK, readers: 'anyone' })
    answer = await service.answerOwn({ kind: 'listing' }, never)
    document = JSON.parse(JSON.stringify(documentOf(queryCodec, { kind: 'listing' }, answer, alone)))
  })
  after(() => held.replica.stop())

  it('are read from the views, in order, and survive the wire', async () => {
    expect(answer.entries).to.have.length(15)
    expect(document.entries.map(({ key }) => key)).to.deep.equal([...Array(5).keys()].flatMap((at) => [`${at}`, `${at}`, `${at}`]))
    const back = decodeAnswer(encodeAnswer(answer))
    expect(back).to.deep.equal(answer)
    const found = await service.answerOwn({ author: queryCodec.sidOf(signers[1]?.peerId ?? ('' as never)), where: [{ field: ['price'], operator: '>=', value: 13 }] }, never)
    expect(found.entries).to.have.length(2)
    expect((await service.answerOwn({ city: 'frankfurt', asn: 64_501, kind: 'router' }, never)).entries).to.have.length(1)
    expect((await service.answerOwn({ history: true, sinceEpoch: SEALED, untilEpoch: SEALED }, never)).entries).to.have.length(21)
  })

  it('find an entry by its CID', async () => {
    const [wanted] = document.entries
    const cid = wanted?.cid ?? ''
    const found = documentOf(queryCodec, { cid }, await service.answerOwn({ cid }, never), alone)
    expect(found.entries).to.deep.equal([wanted])
    expect(verifyDocument(queryCodec, JSON.parse(JSON.stringify(found)), { network: NETWORK, organisation }).entries.map(({ proof }) => proof)).to.deep.equal(['anchored'])
    expect((await service.answerOwn({ cid: queryCodec.cidOf(new Uint8Array(8)) }, never)).entries).to.deep.equal([])
  })

  it('tell what is taken, page by page, to whoever comes again with the cursor', async () => {
    const author = createSigner()
    const follow = { arrived: true, kind: 'listing', where: [{ field: ['price'], operator: '>=' as const, value: 2 }] }
    const begin = await service.answerOwn(follow, never)
    expect({ entries: begin.entries.length, endedBy: begin.endedBy }).to.deep.equal({ entries: 0, endedBy: undefined })
    const log = await writeLog(
      author,
      Array.from({ length: 40 }, (_, at) => ({ key: `${at}`, body: { price: at } })),
      { epoch: EPOCH - 1, scope: 'group' }
    )
    await held.replica.offer(encodedOf(log))
    const next = await service.answerOwn({ ...follow, cursor: begin.cursor ?? '' }, never)
    expect(next.entries.map((entry) => Buffer.from(entry).toString('hex'))).to.deep.equal(encodedOf(log.slice(3)).map((entry) => Buffer.from(entry).toString('hex')))
    expect((await service.answerOwn({ ...follow, cursor: next.cursor ?? '' }, never)).entries).to.deep.equal([])
    const bounds = { visits: 1, reads: 32, octets: 1e6 }
    const source = querySource(held.replica, EPOCH_LENGTH)
    const part = await executeQuery(source, { ...follow, cursor: begin.cursor ?? '' }, bounds)
    expect({ entries: part.entries.length, endedBy: part.endedBy }).to.deep.equal({ entries: 29, endedBy: 'reads' })
    const rest = await executeQuery(source, { ...follow, cursor: part.cursor ?? '' }, bounds)
    expect({ entries: rest.entries.length, endedBy: rest.endedBy }).to.deep.equal({ entries: 9, endedBy: undefined })
    const code = async (query: DitexQuery): Promise<unknown> => service.answerOwn(query, never).catch((error: unknown) => (error as { field?: unknown }).field)
    expect(await code({ arrived: true, cursor: begin.cursor ?? '' }), 'of another question').to.equal('cursor')
    expect(await code({ ...follow, cursor: 'AAAA' })).to.equal('cursor')
    const other = await startReplica({ seed: 2 })
    const { cursor } = await executeQuery(querySource(other.replica, EPOCH_LENGTH), follow, bounds)
    expect(await code({ ...follow, cursor: cursor ?? '' }), 'of another peer').to.equal('cursor')
    await other.replica.stop()
  })

  it('verify offline, anchored where the signer of the roots is known', () => {
    const report = verifyDocument(queryCodec, document, { network: NETWORK, organisation })
    expect(report.ok).to.equal(true)
    expect(report.entries.map(({ proof }) => proof)).to.deep.equal(Array(15).fill('anchored'))
    expect(verifyDocument(queryCodec, document, {}).entries.every(({ proof, ok }) => proof === 'unchecked' && ok)).to.equal(true)
  })

  it('do not verify for another network or another organisation', () => {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(12)
    expect(verifyDocument(queryCodec, document, { network: 'other' }).ok).to.equal(false)
    const report = verifyDocument(queryCodec, document, { network: NETWORK, organisation: Uint8Array.from(other) })
    expect(report.ok).to.equal(false)
    expect(report.anchors.map(({ ok }) => ok)).to.deep.equal([false])
  })

  it('do not verify after any change to an entry, a proof or an anchor', () => {
    const places: [string, number, string][] = []
    for (const [list, names] of [
      ['entries', ['author', 'sid', 'scope', 'epoch', 'incarnation', 'seq', 'kind', 'key', 'ttl', 'body', 'cid', 'hash', 'signature', 'bytes']],
      ['proofs', ['epoch', 'seq', 'incarnation', 'position', 'path', 'scope', 'digests']],
      ['anchors', ['epoch', 'root', 'bytes']]
    ] as const)
      for (const name of names) document[list].forEach((_, index) => places.push([list, index, name]))
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.nat(1000), ([list, index, name], at) => {
        const changed = JSON.parse(JSON.stringify(document)) as Record<string, Record<string, unknown>[]>
        const target = changed[list]?.[index] ?? {}
        target[name] = altered(target[name], at)
        expect(isTaken(changed), `${list}.${index}.${name}`).to.equal(false)
      }),
      { numRuns: 200 }
    )
  })

  it('verify as far as they go without proofs, and say which are missing', () => {
    const { proof, ...unproven } = document
    expect(proof).to.deep.equal(document.proofs[0])
    const report = verifyDocument(queryCodec, { ...unproven, proofs: [] }, { network: NETWORK, organisation })
    expect(report.ok).to.equal(true)
    expect(report.entries.every(({ proof }) => proof === 'absent')).to.equal(true)
  })

  it('are compared: what one peer leaves out is shown and filled in, what it invents is not', () => {
    const short = { ...answer, entries: answer.entries.slice(1), proofs: [] }
    const bad = Uint8Array.from(answer.entries[0] ?? [])
    bad[bad.length - 1] = (bad[bad.length - 1] ?? 0) ^ 1
    const compared = compareAnswers(queryCodec, { query: { kind: 'listing' }, trust: { network: NETWORK, organisation } }, [
      { peer: 'a', answer: short },
      { peer: 'b', answer: { ...answer, entries: [...answer.entries, bad] } },
      { peer: 'c', error: 'gone' }
    ])
    expect(compared?.completeness).to.deep.equal({
      checked: true,
      peers: [
        { peer: 'a', entries: 14, missing: 1 },
        { peer: 'b', entries: 15, missing: 0, invalid: 1 },
        { peer: 'c', entries: 0, missing: 0, error: 'gone' }
      ]
    })
    expect(compared?.answer.entries).to.have.length(15)
    const merged = documentOf(queryCodec, { kind: 'listing' }, compared?.answer ?? answer, alone)
    const report = verifyDocument(queryCodec, JSON.parse(JSON.stringify(merged)), { network: NETWORK, organisation })
    expect(report.entries.map(({ proof }) => proof)).to.deep.equal(Array(15).fill('anchored'))
  })

  it('are proven as a whole where the first peer leaves out what its proofs begin behind', () => {
    const short = { ...answer, entries: answer.entries.slice(3) }
    const compared = compareAnswers(queryCodec, { query: { kind: 'listing' }, trust: { network: NETWORK, organisation } }, [
      { peer: 'a', answer: short },
      { peer: 'b', answer }
    ])
    const merged = documentOf(queryCodec, { kind: 'listing' }, compared?.answer ?? answer, alone)
    const report = verifyDocument(queryCodec, JSON.parse(JSON.stringify(merged)), { network: NETWORK, organisation })
    expect(report.entries.map(({ proof }) => proof)).to.deep.equal(Array(15).fill('anchored'))
    expect(compared?.completeness.peers.map(({ missing }) => missing)).to.deep.equal([3, 0])
  })

  it('are old where their newest anchor is', () => {
    const at = (epoch: number): unknown => verifyDocument(queryCodec, document, { network: NETWORK, organisation, now: (epoch + 0.5) * EPOCH_LENGTH }).freshness.state
    expect([at(EPOCH), at(EPOCH + 5)]).to.deep.equal(['fresh', 'stale'])
    const bound = { now: (EPOCH + 0.5) * EPOCH_LENGTH, epochMs: EPOCH_LENGTH, maxAgeMs: 2 * EPOCH_LENGTH }
    expect(verifyDocument(queryCodec, document, { network: NETWORK, organisation, ...bound }).ok).to.equal(true)
    expect(verifyDocument(queryCodec, document, { network: NETWORK, organisation, ...bound, maxAgeMs: EPOCH_LENGTH }).ok).to.equal(false)
    const { anchor: _anchor, proof: _proof, ...bare } = document
    expect(verifyDocument(queryCodec, { ...bare, anchors: [], proofs: [] }, { network: NETWORK, organisation, ...bound }).ok).to.equal(false)
  })

  it('carry the latest anchor as it was signed', () => {
    expect(document.anchor?.epoch).to.equal(SEALED)
    expect(answer.anchors).to.have.length(1)
    expect(answer.anchors[0]).to.have.length(encodeAnchor({ epoch: 1, root: new Uint8Array(32), beacon: new Uint8Array(32), signature: new Uint8Array(64) }).length)
  })

  const isTaken = (changed: unknown): boolean => {
    try {
      const report = verifyDocument(queryCodec, changed, { network: NETWORK, organisation })
      return report.ok && report.entries.every(({ proof }) => proof === 'anchored')
    } catch {
      return false
    }
  }
})

/** The same kind of value, another one. */
function altered(value: unknown, at: number): unknown {
  if (typeof value === 'number') return value + 1
  if (Array.isArray(value)) return value.map((one, index) => (index === 1 ? 'B'.repeat(43) : one))
  if (typeof value !== 'string') return { ...(value as object), added: 1 }
  if (value === 'global') return 'group'
  // The last character of base64url may hold bits that no octet has.
  const index = at % Math.max(1, value.length - 1)
  return `${value.slice(0, index)}${value[index] === 'A' ? 'B' : 'A'}${value.slice(index + 1)}`
}
