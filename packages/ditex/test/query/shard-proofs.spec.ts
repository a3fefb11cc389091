import { generateKeyPairSync, sign } from 'node:crypto'
import { expect } from 'chai'
import { systemClock } from '@srwan/clock'
import { silentLogger } from '@srwan/testing'
import { digestBody, verifyWith } from '@srwan/wire'
import { anchorSigningInput, answerProofs, createQueryService, decodeAnswer, documentOf, encodeAnswer, queryCodec, querySource, verifyDocument } from '../../src/index.ts'
import { LateHeads } from '../../src/trie/late-heads.ts'
import { HeadTries } from '../../src/trie/head-tries.ts'
import { ShardProofs } from '../../src/trie/shard-proofs.ts'
import { SignedAnchors } from '../../src/trie/signed-anchors.ts'
import { proofSource } from '../../src/trie/proof-source.ts'
import { EPOCH, EPOCH_LENGTH, NETWORK, createSigner, encodedOf, rosterOf, startReplica, writeLog } from '../fixtures.ts'
import type { AuthorRoster, PeerIdText, Signer } from '@srwan/interface'
import type { EntryStore, QueryDocument, QueryService, SealedEntry } from '../../src/index.ts'
import type { TestReplica } from '../fixtures.ts'

const key = generateKeyPairSync('ed25519')
const organisation = Uint8Array.from(key.publicKey.export({ format: 'der', type: 'spki' }).subarray(12))
const trust = { network: NETWORK, organisation }
/** Of the entries, and of the statements about them. */
const WRITTEN = EPOCH - 3
const STATED = WRITTEN + 1
const never = new AbortController().signal
const alone = { checked: false, peers: [] }
const QUERY = { kind: 'column', history: true } as const

/** Groups are the two halves of the positions. */
const positions = rosterOf()
const halfOf = (author: PeerIdText, epoch: number): number => ((positions.position(author, epoch)[0] ?? 0) < 128 ? 2 : 3)
const roster: AuthorRoster = { ...positions, groupOf: halfOf }

function signersOf(group: number, count: number): Signer[] {
  const signers: Signer[] = []
  while (signers.length < count) {
    const signer = createSigner()
    if (halfOf(signer.peerId, WRITTEN) === group) signers.push(signer)
  }
  return signers
}
const stating = (group: number, epoch: number, root: Uint8Array): { kind: string; key: string; body: unknown } => ({
  kind: 'digest',
  key: String(group),
  body: digestBody({ members: [], landmarks: [], vectors: [], delayQuantiles: [undefined, undefined, undefined, undefined, undefined], loss: undefined, shard: { epoch, root } })
})

/** A member of group 2: what it holds, and what it answers. */
interface Holder {
  readonly held: TestReplica
  readonly service: QueryService
  readonly shards: ShardProofs
  readonly tries: HeadTries
}

/** @param lies - index of the reporter that states another root */
async function holder(authors: readonly Signer[], lies: readonly number[] = [], before?: { readonly store: EntryStore; readonly late: Uint8Array }): Promise<Holder> {
  const held = await startReplica({ roster, ...(before === undefined ? {} : { store: before.store }) })
  const { replica } = held
  const tries = new HeadTries({ replica, roster, isSharded: () => true })
  const shards = new ShardProofs({ replica, roster, tries, isSharded: () => true })
  await tries.start()
  await shards.start()
  if (before !== undefined) expect(shards.late.load(before.late)).to.equal(true)
  for (const [index, signer] of authors.entries()) {
    const log = await writeLog(
      signer,
      [
        { kind: 'column', key: '', body: { of: index } },
        { kind: 'note', key: '' }
      ],
      { epoch: WRITTEN, scope: 'group' }
    )
    await replica.offer(encodedOf(log))
  }
  const root = shards.root(WRITTEN, 2)
  for (const [index, signer] of authors.slice(0, 3).entries()) {
    const log = await writeLog(signer, [stating(2, WRITTEN, lies.includes(index) ? new Uint8Array(32).fill(7) : root), { kind: 'note', key: '' }], { epoch: STATED })
    await replica.offer(encodedOf(log))
  }
  const anchors = new SignedAnchors({ network: NETWORK, organisation, verify: verifyWith, currentEpoch: () => EPOCH })
  for (const epoch of [WRITTEN, STATED]) {
    const unsigned = { epoch, root: tries.epochTrie(epoch).root, beacon: new Uint8Array(32) }
    anchors.offer({ ...unsigned, signature: Uint8Array.from(sign(null, anchorSigningInput(NETWORK, unsigned), key.privateKey)) })
    tries.seal(epoch)
  }
  const proofs = answerProofs(proofSource({ replica, roster, tries, anchors, follower: { state: () => 'equal' }, shards }))
  const service = createQueryService({ source: querySource(replica, EPOCH_LENGTH), proofs, clock: systemClock(), logger: silentLogger() }, { network: NETWORK, readers: 'anyone' })
  return { held, service, shards, tries }
}

