import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { MemoryEntryStore, createAuthor } from '../src/index.ts'
import { EPOCH, EPOCH_LENGTH, clockAt, createSigner, encodedOf, startReplica, writeLog } from './fixtures.ts'
import type { Signer } from '@srwan/interface'
import type { Author, EntryStore, OwnEntries, PeerHeads, Statement } from '../src/index.ts'
import type { TestReplica } from './fixtures.ts'

const NOBODY: PeerHeads = { fetchOwn: () => Promise.resolve({ peers: 0, entries: [], forks: [] }) }

function peersWith(own: Partial<OwnEntries>): PeerHeads {
  return { fetchOwn: () => Promise.resolve({ peers: 2, entries: [], forks: [], ...own }) }
}

async function startAuthor(
  options: { readonly signer?: Signer; readonly peerHeads?: PeerHeads; readonly on?: TestReplica } = {}
): Promise<TestReplica & { readonly author: Author; readonly signer: Signer }> {
  const { signer = createSigner(), peerHeads = NOBODY, on = await startReplica() } = options
  const author = createAuthor({ clock: on.clock, logger: silentLogger(), signer, replica: on.replica, store: on.store, peerHeads })
  await author.start()
  return { ...on, author, signer }
}

const say = (key: string, body: unknown, rest: Partial<Statement> = {}): Statement => ({ scope: 'global', kind: 'listing', key, ttl: 10, body, ...rest })

async function failureOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: { readonly code?: string }) => error.code ?? String(error)
  )
}

