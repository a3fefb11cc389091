import { expect } from 'chai'
import fc from 'fast-check'
import { executeQuery } from '../../src/query/execute-query.ts'
import { pairsIn } from '../../src/query/ranking.ts'
import { WrittenView, peerAt, sidOfPeer } from './written-view.ts'
import type { QueryResult } from '../../src/query/execute-query.ts'
import type { DitexQuery } from '../../src/query/query.ts'
import type { Said } from './written-view.ts'

const EPOCH = 100
const ROUTERS = 4
const BOUNDS = { visits: 10_000, reads: 512, octets: 1_048_576 }
const CITIES = ['Lima', 'Oslo']
const sidAt = (author: number): string => sidOfPeer(peerAt(author))
const cityOf = (author: number): string => CITIES[author % CITIES.length] ?? ''
const between = (from: string, to: string, limit = 5): DitexQuery => ({ bestOf: { from: { city: from }, to: { city: to }, by: 'price' }, limit })
const listing = (author: number, key: string, body: Said['body'], time: Pick<Said, 'epoch' | 'ttl'> = { epoch: 99, ttl: 9 }): Said => ({
  author,
  kind: 'listing',
  key,
  ...time,
  body
})

function viewWithRouters(): WrittenView {
  const written = new WrittenView(EPOCH)
  for (let author = 0; author < ROUTERS; author++) written.add({ author, kind: 'router', key: '', epoch: 99, ttl: 60, body: { city: cityOf(author) } })
  return written
}

/** As an answer shows them. */
const shown = ({ ranked = [], places }: QueryResult): unknown[] =>
  ranked.map(({ from, to, price, entries }) => [from, to, price, places[entries[0] ?? -1]?.key, places[entries[0] ?? -1]?.author])

/** Out of every live listing there is, without the index of offers. */
async function bestOfAll({ source }: WrittenView, { limit, where = [] }: DitexQuery, from: string, to: string): Promise<unknown[]> {
  const places = [...source.reader.live({ kind: 'listing', fromKey: '' })]
  const encoded = await source.reader.read(places)
  const tellings = encoded.flatMap((octets, index) => {
    const place = places[index]
    if (octets === undefined || place === undefined) return []
    const { body } = source.open(octets).entry
    return where.every(({ value }) => Number((body as { size?: number }).size) < Number(value))
      ? [{ author: place.author, sid: sidOfPeer(place.author), key: place.key, body }]
      : []
  })
  const routersIn = (named: string): Set<string> => new Set([...source.reader.routers()].flatMap((router) => (router.city === named ? router.sid : [])))
  const pairs = pairsIn('price', { from: routersIn(from), to: routersIn(to) }, tellings)
  return pairs.slice(0, limit).map(({ from: start, to: end, price, witnesses: [witness] }) => [start, end, price, witness?.key, witness?.author])
}

const end = fc.nat(ROUTERS).map(sidAt)
const body = fc.record({ from: end, to: end, price: fc.oneof(fc.nat(6), fc.constantFrom('2.5', '17', null, -1, 'dear', 1e-3)), size: fc.nat(9) })
const said = fc.record({
  author: fc.nat(ROUTERS),
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  body: fc.option(body, { freq: 6 }),
  epoch: fc.integer({ min: 92, max: 99 }),
  ttl: fc.integer({ min: 2, max: 12 })
})
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: said.map(
      ({ author, key, body: says, epoch, ttl }) =>
        (written: WrittenView) =>
          written.add(listing(author, key, says, { epoch, ttl }))
    )
  },
  { weight: 1, arbitrary: fc.constant((written: WrittenView) => written.enter(written.epoch + 1)) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(ROUTERS), fc.integer({ min: 92, max: 99 }), fc.integer({ min: 1, max: 4 })).map((place) => (written: WrittenView) => written.drop(...place))
  }
)

describe('best of by price', () => {
  it('is the best of all live listings, whatever was written, expired or dropped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
        fc.tuple(fc.constantFrom(...CITIES), fc.constantFrom(...CITIES)),
        fc.option(fc.nat(9), { nil: undefined }),
        fc.nat(60),
        async (steps, [from, to], below, stored) => {
          const written = viewWithRouters()
          // As if the first ones came out of a store.
          for (const one of steps.slice(0, stored)) one(written)
          written.view.loaded()
          for (const one of steps.slice(stored)) one(written)
          const query: DitexQuery = { ...between(from, to), ...(below === undefined ? {} : { where: [{ field: ['size'], operator: '<', value: below }] }) }
          expect(shown(await executeQuery(written.source, query, BOUNDS))).to.deep.equal(await bestOfAll(written, query, from, to))
        }
      )
    )
  })

  it('finds the cheapest among very many and reads no others', async () => {
    const written = viewWithRouters()
    written.view.loaded()
    const COUNT = 2000
    for (let at = 0; at < COUNT; at++) {
      const epoch = 92 + (at % 8)
      written.add(listing(7 + Math.floor(at / 200), `k${at}`, { from: sidAt(0), to: sidAt(1), price: 1 + ((at * 7919) % COUNT) }, { epoch, ttl: 12 }))
    }
    const result = await executeQuery(written.source, between(cityOf(0), cityOf(1), 3), BOUNDS)
    expect({ prices: result.ranked?.map(({ price }) => price), endedBy: result.endedBy, read: result.read }).to.deep.equal({ prices: [1, 2, 3], endedBy: undefined, read: 3 + 2 })
  })

  it('says so where bounds end it', async () => {
    const written = viewWithRouters()
    written.view.loaded()
    for (let at = 0; at < 40; at++) written.add(listing(at % ROUTERS, `k${at}`, { from: sidAt(0), to: sidAt(1), price: at, size: 9 }))
    const dear: DitexQuery = { ...between(cityOf(0), cityOf(1)), where: [{ field: ['size'], operator: '<', value: 5 }] }
    expect((await executeQuery(written.source, dear, { ...BOUNDS, reads: 20 })).endedBy).to.equal('reads')
    expect((await executeQuery(written.source, dear, { ...BOUNDS, visits: 12 })).endedBy).to.equal('visits')
    expect((await executeQuery(written.source, dear, BOUNDS)).endedBy).to.equal(undefined)
  })

  it('leaves out a listing that names no routers, or other than as texts', async () => {
    const written = viewWithRouters()
    written.view.loaded()
    for (const [key, says] of Object.entries({ a: { price: 1 }, b: { from: 5, to: sidAt(1), price: 1 }, c: { from: sidAt(0), to: [sidAt(1)], price: 1 } }))
      written.add(listing(0, key, says))
    expect(shown(await executeQuery(written.source, between(cityOf(0), cityOf(1)), BOUNDS))).to.deep.equal([])
  })
})
