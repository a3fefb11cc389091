import { expect } from 'chai'
import { ROUTERS, answeringPeer, columnOf, offerOf, routerOf, saved, sidOf, verifiedAs } from './answering-replica.ts'
import { EPOCH, EPOCH_LENGTH } from '../fixtures.ts'
import { parseCondition } from '../../src/index.ts'
import type { DitexQuery, QueryAnswer, QueryDocument } from '../../src/index.ts'
import type { AnsweringPeer, Wrote } from './answering-replica.ts'

const delay = (from: string, to: string): DitexQuery => ({ bestOf: { from: { city: from }, to: { city: to }, by: 'delay' } })
const price: DitexQuery = { bestOf: { from: { country: 'DE' }, to: { country: 'US' }, by: 'price' } }
const WROTE: readonly Wrote[] = [
  ...ROUTERS.map((_, router) => ({ router, says: [routerOf(router), offerOf('1', 0, 1, 9 - router), offerOf('2', 0, 3, router), offerOf('3', 1, 0, 1)], epoch: EPOCH - 3 })),
  { router: 0, says: [columnOf(0, { 1: 90, 2: 5, 3: 100 })] },
  { router: 1, says: [columnOf(1, { 0: 91, 2: 60 })] },
  // Says that it is nearer than router 0 finds.
  { router: 3, says: [columnOf(3, { 0: 10 })] }
]

