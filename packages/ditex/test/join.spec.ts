import { seededRandom } from '@srwan/clock'
import { expect } from 'chai'
import fc from 'fast-check'
import { encodeForkProof, headDigest } from '../src/index.ts'
import { EPOCH, createSigner, encodedOf, rosterOf, startReplica, writeLog } from './fixtures.ts'
import type { LogScope, PeerIdText } from '@srwan/interface'
import type { Replica, SealedEntry } from '../src/index.ts'

const SCOPE_NAMES: readonly LogScope[] = ['global', 'group', 'evidence']

/** Everything that replicas must agree about. */
function stateOf(replica: Replica): unknown {
  const heads = replica
    .epochs()
    .flatMap((epoch) =>
      SCOPE_NAMES.flatMap((scope) => replica.heads(scope, epoch).map((head) => [epoch, scope, head.author, Buffer.from(headDigest(head)).toString('hex')].join(' ')))
    )
  const view = replica.view
    .kinds()
    .flatMap((kind) => [...replica.view.byKind(kind)].map((record) => [kind, record.key, record.author, record.epoch, record.incarnation, record.seq].join(' ')))
  return { heads: heads.sort(), view }
}

/** Logs of honest and of forking authors, restarts under new incarnations among them; made once, because signing takes time. */
async function world(): Promise<{ readonly entries: Uint8Array[]; readonly authors: PeerIdText[] }> {
  const entries: Uint8Array[] = []
  const authors: PeerIdText[] = []
  const keys = ['a', 'b', 'c']
  const random = seededRandom(7)
  const says = (count: number): { key: string; ttl: number; body: number | null }[] =>
    Array.from({ length: count }, () => ({ key: keys[Math.floor(random.next() * 3)]!, ttl: 1 + Math.floor(random.next() * 3), body: random.next() < 0.2 ? null : random.next() }))
  const keep = (log: readonly SealedEntry[]): void => void entries.push(...encodedOf(log))
  for (let each = 0; each < 4; each++) {
    const signer = createSigner()
    authors.push(signer.peerId)
    for (const epoch of [EPOCH - 2, EPOCH - 1, EPOCH]) {
      const log = await writeLog(signer, says(4), { epoch, scope: SCOPE_NAMES[each % 3]! })
      keep(log)
      if (each === 1) keep(await writeLog(signer, says(2), { epoch, scope: 'group', after: log.slice(0, 2) }))
      if (each === 1) keep(await writeLog(signer, says(1), { epoch, scope: 'group', after: log.slice(0, 4) }))
      if (each === 2 && epoch === EPOCH) keep(await writeLog(signer, says(2), { epoch, scope: 'evidence', incarnation: 2 }))
      if (each === 3) keep((await writeLog(signer, says(3), { epoch, after: log.slice(0, 3) })).slice(4))
    }
  }
  return { entries: [...new Map(entries.map((entry) => [Buffer.from(entry).toString('hex'), entry])).values()], authors }
}

