import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { headDigest } from '../src/index.ts'
import { EPOCH, createSigner, encodedOf, newReplica, startReplica, writeLog } from './fixtures.ts'
import type { Replica, SealedEntry } from '../src/index.ts'

describe('replica', () => {
  const place = (author: ReturnType<typeof createSigner>): { scope: 'global'; epoch: number; author: typeof author.peerId } => ({
    scope: 'global',
    epoch: EPOCH,
    author: author.peerId
  })

  it('takes a log in order, knows it the second time, and shows its head and entries', async () => {
    const { replica } = await startReplica()
    const author = createSigner()
    const log = await writeLog(author, [
      { key: 'a', body: 1 },
      { key: 'b', body: 2 }
    ])
    expect((await replica.offer(encodedOf(log))).map(({ outcome }) => outcome)).to.deep.equal(['accepted', 'accepted', 'accepted'])
    expect((await replica.offer(encodedOf(log))).map(({ outcome }) => outcome)).to.deep.equal(['known', 'known', 'known'])
    const head = replica.head(place(author))!
    expect(head.seq).to.equal(2)
    expect(Buffer.from(head.hash).equals(log[2]!.signed.hash)).to.equal(true)
    expect((await replica.entries(place(author), 1)).map((entry) => Buffer.from(entry).toString('hex'))).to.deep.equal(
      encodedOf(log.slice(1)).map((entry) => Buffer.from(entry).toString('hex'))
    )
    expect((await replica.entry(place(author), 2))?.entry.body).to.equal(2)
    expect(replica.view.byAuthor(author.peerId).map(({ key, seq }) => [key, seq])).to.deep.equal([
      ['a', 1],
      ['b', 2]
    ])
    expect(headDigest(head)).to.have.length(32)
  })

  it('lets early entries wait and takes them when the missing one comes', async () => {
    const { replica } = await startReplica()
    const author = createSigner()
    const log = encodedOf(await writeLog(author, [{}, {}, {}]))
    const early = await replica.offer([log[3]!, log[2]!])
    expect(early.map(({ outcome }) => outcome)).to.deep.equal(['early', 'early'])
    await replica.offer([log[0]!])
    expect(replica.head(place(author))?.seq).to.equal(0)
    expect((await replica.offer([log[1]!])).map(({ outcome }) => outcome)).to.deep.equal(['accepted'])
    expect(replica.head(place(author))?.seq).to.equal(3)
  })

  it('finds a fork, keeps what is before it, and convinces another replica by the proof alone', async () => {
    const one = await startReplica()
    const author = createSigner()
    const log = await writeLog(author, [
      { key: 'a', body: 1 },
      { key: 'b', body: 2 }
    ])
    const other = await writeLog(author, [{ key: 'b', body: 3 }], { after: log.slice(0, 2) })
    await one.replica.offer(encodedOf(log))
    expect(await one.replica.offer(encodedOf(other).slice(2))).to.deep.equal([{ outcome: 'forked', place: place(author), seq: 2 }])
    expect(one.replica.head(place(author))).to.include({ seq: 1, forkedAt: 2 })
    expect(one.replica.view.get(author.peerId, 'listing', 'b')).to.equal(undefined)
    const proof = (await one.replica.forkProof(place(author)))!
    const { encodeForkProof } = await import('../src/index.ts')
    const two = await startReplica()
    expect((await two.replica.offerForkProof(encodeForkProof(proof))).outcome).to.equal('accepted')
    await two.replica.offer(encodedOf(log))
    expect(headDigest(two.replica.head(place(author)))).to.deep.equal(headDigest(one.replica.head(place(author))))
    expect(two.replica.forkedSince(author.peerId)).to.equal(EPOCH)
  })

  it('finds an entry by the digest of its CID as long as it counts, after a start as well', async () => {
    const { replica, store, clock } = await startReplica()
    const author = createSigner()
    const log = await writeLog(author, [
      { key: 'a', body: 1 },
      { key: 'b', body: 2 }
    ])
    const old = await writeLog(createSigner(), [{ key: 'c' }], { epoch: EPOCH - 3, scope: 'evidence' })
    await replica.offer([...encodedOf(log), ...encodedOf(old)])
    const found = async (wanted: SealedEntry, where = replica): Promise<boolean> => {
      const { found } = await where.find(createHash('sha256').update(wanted.signed.bytes).digest())
      return found !== undefined && Buffer.from(found).equals(wanted.encoded)
    }
    for (const entry of [...log, ...old]) expect(await found(entry)).to.equal(true)
    expect(await replica.find(new Uint8Array(32))).to.deep.equal({ scanned: 5 })
    const fork = await writeLog(author, [{ key: 'b', body: 3 }], { after: log.slice(0, 2) })
    await replica.offer(encodedOf(fork))
    expect([await found(log[1]!), await found(log[2]!), await found(fork[2]!)]).to.deep.equal([true, false, false])
    await replica.prune(EPOCH)
    expect(await found(old[1]!)).to.equal(false)
    await replica.stop()
    const again = await startReplica({ store, clock })
    expect([await found(log[1]!, again.replica), await found(log[2]!, again.replica)]).to.deep.equal([true, false])
  })

  it('holds the same when it is started again, after a stop and after a start that failed while it read its store', async () => {
    const { replica, store, clock } = await startReplica()
    const author = createSigner()
    await replica.offer(
      encodedOf(
        await writeLog(author, [
          { key: 'a', body: 1 },
          { key: 'b', body: 2 }
        ])
      )
    )
    const stateOf = (held: Replica): unknown => ({
      head: held.head(place(author)),
      live: [...held.view.byKind('listing')].map(({ key, seq }) => [key, seq]),
      damaged: held.damaged
    })
    const before = stateOf(replica)
    await replica.stop()
    const records = store.records.bind(store)
    for (const started of [replica, newReplica(store, clock)]) {
      store.records = async function* () {
        yield* records()
        throw new Error('the disk is gone for a moment')
      }
      expect(await started.start().catch((error: Error) => error.message)).to.equal('the disk is gone for a moment')
      store.records = records
      await started.start()
      expect(stateOf(started)).to.deep.equal(before)
      expect(await started.entries(place(author))).to.have.length(3)
      await started.stop()
    }
  })

  it('follows arrivals by cursor', async () => {
    const { replica } = await startReplica()
    const log = encodedOf(await writeLog(createSigner(), [{}, {}, {}]))
    await replica.offer(log.slice(0, 2))
    const cursor = replica.cursor('global')
    await replica.offer(log.slice(2))
    const arrivals = (await replica.since('global', cursor))!
    expect(arrivals.entries).to.have.length(2)
    expect(arrivals.cursor).to.equal(4)
    expect(await replica.since('global', 5)).to.equal(undefined)
  })
})