describe('author', () => {
  it('begins each log with a checkpoint and lets appends of one moment share a batch', async () => {
    const { author, replica, store } = await startAuthor()
    let writes = 0
    const write = store.write.bind(store)
    store.write = (changes, sync) => {
      writes++
      expect(sync).to.equal(true)
      return write(changes, sync)
    }
    const entries = await Promise.all([author.append(say('a', 1)), author.append(say('b', 2)), author.append(say('c', 3, { scope: 'group' }))])
    expect(entries.map(({ entry: { scope, seq } }) => [scope, seq])).to.deep.equal([
      ['global', 1],
      ['global', 2],
      ['group', 1]
    ])
    expect(writes).to.be.at.most(2)
    const first = await replica.entry({ scope: 'global', epoch: EPOCH, author: author.peerId }, 0)
    expect(first?.entry).to.deep.include({ kind: 'checkpoint', key: '', body: { live: new Uint8Array(32), count: 0, previous: null } })
  })

  it('names the log before and the live entries in the checkpoint of the next epoch', async () => {
    const { author, replica, clock } = await startAuthor()
    const last = await author.append(say('a', 1))
    await clock.advance(EPOCH_LENGTH)
    const next = await author.append(say('b', 2))
    expect(next.entry).to.include({ epoch: EPOCH + 1, seq: 1 })
    const checkpoint = await replica.entry({ scope: 'global', epoch: EPOCH + 1, author: author.peerId }, 0)
    expect(checkpoint?.entry.body).to.deep.include({ count: 1, previous: { epoch: EPOCH, incarnation: 0, seq: 1, hash: Uint8Array.from(last.hash) } })
  })

  it('takes back what peers hold of it before it writes', async () => {
    const signer = createSigner()
    const log = await writeLog(signer, [
      { key: 'x', body: 1 },
      { key: 'y', body: 2 }
    ])
    const { author } = await startAuthor({ signer, peerHeads: peersWith({ entries: encodedOf(log).toReversed() }) })
    expect((await author.append(say('z', 3))).entry.seq).to.equal(3)
    expect(author.incarnation).to.equal(0)
  })

  it('raises the incarnation where peers prove entries that nobody can supply, and says again what still counts', async () => {
    const signer = createSigner()
    const log = encodedOf(
      await writeLog(signer, [
        { key: 'x', body: 1 },
        { key: 'y', body: 2 },
        { key: 'z', body: 3 }
      ])
    )
    const on = await startReplica()
    await on.replica.offer(log.slice(0, 2))
    const { author, replica, store } = await startAuthor({ signer, on, peerHeads: peersWith({ entries: log.slice(3) }) })
    const entry = await author.append(say('w', 4))
    expect(entry.incarnation).to.equal(1)
    expect(replica.head({ scope: 'global', epoch: EPOCH, author: signer.peerId })).to.include({ incarnation: 1, seq: 2 })
    expect(replica.view.get(signer.peerId, 'listing', 'x')).to.include({ incarnation: 1 })
    expect(await store.own('incarnation')).to.deep.equal(Uint8Array.of(1))
  })

  it('raises the incarnation after its store was lost, and keeps it over a restart', async () => {
    const store: EntryStore = new MemoryEntryStore()
    Object.defineProperty(store, 'lost', { value: true })
    const first = await startAuthor({ on: await startReplica({ store }) })
    expect((await first.author.append(say('a', 1))).incarnation).to.equal(1)
    await first.author.stop()
    Object.defineProperty(store, 'lost', { value: false })
    const second = await startAuthor({ signer: first.signer, on: await startReplica({ store }) })
    expect((await second.author.append(say('b', 1))).entry.seq).to.equal(2)
    expect(second.author.incarnation).to.equal(1)
  })

  it('waits ten seconds for a peer and then writes alone', async () => {
    const silent: PeerHeads = {
      fetchOwn: (_author, _epoch, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ peers: 0, entries: [], forks: [] })))
    }
    const { author, clock } = await startAuthor({ peerHeads: silent })
    let written = false
    const append = author.append(say('a', 1)).then(() => (written = true))
    await clock.advance(9_900)
    expect(written).to.equal(false)
    await clock.runUntil(append)
    expect(clock.wallTime() % EPOCH_LENGTH).to.equal(EPOCH_LENGTH / 2 + 10_000)
  })

  it('refuses what is out of bounds without a gap in its log, and what is more than a log holds', async () => {
    const { author } = await startAuthor()
    const outcomes = await Promise.all([
      failureOf(author.append(say('a', 1))),
      failureOf(author.append(say('b', undefined))),
      failureOf(author.append(say('x'.repeat(129), 1))),
      failureOf(author.append(say('c', 'x'.repeat(5000)))),
      failureOf(author.append(say('', 1, { kind: 'checkpoint' })))
    ])
    expect(outcomes).to.deep.equal(['none', 'ERR_MALFORMED_MESSAGE', 'ERR_MALFORMED_MESSAGE', 'ERR_MALFORMED_MESSAGE', 'ERR_LIMIT_EXCEEDED'])
    const more = await Promise.all(Array.from({ length: 260 }, (_, index) => failureOf(author.append(say(`${index}`, 1)))))
    expect(more.filter((outcome) => outcome === 'none')).to.have.length(254)
    expect(more.filter((outcome) => outcome === 'ERR_LIMIT_EXCEEDED')).to.have.length(6)
  })

  it('writes standing entries anew before the retention takes them, and lets others expire', async () => {
    const { author, replica, clock } = await startAuthor({ on: await startReplica({ clock: clockAt() }) })
    await author.append(say('standing', { price: 1 }, { ttl: 192 }))
    await author.append(say('passing', { price: 2 }, { ttl: 100 }))
    for (let epoch = 0; epoch < 200; epoch++) await clock.advance(EPOCH_LENGTH)
    const record = replica.view.get(author.peerId, 'listing', 'standing')!
    expect(record.epoch).to.be.within(EPOCH + 160, EPOCH + 192)
    expect((await replica.view.read(record))?.entry.body).to.deep.equal({ price: 1 })
    expect(replica.view.get(author.peerId, 'listing', 'passing')).to.equal(undefined)
    expect(replica.epochs().every((epoch) => epoch >= EPOCH + 200 - 191)).to.equal(true)
  })

  it('goes on under the next incarnation after a fork of its own', async () => {
    const { author, signer, replica } = await startAuthor()
    await author.append(say('a', 1))
    const twin = encodedOf(await writeLog(signer, [{ key: 'other', body: 9 }]))
    await replica.offer(twin)
    const entry = await author.append(say('b', 2))
    expect(entry.incarnation).to.equal(1)
    expect(replica.head({ scope: 'global', epoch: EPOCH, author: signer.peerId })?.forkedAt).to.equal(undefined)
    expect(replica.forkedSince(signer.peerId)).to.equal(EPOCH)
  })
})