describe('joining', () => {
  let all: Uint8Array[]
  let authors: PeerIdText[]
  let order: fc.Arbitrary<Uint8Array[]>
  let expected: unknown

  before(async () => {
    ;({ entries: all, authors } = await world())
    order = fc.shuffledSubarray(all, { minLength: all.length })
    const { replica } = await startReplica()
    await replica.offer(all)
    expected = stateOf(replica)
    expect((expected as { heads: unknown[] }).heads.length).to.be.at.least(12)
  })

  it('ends in the same heads and views for any order, any cut into batches and any repetition', () =>
    fc.assert(
      fc.asyncProperty(
        order,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
        fc.subarray(Array.from({ length: 30 }, (_, index) => index)),
        async (entries, cuts, again) => {
          const { replica } = await startReplica()
          for (let at = 0, cut = 0; at < entries.length; cut++) {
            const size = cuts[cut % cuts.length]!
            await replica.offer([...entries.slice(at, at + size), ...again.map((index) => entries[index % (at + 1)]!)])
            at += size
          }
          expect(stateOf(replica)).to.deep.equal(expected)
        }
      ),
      { numRuns: 25 }
    ))

  it('ends in the same state after loss and partition, once everything held anywhere has been exchanged', () =>
    fc.assert(
      fc.asyncProperty(fc.subarray(all), fc.subarray(all), async (here, there) => {
        const [one, two, both] = [(await startReplica()).replica, (await startReplica()).replica, (await startReplica()).replica]
        await one.offer(here)
        await two.offer(there)
        await both.offer([...here, ...there])
        // Each round may set free what waited, which is then exchanged in the next one.
        for (let round = 0; round < 6; round++) {
          await exchange(one, two)
          await exchange(two, one)
        }
        // What only waits for entries that nobody has is no part of the state.
        expect(stateOf(one)).to.deep.equal(stateOf(two))
        for (const replica of [one, both]) await replica.offer(all)
        expect(stateOf(one)).to.deep.equal(expected)
        expect(stateOf(both)).to.deep.equal(expected)
      }),
      { numRuns: 15 }
    ))

  it('has the same state after a restart from its store', async () => {
    const { replica, store, clock } = await startReplica()
    await replica.offer(all)
    await replica.stop()
    const again = await startReplica({ store, clock })
    expect(stateOf(again.replica)).to.deep.equal(expected)
    expect(again.replica.damaged).to.deep.equal([])
    expect(authors.map((author) => again.replica.forkedSince(author))).to.deep.equal(authors.map((author) => replica.forkedSince(author)))
  })

  it('admits the same entries whatever it holds, with one roster', () =>
    fc.assert(
      fc.asyncProperty(fc.subarray(all), fc.subarray(authors), fc.constantFrom(...all), async (held, members, probe) => {
        const roster = rosterOf(members)
        const [empty, full] = [await startReplica({ roster }), await startReplica({ roster })]
        await full.replica.offer(held)
        const verdict = async (replica: Replica): Promise<string> => {
          const [outcome] = await replica.offer([probe])
          return outcome!.outcome === 'refused' && outcome!.reason !== 'superseded' ? outcome!.reason : 'admitted'
        }
        expect(await verdict(empty.replica)).to.equal(await verdict(full.replica))
        const tampered = Uint8Array.from(probe)
        tampered[40] = tampered[40]! ^ 1
        const [outcome] = await empty.replica.offer([tampered])
        expect(outcome!.outcome).to.be.oneOf(['known', 'refused'])
      }),
      { numRuns: 25 }
    ))

  it('forgets no refusal for unknown authors: the entry is taken once the roster has them', async () => {
    let known = false
    const { replica } = await startReplica({ roster: { ...rosterOf(), isAuthor: () => known } })
    const log = encodedOf(await writeLog(createSigner(), [{}]))
    expect(await replica.offer(log)).to.deep.equal([
      { outcome: 'refused', reason: 'unknown-author' },
      { outcome: 'refused', reason: 'unknown-author' }
    ])
    known = true
    expect((await replica.offer(log)).map(({ outcome }) => outcome)).to.deep.equal(['accepted', 'accepted'])
  })

  it('refuses what is of another time, and a batch that is too large', async () => {
    const { replica } = await startReplica()
    const signer = createSigner()
    const old = encodedOf(await writeLog(signer, [], { epoch: EPOCH - 192 }))
    const future = encodedOf(await writeLog(signer, [], { epoch: EPOCH + 2 }))
    expect(await replica.offer([...old, ...future])).to.deep.equal([
      { outcome: 'refused', reason: 'untimely' },
      { outcome: 'refused', reason: 'untimely' }
    ])
    const failure = await replica.offer(new Array<Uint8Array>(4097).fill(old[0]!)).catch((error: { readonly code: string }) => error.code)
    expect(failure).to.equal('ERR_LIMIT_EXCEEDED')
  })

  it('drops an incarnation when a greater one begins, and refuses it afterwards', async () => {
    const { replica } = await startReplica()
    const signer = createSigner()
    const first = encodedOf(await writeLog(signer, [{ key: 'a', body: 1 }]))
    await replica.offer(first)
    await replica.offer(encodedOf(await writeLog(signer, [{ key: 'b', body: 1 }], { incarnation: 1 })))
    expect(replica.view.byAuthor(signer.peerId).map(({ key }) => key)).to.deep.equal(['b'])
    expect(await replica.offer(first.slice(1))).to.deep.equal([{ outcome: 'refused', reason: 'superseded' }])
  })

  it('bounds what waits for one author', async () => {
    const { replica } = await startReplica()
    const signer = createSigner()
    const reasons = new Set<string>()
    for (const epoch of [EPOCH, EPOCH - 1, EPOCH - 2]) {
      const log = encodedOf(await writeLog(signer, new Array<object>(255).fill({}), { epoch }))
      for (const outcome of await replica.offer(log.slice(1))) reasons.add(outcome.outcome === 'refused' ? outcome.reason : outcome.outcome)
    }
    expect([...reasons].sort()).to.deep.equal(['early', 'waiting-room-full'])
  })
})

/** What a sync does, without its economy: everything that counts, and the forks. */
async function exchange(from: Replica, to: Replica): Promise<void> {
  for (const epoch of from.epochs()) {
    for (const scope of SCOPE_NAMES) {
      for (const head of from.heads(scope, epoch)) {
        const proof = await from.forkProof(head)
        if (proof !== undefined) await to.offerForkProof(encodeForkProof(proof))
        await to.offer(await from.entries(head))
      }
    }
  }
}
