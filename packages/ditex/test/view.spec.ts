import { expect } from 'chai'
import fc from 'fast-check'
import { SortedList } from '../src/view/sorted-list.ts'
import { EPOCH, EPOCH_LENGTH, createSigner, encodedOf, startReplica, writeLog } from './fixtures.ts'
import type { ViewChange } from '../src/index.ts'

describe('view', () => {
  it('lets the last writer win, takes back by null, and falls back to what still counts when the winner expires', async () => {
    const { replica, clock } = await startReplica()
    const author = createSigner()
    const changes: ViewChange[] = []
    replica.view.on('change', (change) => changes.push(change))
    const says = [
      { key: 'a', body: 1, ttl: 20 },
      { key: 'a', body: 2, ttl: 2 },
      { key: 'b', body: 3, ttl: 5 },
      { key: 'b', body: null, ttl: 5 }
    ]
    await replica.offer(encodedOf(await writeLog(author, says)))
    const seqOf = (key: string): number | undefined => replica.view.get(author.peerId, 'listing', key)?.seq
    expect([seqOf('a'), seqOf('b')]).to.deep.equal([2, undefined])
    expect(replica.view.history(author.peerId, 'listing', 'b').map(({ seq }) => seq)).to.deep.equal([4, 3])
    await clock.advance(2 * EPOCH_LENGTH)
    expect([seqOf('a'), replica.view.size]).to.deep.equal([1, 1])
    await clock.advance(20 * EPOCH_LENGTH)
    expect([seqOf('a'), replica.view.size, [...replica.view.byKind('listing')].length]).to.deep.equal([undefined, 0, 0])
    expect(changes.map(({ key, record }) => `${key}${record?.seq ?? ''}`)).to.deep.equal(['a1', 'a2', 'b3', 'b', 'a1', 'a'])
  })

  it('goes through a kind in the order key, author, from any position and by prefix, whatever the order of arrival', async () => {
    const { replica } = await startReplica()
    const authors = [createSigner(), createSigner(), createSigner()]
    const logs = await Promise.all(
      authors.map((author) =>
        writeLog(
          author,
          ['seg-b', 'seg-a', 'x', 'Z'].map((key) => ({ key, body: 1 }))
        )
      )
    )
    for (const log of logs.toReversed()) await replica.offer(encodedOf(log))
    const sorted = authors.map(({ peerId }) => peerId).sort()
    const all = [...replica.view.byKind('listing')].map(({ key, author }) => `${key} ${author}`)
    expect(all).to.deep.equal(['Z', 'seg-a', 'seg-b', 'x'].flatMap((key) => sorted.map((author) => `${key} ${author}`)))
    expect([...replica.view.byKind('listing', { key: 'seg-a', author: sorted[1]! })].map(({ key, author }) => `${key} ${author}`)).to.deep.equal(all.slice(5))
    expect([...replica.view.byKeyPrefix('listing', 'seg-')].map(({ key, author }) => `${key} ${author}`)).to.deep.equal(all.slice(3, 9))
    expect([...replica.view.byKey('listing', 'x')].map(({ author }) => author)).to.deep.equal(sorted)
    expect(replica.view.kinds()).to.deep.equal(['listing'])
  })

  it('finds routers by country, city and network, follows moves, and leaves out what is no place', async () => {
    const { replica } = await startReplica()
    const [one, two] = [createSigner(), createSigner()]
    const router = (body: object): { kind: string; key: string; ttl: number; body: object } => ({ kind: 'router', key: '', ttl: 192, body })
    const log = await writeLog(one, [router({ name: 'r1', country: 'DE', city: 'Berlin', lat: 52.5, lon: 13.4, asn: 3320 })])
    await replica.offer(encodedOf(log))
    await replica.offer(encodedOf(await writeLog(two, [router({ country: 'de', city: 7, lat: 400, asn: -1 })])))
    expect(replica.view.authorsIn({ country: 'de' })).to.deep.equal([one.peerId, two.peerId].sort())
    expect(replica.view.authorsIn({ country: 'DE', city: 'berlin', asn: 3320 })).to.deep.equal([one.peerId])
    expect(replica.view.location(two.peerId)).to.deep.equal({ author: two.peerId, country: 'de' })
    await replica.offer(encodedOf(await writeLog(one, [router({ country: 'FR', city: 'Paris' })], { after: log })).slice(2))
    expect(replica.view.authorsIn({ city: 'Berlin' })).to.deep.equal([])
    expect(replica.view.authorsIn({ country: 'FR' })).to.deep.equal([one.peerId])
  })

  it('is the same after a restart, and empty of epochs that were dropped', async () => {
    const { replica, store, clock } = await startReplica()
    const author = createSigner()
    await replica.offer(encodedOf(await writeLog(author, [{ key: 'old', body: 1, ttl: 192 }], { epoch: EPOCH - 5 })))
    await replica.offer(encodedOf(await writeLog(author, [{ key: 'new', body: 2, ttl: 192 }])))
    const keys = (view = replica.view): string[] => [...view.byKind('listing')].map(({ key }) => key)
    expect(keys()).to.deep.equal(['new', 'old'])
    await replica.prune(EPOCH)
    expect([keys(), replica.epochs()]).to.deep.equal([['new'], [EPOCH]])
    const again = await startReplica({ store, clock })
    expect(keys(again.replica.view)).to.deep.equal(['new'])
    expect(await again.replica.view.readEncoded([...again.replica.view.byKind('listing')])).to.have.length(1)
  })
})

describe('sorted list', () => {
  it('does what a sorted array does', () => {
    const change = fc.record({ add: fc.boolean(), value: fc.nat(2000) })
    fc.assert(
      fc.property(fc.array(fc.nat(2000), { maxLength: 1200, size: 'max' }), fc.array(change, { maxLength: 1200, size: 'max' }), fc.nat(2000), (first, changes, start) => {
        const model = new Set(first)
        const list = new SortedList<number>((one, other) => one - other)
        list.fill([...model])
        for (const { add, value } of changes) {
          if (add && !model.has(value)) list.add(value)
          else if (!add) list.remove(value)
          if (add) model.add(value)
          else model.delete(value)
        }
        const sorted = [...model].sort((one, other) => one - other)
        expect([...list.from()]).to.deep.equal(sorted)
        expect([...list.from(start)]).to.deep.equal(sorted.filter((value) => value >= start))
        expect(list.size).to.equal(model.size)
      }),
      { numRuns: 60 }
    )
  })
})
