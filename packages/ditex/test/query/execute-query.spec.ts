import { expect } from 'chai'
import fc from 'fast-check'
import { ms } from '@srwan/interface'
import { columnBody, fullColumnLength } from '@srwan/wire'
import { executeQuery, QUERY_BOUNDS } from '../../src/index.ts'
import { authorAt, memoryView, sidAt } from './memory-view.ts'
import type { DitexQuery, QueryResult } from '../../src/index.ts'
import type { Written } from './memory-view.ts'

const EPOCH = 100
const CITIES = ['Frankfurt', 'Chicago', 'Sydney'] as const
const ROUTERS = Array.from({ length: 6 }, (_, index) => ({
  peerId: authorAt(index),
  sid: sidAt(index),
  name: `r${index}`,
  country: ['DE', 'US', 'AU'][index % 3],
  city: CITIES[index % 3],
  asn: 64_500 + (index % 2)
}))
const bounds = QUERY_BOUNDS.member

/** Entries at positions of logs that do not collide. */
const entries = fc
  .array(
    fc.record({
      author: fc.nat(5).map(authorAt),
      kind: fc.constantFrom('digest', 'listing', 'router'),
      key: fc.constantFrom('', 'a', 'ab', 'b', 'é'),
      epoch: fc.integer({ min: 88, max: 101 }),
      ttl: fc.integer({ min: 1, max: 20 }),
      body: fc.oneof(fc.constant(null), fc.record({ price: fc.nat(50), to: fc.constantFrom('x', 'y') }))
    }),
    { maxLength: 60 }
  )
  .map((list) => {
    const counts = new Map<string, number>()
    return list.map((one): Written => {
      const log = `${one.author} ${one.epoch}`
      const seq = counts.get(log) ?? 0
      counts.set(log, seq + 1)
      return { ...one, seq }
    })
  })

const questions: fc.Arbitrary<DitexQuery> = fc
  .record(
    {
      kind: fc.constantFrom('digest', 'listing'),
      keyPrefix: fc.constantFrom('a', 'b', ''),
      author: fc.nat(5).map(sidAt),
      country: fc.constantFrom('DE', 'US', 'FR'),
      asn: fc.constantFrom(64_500, 64_501),
      sinceEpoch: fc.integer({ min: 88, max: 101 }),
      untilMs: fc.integer({ min: 88_000, max: 101_999 }),
      where: fc.nat(50).map((value) => [{ field: ['price'], operator: '<' as const, value }]),
      history: fc.boolean()
    },
    { requiredKeys: [] }
  )
  .map((query) => query)

const isGivenAs = <T>(wanted: T | undefined, found: T | undefined): boolean => wanted === undefined || wanted === found
const isInTime = ({ sinceEpoch = 0, untilMs = 1e9 }: DitexQuery, epoch: number): boolean => epoch >= sinceEpoch && epoch <= Math.floor(untilMs / 1000)

async function allPages(source: ReturnType<typeof memoryView>, query: DitexQuery, limits = bounds): Promise<QueryResult[]> {
  const pages: QueryResult[] = []
  let cursor: string | undefined
  do {
    const page: QueryResult = await executeQuery(source, { ...query, ...(cursor === undefined ? {} : { cursor }) }, limits)
    pages.push(page)
    expect(page.cursor === undefined || page.cursor !== cursor, 'pages go on').to.equal(true)
    cursor = page.cursor
  } while (cursor !== undefined && pages.length < 500)
  return pages
}
const hex = (pages: readonly QueryResult[]): string[] => pages.flatMap((page) => page.entries.map((one) => Buffer.from(one).toString('hex')))

