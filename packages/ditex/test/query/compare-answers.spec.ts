import { expect } from 'chai'
import { compareAnswers, parseCondition, queryCodec } from '../../src/index.ts'
import { EPOCH, NETWORK } from '../fixtures.ts'
import { ROUTERS, answeringPeer, columnOf, offerOf, routerOf, saved, sidOf, verifiedAs } from './answering-replica.ts'
import type { ComparedAnswers, ComparedPeer, DitexQuery, QueryAnswer } from '../../src/index.ts'
import type { AnsweringPeer, Wrote } from './answering-replica.ts'

const BEFORE: readonly Wrote[] = ROUTERS.map((_, router) => ({
  router,
  says: [routerOf(router), ...['1', '2', '3'].map((key) => offerOf(key, 0, 1, router + 2))],
  epoch: EPOCH - 3
}))
/** Each says something anew, and router 0 what is near. */
const AFTER: readonly Wrote[] = [
  ...ROUTERS.map((_, router) => ({ router, says: [offerOf('2', 0, 1, 40 + router)], epoch: EPOCH - 2 })),
  { router: 0, says: [columnOf(0, { 1: 90, 3: 100 })] },
  { router: 3, says: [columnOf(3, { 0: 200 })] }
]
const LISTINGS = { kind: 'listing' }