async function documentFrom({ service }: Holder): Promise<QueryDocument> {
  const answer = decodeAnswer(encodeAnswer(await service.answerOwn(QUERY, never)))
  if ('error' in answer) throw new Error(answer.error.message)
  return JSON.parse(JSON.stringify(documentOf(queryCodec, QUERY, answer, alone))) as QueryDocument
}
/** The same group, another place. */
function flipped(position: string): string {
  const octets = Buffer.from(position, 'base64url')
  octets[31] = (octets[31] ?? 0) ^ 1
  return octets.toString('base64url')
}
const outcomes = (document: QueryDocument): unknown => verifyDocument(queryCodec, document, trust).entries.map(({ proof, witnesses, ok }) => [proof, witnesses, ok])

describe('entries of group scope where there are several groups', function () {
  this.timeout(20_000)
  const authors = signersOf(2, 5)
  const [stranger] = signersOf(3, 1) as [Signer]

  it('are proven by the root of their group, which three members state under an anchored root', async () => {
    const one = await holder(authors)
    const document = await documentFrom(one)
    expect(document.entries).to.have.lengthOf(5)
    expect(outcomes(document)).to.deep.equal(authors.map(() => ['anchored', 3, true]))
    const report = verifyDocument(queryCodec, document, { network: NETWORK })
    expect(
      report.entries.map(({ proof }) => proof),
      'whoever does not know the organisation'
    ).to.deep.equal(authors.map(() => 'unchecked'))
    await one.held.replica.stop()
  })

  it('a holder of another group passes such an answer on as it is', async () => {
    const one = await holder(authors)
    const elsewhere = await startReplica({ roster })
    const shards = { ownGroup: () => 3, groupOf: halfOf, holders: () => Promise.resolve([authors[0]?.peerId as PeerIdText]) }
    const askPeer = async (_: PeerIdText, question: { readonly query: object }): Promise<Awaited<ReturnType<QueryService['answerOwn']>>> =>
      one.service.answerOwn(question.query, never)
    const forwarder = createQueryService(
      {
        source: querySource(elsewhere.replica, EPOCH_LENGTH),
        proofs: () => Promise.resolve({ proofs: [], anchors: [] }),
        shards,
        askPeer,
        clock: systemClock(),
        logger: silentLogger()
      },
      { network: NETWORK, readers: 'anyone' }
    )
    const answer = await forwarder.answerOwn({ ...QUERY, group: 2 }, never)
    const document = JSON.parse(JSON.stringify(documentOf(queryCodec, QUERY, answer, alone))) as QueryDocument
    expect(outcomes(document)).to.deep.equal(authors.map(() => ['anchored', 3, true]))
    await elsewhere.replica.stop()
    await one.held.replica.stop()
  })

  it('a member that states another root is no witness, and whoever adds to the epoch afterwards takes no proof away', async () => {
    const one = await holder(authors, [1])
    expect(outcomes(await documentFrom(one))).to.deep.equal(authors.map(() => ['anchored', 2, true]))
    const [late] = authors as [Signer]
    const before = await writeLog(
      late,
      [
        { kind: 'column', key: '', body: { of: 0 } },
        { kind: 'note', key: '' }
      ],
      { epoch: WRITTEN, scope: 'group' }
    )
    const more = await writeLog(late, [{ kind: 'later', key: '' }], { epoch: WRITTEN, scope: 'group', after: before })
    expect((await one.held.replica.offer(encodedOf(more))).at(-1)).to.deep.equal({ outcome: 'accepted' })
    expect(outcomes(await documentFrom(one))).to.deep.equal(authors.map(() => ['anchored', 2, true]))
    await one.held.replica.stop()
  })

  it('what came late, and whoever wrote only late, is left out after a restart, too; what comes after it as well', async () => {
    const [late, another, ...others] = authors as [Signer, Signer, ...Signer[]]
    const [newcomer] = signersOf(2, 1) as [Signer]
    const wrote = [late, another, ...others]
    const one = await holder(wrote)
    const logOf = (index: number): Promise<SealedEntry[]> =>
      writeLog(
        wrote[index] as Signer,
        [
          { kind: 'column', key: '', body: { of: index } },
          { kind: 'note', key: '' }
        ],
        { epoch: WRITTEN, scope: 'group' }
      )
    const more = async (index: number, key: string): Promise<Uint8Array[]> =>
      encodedOf(await writeLog(wrote[index] as Signer, [{ kind: 'later', key }], { epoch: WRITTEN, scope: 'group', after: await logOf(index) }))
    await one.held.replica.offer(await more(0, 'first'))
    await one.held.replica.offer(encodedOf(await writeLog(newcomer, [{ kind: 'note', key: '' }], { epoch: WRITTEN, scope: 'group' })))
    const octets = one.shards.late.encode()
    await one.held.replica.stop()
    const again = await holder([], [], { store: one.held.store, late: octets })
    expect(outcomes(await documentFrom(again))).to.deep.equal(wrote.map(() => ['anchored', 3, true]))
    await again.held.replica.offer(await more(1, 'second'))
    expect(outcomes(await documentFrom(again)), 'after another late one').to.deep.equal(wrote.map(() => ['anchored', 3, true]))
    await again.held.replica.stop()
    const forgetful = await holder([], [], { store: one.held.store, late: new LateHeads().encode() })
    expect(outcomes(await documentFrom(forgetful)), 'without what is remembered').to.deep.equal(wrote.map(() => ['absent', undefined, true]))
    await forgetful.held.replica.stop()
  })

  it('are signed and not proven where nobody states their root', async () => {
    const one = await holder(authors, [0, 1, 2])
    expect(outcomes(await documentFrom(one))).to.deep.equal(authors.map(() => ['absent', undefined, true]))
    await one.held.replica.stop()
  })

  it('no change to a proof leaves it one', async () => {
    const one = await holder(authors)
    const document = await documentFrom(one)
    const [proof] = document.proofs
    if (proof?.shard === undefined) throw new Error('no proof')
    const [witness] = proof.shard.witnesses
    if (witness === undefined) throw new Error('no witness')
    // A statement that is signed and stands under the anchored root, of somebody of the other group.
    const foreign = await writeLog(stranger, [stating(2, WRITTEN, one.shards.root(WRITTEN, 2))], { epoch: STATED })
    const wrong: Readonly<Record<string, object>> = {
      'of another group': { ...proof, shard: { ...proof.shard, group: 3 } },
      'of a group that is a part': { ...proof, shard: { ...proof.shard, group: Number.parseInt(`10${(positions.position(proof.author, 0)[0] ?? 0) & 64 ? '0' : '1'}`, 2) } },
      'without witnesses': { ...proof, shard: { ...proof.shard, witnesses: [] } },
      'with a statement that is not anchored': {
        ...proof,
        shard: { ...proof.shard, witnesses: [{ ...witness, statement: Buffer.from(foreign[1]?.encoded ?? []).toString('base64url') }] }
      },
      'with another path': { ...proof, path: witness.proof.path },
      'with another head': { ...proof, seq: proof.seq - 1 },
      'of a witness at another place': { ...proof, shard: { ...proof.shard, witnesses: [{ ...witness, proof: { ...witness.proof, position: flipped(witness.proof.position) } }] } }
    }
    for (const [what, changed] of Object.entries(wrong)) {
      const report = verifyDocument(queryCodec, { ...document, proofs: [changed as QueryDocument['proofs'][0], ...document.proofs.slice(1)] }, trust)
      const entry = report.entries.find(({ author }) => author === proof.author)
      expect([entry?.proof, entry?.ok], what).to.deep.equal(['wrong', false])
      expect(
        report.entries.filter(({ ok }) => ok),
        what
      ).to.have.lengthOf(4)
    }
    const isolated = { ...document, proofs: [{ ...proof, shard: { ...proof.shard, witnesses: [{ statement: witness.statement }] } }] }
    expect(() => verifyDocument(queryCodec, isolated, trust))
      .to.throw()
      .with.property('code', 'ERR_MALFORMED_MESSAGE')
    await one.held.replica.stop()
  })
})