describe('queries', () => {
  it('answer alike whatever arrived first, and pages of any size and bound together are the whole', async () => {
    await fc.assert(
      fc.asyncProperty(entries, questions, fc.integer({ min: 1, max: 7 }), fc.nat(), async (written, query, limit, seed) => {
        const shuffled = [...written].sort((a, b) => ((a.seq * 31 + a.epoch * 17 + seed) % 13) - ((b.seq * 31 + b.epoch * 17 + seed) % 13))
        const whole = hex(await allPages(memoryView(written, ROUTERS, EPOCH), { ...query, limit: 1000 }))
        expect(hex(await allPages(memoryView(shuffled, ROUTERS, EPOCH), { ...query, limit }))).to.deep.equal(whole)
        expect(hex(await allPages(memoryView(written, ROUTERS, EPOCH), { ...query, limit: 50 }, { visits: 66, reads: 65, octets: 300 }))).to.deep.equal(whole)
      }),
      { numRuns: 150 }
    )
  })

  it('hold exactly what fits', async () => {
    await fc.assert(
      fc.asyncProperty(entries, questions, async (written, query) => {
        const fits = ({ author, kind, key, epoch, body }: Written): boolean => {
          const { sid, country, asn } = ROUTERS.find(({ peerId }) => peerId === author) ?? {}
          const isAbout = isGivenAs(query.kind, kind) && key.startsWith(query.keyPrefix ?? '') && isInTime(query, epoch)
          const isCheap = (query.where ?? []).every(({ value }) => body !== null && (body as { price: number }).price < Number(value))
          return isAbout && isCheap && isGivenAs(query.author, sid) && isGivenAs(query.country, country) && isGivenAs(query.asn, asn)
        }
        const isAlive = ({ epoch, ttl = 0 }: Written): boolean => epoch + ttl > EPOCH
        const isLater = (other: Written, one: Written): boolean => other.epoch > one.epoch || (other.epoch === one.epoch && other.seq > one.seq)
        const isAlike = (other: Written, one: Written): boolean => other.author === one.author && other.kind === one.kind && other.key === one.key
        const isWinner = (one: Written): boolean => isAlive(one) && one.body !== null && !written.some((other) => isAlike(other, one) && isAlive(other) && isLater(other, one))
        const wanted = written.filter((one) => fits(one) && (query.history === true || isWinner(one))).length
        expect(hex(await allPages(memoryView(written, ROUTERS, EPOCH), query))).to.have.length(wanted)
      }),
      { numRuns: 150 }
    )
  })

  it('say with the last page that it is the last', async () => {
    const written = Array.from({ length: 10 }, (_, seq): Written => ({ author: authorAt(0), kind: 'digest', key: `${seq}`, epoch: 99, seq, body: {} }))
    const pages = await allPages(memoryView(written, ROUTERS, EPOCH), { limit: 5 })
    expect(pages.map(({ entries, cursor }) => [entries.length, cursor === undefined])).to.deep.equal([
      [5, false],
      [5, true]
    ])
  })

  it('stop at their bounds: visits, reads and octets', async () => {
    const written = Array.from(
      { length: 200 },
      (_, index): Written => ({ author: authorAt(0), kind: 'digest', key: `${1000 + index}`, epoch: 99 - (index % 2), seq: index, body: { price: index } })
    )
    const source = memoryView(written, ROUTERS, EPOCH)
    const never = [{ field: ['price'], operator: '<' as const, value: 0 }]
    expect(await executeQuery(source, { where: never }, { ...bounds, visits: 70 })).to.include({ visited: 70, endedBy: 'visits' })
    const read = await executeQuery(source, { where: never }, { ...bounds, reads: 130 })
    expect(read).to.include({ endedBy: 'reads' })
    expect(source.reads).to.be.at.most(200)
    const few = await executeQuery(source, {}, { ...bounds, octets: 500 })
    expect(few.endedBy).to.equal('octets')
    expect(few.entries.reduce((sum, { length }) => sum + length, 0)).to.be.at.most(500)
  })

  it('refuse a cursor of another question, a damaged one, and an epoch far away', async () => {
    const written = Array.from({ length: 10 }, (_, seq): Written => ({ author: authorAt(0), kind: 'digest', key: `${seq}`, epoch: 99, seq, body: {} }))
    const source = memoryView(written, ROUTERS, EPOCH)
    const { cursor = '' } = await executeQuery(source, { kind: 'digest', limit: 1 }, bounds)
    for (const query of [{ cursor }, { kind: 'digest', cursor: cursor.slice(2) }, { kind: 'digest', cursor: 'AAAA' }, { at: 50 }]) {
      const error = await executeQuery(source, query, bounds).catch((caught: unknown) => caught)
      expect(error, JSON.stringify(query)).to.include({ code: 'ERR_INVALID_INPUT' })
    }
  })
})