describe('an answer beside its question', function () {
  this.timeout(60_000)
  let peer: AnsweringPeer
  before(async () => {
    peer = await answeringPeer(WROTE)
  })
  after(() => peer.stop())

  const faultsOf = (document: QueryDocument): readonly string[] => {
    const report = verifiedAs(document)
    return [...report.faults, ...report.entries.filter(({ fits }) => !fits).map(({ index }) => `entry ${index} does not fit`)]
  }

  it('verifies whatever honest peers are asked, page by page', async () => {
    const questions: DitexQuery[] = [
      {},
      { kind: 'listing', country: 'de' },
      { city: 'chicago', limit: 3 },
      { asn: 64_502, kind: 'router' },
      { asn: 64_502, history: true, limit: 2 },
      { author: sidOf(1), keyPrefix: '2' },
      { author: ROUTERS[2]?.peerId ?? '', key: '1' },
      { kind: 'listing', where: [parseCondition('price < 4', 'x')], limit: 4 },
      { sinceEpoch: EPOCH - 1 },
      { untilMs: (EPOCH - 2) * EPOCH_LENGTH, at: EPOCH - 1 },
      { history: true, limit: 7 },
      { arrived: true, country: 'DE' },
      { ...delay('Frankfurt', 'Chicago'), limit: 1 },
      delay('Frankfurt', 'Chicago'),
      delay('Frankfurt', 'Frankfurt'),
      { ...delay('Frankfurt', 'Chicago'), country: 'DE' },
      price,
      { ...price, limit: 2, where: [parseCondition('price > 1', 'x')], country: 'US' }
    ]
    for (const question of questions) {
      for (let cursor: string | undefined, pages = 0; pages < 30; pages++) {
        const query = { ...question, ...(cursor === undefined ? {} : { cursor }) }
        const answer = await peer.ask(query)
        const report = verifiedAs(saved(query, answer))
        expect(report.ok, JSON.stringify([question, report.faults, report.entries.filter(({ ok }) => !ok)])).to.equal(true)
        cursor = answer.cursor
        if (cursor === undefined || answer.entries.length === 0) break
      }
    }
  })

  it('does not verify where an entry is not what was asked for', async () => {
    const whole = await peer.ask({ kind: 'listing' })
    const wrong: DitexQuery[] = [
      { kind: 'column' },
      { kind: 'listing', key: '1' },
      { kind: 'listing', keyPrefix: '3' },
      { author: sidOf(1) },
      { author: ROUTERS[1]?.peerId ?? '' },
      { sinceEpoch: EPOCH - 2 },
      { untilMs: 5 },
      { where: [parseCondition('price > 4', 'x')] },
      { country: 'FR' },
      { cid: saved({}, whole).entries[1]?.cid ?? '' }
    ]
    for (const query of wrong) expect(faultsOf(saved(query, whole)), JSON.stringify(query)).to.not.deep.equal([])
    const expired = await peer.ask({ kind: 'column' })
    expect(faultsOf({ ...saved({ kind: 'column' }, expired), at: EPOCH + 3 })).to.include('entry 0 does not fit')
    expect(faultsOf({ ...saved({ kind: 'listing' }, whole), query: { kind: 'listing', at: EPOCH - 1 } })).to.deep.equal([
      `it is of epoch ${EPOCH}, epoch ${EPOCH - 1} was asked for`
    ])
  })

  it('does not verify where a place is claimed of an author and not shown, or shown by somebody else', async () => {
    const query = { kind: 'listing', country: 'DE' }
    const document = saved(query, await peer.ask(query))
    expect(document.routers).to.have.length(3)
    const [first, ...others] = document.routers ?? []
    expect(faultsOf({ ...document, routers: others })).to.have.length(3)
    expect(faultsOf({ ...document, routers: [first, ...others, first] as QueryDocument['routers'] })).to.deep.equal(['router entry 3 is not what it says'])
    const forged = { ...first, body: { ...(first?.body as object), country: 'US' } } as NonNullable<QueryDocument['routers']>[number]
    expect(faultsOf({ ...document, routers: [forged, ...others] })).to.include('router entry 0 is not what it says')
  })

  it('does not verify where entries are out of order, given twice, or of the page before', async () => {
    for (const query of [{ kind: 'listing' }, { history: true }]) {
      const answer = await peer.ask(query)
      const [first, second, ...rest] = answer.entries as [Uint8Array, Uint8Array, ...Uint8Array[]]
      expect(faultsOf(saved(query, { ...answer, entries: [second, first, ...rest] }))).to.deep.equal(['entry 1 is not in order'])
      expect(faultsOf(saved(query, { ...answer, entries: [first, first, second, ...rest] }))).to.deep.equal(['entry 1 is given twice'])
      const { cursor = '' } = await peer.ask({ ...query, limit: 2 })
      expect(faultsOf(saved({ ...query, cursor }, answer)).slice(0, 2)).to.deep.equal(['entry 0 is of the page before', 'entry 1 is of the page before'])
    }
  })

  it('repeats as its latest anchor and its first proof only what it holds', async () => {
    const document = saved({}, await peer.ask({ limit: 1 }))
    const anchor = { epoch: 1, root: 'AA', bytes: 'AA' }
    expect(faultsOf({ ...document, anchor })).to.deep.equal(['the latest anchor is not the latest of those that came along'])
    const proof = { author: ROUTERS[0]?.peerId, scope: 'global', epoch: 1 } as unknown as QueryDocument['proof']
    expect(faultsOf({ ...document, proof })).to.deep.equal(['the proof of the first entry is not among the proofs'])
  })

  describe('for the best between two places', () => {
    const query = delay('Frankfurt', 'Chicago')
    let answer: QueryAnswer
    let document: QueryDocument
    before(async () => {
      answer = await peer.ask(query)
      document = saved(query, answer)
    })
    type Ranked = NonNullable<QueryDocument['ranked']>
    const pairs = (): Ranked => document.ranked ?? []
    const forged = (ranked: Ranked): readonly string[] => faultsOf({ ...document, ranked })

    it('is ranked by the larger claims, which it carries with the routers of the ends', () => {
      expect(pairs().map(({ from, to, roundTripMs, entries }) => [from, to, roundTripMs, entries.length])).to.deep.equal([
        [sidOf(2), sidOf(1), 60, 1],
        [sidOf(0), sidOf(1), 91, 2],
        [sidOf(0), sidOf(3), 100, 2]
      ])
      expect(document.routers?.map(({ sid }) => sid).sort()).to.deep.equal([0, 1, 2, 3].map(sidOf).sort())
      expect(faultsOf(document)).to.deep.equal([])
    })

    it('does not verify with another order, another delay, a price, or a pair twice', () => {
      const [first, second, third] = pairs() as [Ranked[0], Ranked[0], Ranked[0]]
      expect(forged([second, first, third])).to.deep.equal(['pair 1 of the ranking is not behind the one before'])
      for (const change of [
        { roundTripMs: 10 },
        { price: 1 },
        { color: 'latency' },
        { roundTripMs: undefined },
        { entries: third.entries.slice(1) },
        { entries: [...third.entries].reverse() }
      ])
        expect(forged([first, second, { ...third, ...change }])[0], JSON.stringify(change)).to.equal('pair 2 of the ranking is said to be other than its entries say')
      expect(forged([first, second, second, third])).to.deep.equal(['pair 2 of the ranking is not behind the one before'])
      expect(forged([first, second, { ...third, to: sidOf(5) }])).to.include('pair 2 of the ranking does not follow from its entries')
      expect(forged([first, second, { ...third, from: third.to, to: third.from }])).to.include('pair 2 of the ranking does not follow from its entries')
    })

    it('does not verify where the larger claim is there and not told, a pair is left out, or a router is not shown', () => {
      const [first, second, third] = pairs() as [Ranked[0], Ranked[0], Ranked[0]]
      const own = third.entries.slice(0, 1)
      expect(forged([{ ...third, roundTripMs: 10, entries: own }, first, second])).to.not.deep.equal([])
      expect(forged([second, third])).to.include(`the ranking leaves out ${sidOf(2)} to ${sidOf(1)}`)
      expect(faultsOf({ ...document, ranked: [second, third], endedBy: 'reads', entries: document.entries })).to.deep.equal([])
      expect(faultsOf({ ...document, ranked: [first, third], endedBy: 'reads' })).to.deep.equal([`the ranking leaves out ${sidOf(0)} to ${sidOf(1)}`])
      expect(faultsOf({ ...document, routers: document.routers?.slice(1) ?? [] })).to.not.deep.equal([])
      expect(faultsOf({ ...document, ranked: [] })).to.not.deep.equal([])
    })

    it('does not verify with a ranking that nobody asked for, or entries that belong to none', async () => {
      const all = await peer.ask({ kind: 'column' })
      expect(faultsOf({ ...saved({ kind: 'column' }, all), ranked: [] })).to.deep.equal(['a ranking was not asked for'])
      const short = { ...query, limit: 1 }
      const added = saved(short, { ...(await peer.ask(short)), entries: all.entries.slice(1) })
      expect(faultsOf(added)).to.not.deep.equal([])
    })

    it('holds prices to their listings alike', async () => {
      const offers = saved(price, await peer.ask(price))
      expect(offers.ranked?.slice(0, 2).map(({ price: said }) => said)).to.deep.equal([0, 1])
      const [first, second, ...rest] = offers.ranked as [Ranked[0], Ranked[0], ...Ranked]
      expect(faultsOf({ ...offers, ranked: [{ ...first, price: 0.5 }, second, ...rest] })).to.deep.equal(['pair 0 of the ranking is said to be other than its entries say'])
      expect(faultsOf({ ...offers, ranked: [{ ...first, color: 'cost' }, second, ...rest] })).to.not.deep.equal([])
      expect(faultsOf({ ...offers, ranked: [second, ...rest] })).to.not.deep.equal([])
      expect(faultsOf({ ...offers, ranked: [second, first, ...rest] })).to.deep.equal(['pair 1 of the ranking is not behind the one before'])
    })
  })
})