describe('answers of several peers', function () {
  this.timeout(60_000)
  let current: AnsweringPeer
  let behind: AnsweringPeer
  before(async () => {
    current = await answeringPeer([...BEFORE, ...AFTER])
    behind = await answeringPeer(BEFORE)
  })
  after(async () => {
    await current.stop()
    await behind.stop()
  })

  const compared = (query: DitexQuery, ...answers: readonly QueryAnswer[]): ComparedAnswers =>
    compareAnswers(
      queryCodec,
      { query, trust: { network: NETWORK } },
      answers.map((answer, index) => ({ peer: `p${index}`, answer }))
    ) as ComparedAnswers
  const peersOf = (query: DitexQuery, ...answers: readonly QueryAnswer[]): readonly Omit<ComparedPeer, 'peer'>[] =>
    compared(query, ...answers).completeness.peers.map(({ peer: _peer, ...rest }) => rest)
  /** What is merged verifies and is what the current peer answers alone. */
  const isWhole = async (query: DitexQuery, ...answers: readonly QueryAnswer[]): Promise<void> => {
    const { answer } = compared(query, ...answers)
    expect(verifiedAs(saved(query, answer)).faults).to.deep.equal([])
    const honest = await current.ask(query)
    expect(answer.entries.map(hex)).to.deep.equal(honest.entries.map(hex))
    expect(answer.ranked).to.deep.equal(honest.ranked)
  }

  it('hold the latest of each, and blame whoever replays what is superseded', async () => {
    const [honest, replayed] = [await current.ask(LISTINGS), await behind.ask(LISTINGS)]
    expect(peersOf(LISTINGS, honest, replayed, honest)).to.deep.equal([
      { entries: 18, missing: 0 },
      { entries: 18, missing: 0, superseded: 6 },
      { entries: 18, missing: 0 }
    ])
    await isWhole(LISTINGS, honest, replayed)
    await isWhole(LISTINGS, replayed, honest)
  })

  it('hold everything once where all that is held is asked for: there nothing is superseded', async () => {
    const query = { history: true }
    const [honest, less] = [await current.ask(query), await behind.ask(query)]
    expect(peersOf(query, less, honest).map(({ missing, superseded }) => [missing, superseded])).to.deep.equal([
      [honest.entries.length - less.entries.length, undefined],
      [0, undefined]
    ])
    await isWhole(query, less, honest)
  })

  it('a cursor frees nobody from what the page says to have covered, and only from what is behind it', async () => {
    const page = { ...LISTINGS, limit: 9 }
    const honest = await current.ask(page)
    const short = { ...honest, entries: honest.entries.filter((_, index) => index % 3 !== 1) }
    expect(peersOf(page, honest, short)).to.deep.equal([
      { entries: 9, missing: 0 },
      { entries: 6, missing: 3 }
    ])
    const { cursor = '' } = await current.ask({ ...LISTINGS, limit: 2 })
    const evading = { ...honest, entries: honest.entries.slice(0, 1), cursor }
    expect(peersOf(page, honest, evading)).to.deep.equal([
      { entries: 9, missing: 0 },
      { entries: 1, missing: 1, partial: true }
    ])
    expect(compared(page, honest, evading).completeness.checked).to.equal(false)
    expect(compared(page, honest, evading, honest).completeness.checked).to.equal(true)
    const nowhere = { ...honest, entries: [], cursor: 'AAAA' }
    expect(peersOf(page, honest, nowhere)[1]).to.deep.equal({ entries: 0, missing: 0, partial: true })
    await isWhole(page, honest, evading, short)
    await isWhole(page, short, honest)
  })

  it('of pages that end at different places the first one is shown, up to its end', async () => {
    const [shorter, longer] = [await current.ask({ ...LISTINGS, limit: 4 }), await current.ask({ ...LISTINGS, limit: 9 })]
    const { answer, completeness } = compared(LISTINGS, shorter, longer)
    expect([answer.entries.length, answer.cursor, completeness.checked]).to.deep.equal([4, shorter.cursor, true])
    expect(completeness.peers.map(({ missing, partial }) => [missing, partial])).to.deep.equal([
      [0, undefined],
      [0, undefined]
    ])
  })

  it('what does not verify, was not asked for, or is out of order takes nothing from the others', async () => {
    const honest = await current.ask(LISTINGS)
    const other = (await current.ask({ kind: 'router' })).entries
    expect(peersOf(LISTINGS, { ...honest, entries: [...honest.entries, ...other] }, honest)).to.deep.equal([
      { entries: 18, missing: 0, invalid: 6 },
      { entries: 18, missing: 0 }
    ])
    const disordered = { ...honest, entries: [...honest.entries].reverse() }
    const [liar, ...rest] = peersOf(LISTINGS, disordered, honest, { ...honest, entries: honest.entries.slice(1) })
    expect(liar).to.deep.include({ invalid: 17, error: 'entry 1 is not in order' })
    expect(rest.map(({ missing }) => missing)).to.deep.equal([0, 1])
    const [, elsewhere, later] = peersOf(LISTINGS, honest, { ...honest, network: 'other' }, { ...honest, at: EPOCH - 1 })
    expect([elsewhere?.error, later?.error]).to.deep.equal(['it is of network other', `it answers for epoch ${EPOCH - 1}, the others for ${EPOCH}`])
    await isWhole(LISTINGS, disordered, { ...honest, entries: [...other, Uint8Array.of(1, 2), ...honest.entries] })
    const nobody = compared(LISTINGS, disordered)
    expect([nobody.answer, nobody.completeness.checked]).to.deep.equal([disordered, false])
    expect(compareAnswers(queryCodec, { query: {}, trust: {} }, [{ peer: 'a', error: 'gone' }])).to.equal(undefined)
  })

  it('a member of another group is not blamed for what its group does not hold', async () => {
    const query = { sinceEpoch: EPOCH - 1 }
    const honest = await current.ask(query)
    expect(honest.entries).to.have.length(2)
    const none = { ...honest, entries: [] }
    const missing = (...groups: readonly [number, number]): unknown => peersOf(query, { ...honest, group: groups[0] }, { ...none, group: groups[1] })[1]?.missing
    expect([missing(2, 3), missing(2, 2)]).to.deep.equal([0, 2])
  })

  it('are ranked anew from the latest that all of them tell', async () => {
    for (const by of ['delay', 'price'] as const) {
      const query: DitexQuery = { bestOf: { from: { city: 'Frankfurt' }, to: { city: 'Chicago' }, by }, ...(by === 'price' ? { where: [parseCondition('price > 0', 'x')] } : {}) }
      const honest = await current.ask(query)
      await isWhole(query, await behind.ask(query), honest)
      await isWhole(query, honest, await behind.ask(query))
      const limited = { ...query, limit: 1 }
      await isWhole(limited, await current.ask(limited), await current.ask(limited))
      expect(compared(limited, await current.ask(limited), await current.ask(limited)).completeness.checked).to.equal(true)
    }
    // The end that finds it longer is left out by one peer.
    const query: DitexQuery = { bestOf: { from: { city: 'Frankfurt' }, to: { city: 'Chicago' }, by: 'delay' } }
    const honest = await current.ask(query)
    const partial = await answeringPeer([...BEFORE, { router: 0, says: [columnOf(0, { 1: 90, 3: 100 })] }])
    const lying = await partial.ask(query)
    expect(lying.ranked?.map(({ roundTripMs }) => roundTripMs)).to.deep.equal([90, 100])
    expect(peersOf(query, lying, honest).map(({ missing }) => missing)).to.deep.equal([1, 0])
    expect(compared(query, lying, honest).answer.ranked?.map(({ roundTripMs }) => roundTripMs)).to.deep.equal([90, 200])
    await isWhole(query, lying, honest)
    await partial.stop()
    expect(sidOf(3)).to.equal(honest.ranked?.[1]?.to)
  })
})

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