describe('the best between two places', () => {
  /** Round trips of one router with others; nobody is in the group without being named. */
  const column = (author: number, trips: Record<number, number>): Written => {
    const others = Object.keys(trips).map(Number)
    const members = [author, ...others].sort((a, b) => a - b)
    const body = columnBody({
      members: members.map(sidAt),
      column: new Uint8Array(fullColumnLength(members.length)),
      trips: members.map((member) => (member === author ? undefined : ms(trips[member] ?? 0)))
    })
    return { author: authorAt(author), kind: 'column', key: '', scope: 'group', epoch: 99, seq: 0, body }
  }
  const listing = (author: number, key: string, body: object): Written => ({ author: authorAt(author), kind: 'listing', key, epoch: 99, seq: Number(key), body })

  it('ranks segments by the larger claim of both ends', async () => {
    // Router 4 says that it is nearer than router 0 finds.
    const written = [column(0, { 1: 90, 4: 100 }), column(1, { 0: 91 }), column(4, { 0: 10 })]
    const result = await executeQuery(memoryView(written, ROUTERS, EPOCH), { bestOf: { from: { city: 'frankfurt' }, to: { country: 'US' }, by: 'delay' } }, bounds)
    expect(result.ranked?.map(({ from, to, roundTripMs }) => ({ from, to, roundTripMs }))).to.deep.equal([
      { from: sidAt(0), to: sidAt(1), roundTripMs: 91 },
      { from: sidAt(0), to: sidAt(4), roundTripMs: 100 }
    ])
    expect(result.entries).to.have.length(3)
    expect(result.ranked?.map(({ entries }) => entries.map((index) => result.places[index]?.author))).to.deep.equal([
      [authorAt(0), authorAt(1)],
      [authorAt(0), authorAt(4)]
    ])
  })

  it('goes through columns of the routers nearest to the middle of their place first, each as a whole, and says which bound ended it', async () => {
    // Routers 0, 2, 4 and 6 are one place, 0 far out.
    const lats = [-30, 10, 50, 10, 51, 10, 53]
    const routers = lats.map((lat, index) => ({ peerId: authorAt(index), sid: sidAt(index), city: index % 2 === 0 ? 'here' : 'there', lat, lon: 8 }))
    const written = [0, 2, 4, 6].map((author) => column(author, { 1: 10 + author, 3: 20 + author, 5: 30 + author }))
    const query: DitexQuery = { bestOf: { from: { city: 'here' }, to: { city: 'there' }, by: 'delay' } }
    const ask = async (limits: Partial<typeof bounds>): Promise<unknown> => {
      const { ranked, endedBy } = await executeQuery(memoryView(written, routers, EPOCH), query, { ...bounds, ...limits })
      return [[...new Set(ranked?.map(({ from }) => from))].sort(), ranked?.length, endedBy]
    }
    expect(await ask({})).to.deep.equal([[0, 2, 4, 6].map(sidAt), 12, undefined])
    // 4 entries of the index and 3 pairs each.
    expect(await ask({ visits: 10 })).to.deep.equal([[2, 4].map(sidAt), 6, 'visits'])
    expect(await ask({ visits: 9 })).to.deep.equal([[2].map(sidAt), 3, 'visits'])
    // Half of what may be read is for columns, the rest for the routers of the ends.
    expect(await ask({ reads: 8 })).to.deep.equal([[0, 2, 4].map(sidAt), 3, 'reads'])
    expect(await ask({ reads: 4 })).to.deep.equal([[2].map(sidAt), 1, 'reads'])
    expect(await ask({ octets: 1200 })).to.deep.include('octets')
  })

  it('takes as long as the columns are, however many routers there are', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({ peerId: authorAt(index % 2), sid: sidAt(index), city: 'everywhere' }))
    const result = await executeQuery(
      memoryView([column(0, { 1: 90 })], many, EPOCH),
      { bestOf: { from: { city: 'everywhere' }, to: { city: 'everywhere' }, by: 'delay' } },
      bounds
    )
    expect(result.visited).to.equal(3000 + 1 + 1)
  })

  it('ranks offers by price and leaves out what is not for sale', async () => {
    const [from, to] = [sidAt(0), sidAt(1)]
    const written = [
      listing(0, '1', { from, to, price: 9 }),
      listing(3, '2', { from, to, price: '2.5' }),
      listing(0, '3', { from, to, price: null }),
      listing(0, '4', { from: to, to: from, price: 1 })
    ]
    const result = await executeQuery(memoryView(written, ROUTERS, EPOCH), { bestOf: { from: { router: 'r0' }, to: { router: to }, by: 'price' }, limit: 5 }, bounds)
    expect(result.ranked?.map(({ price, entries }) => [price, result.places[entries[0] ?? 9]?.key])).to.deep.equal([
      [2.5, '2'],
      [9, '1']
    ])
  })
})
