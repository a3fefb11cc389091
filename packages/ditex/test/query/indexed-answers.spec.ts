import { expect } from 'chai'
import fc from 'fast-check'
import { QUERY_BOUNDS, executeQuery } from '../../src/index.ts'
import { WrittenView, nameOf, peerAt, sidOfPeer } from './written-view.ts'
import type { DitexQuery, QueryResult } from '../../src/index.ts'
import type { Said } from './written-view.ts'

const EPOCH = 100
const AUTHORS = 6
/** With more keys than this an author has an index of its own; one of these authors has more. */
const MANY_KEYS = 90
const BOUNDS = { ...QUERY_BOUNDS.member, visits: 1e9, reads: 1e9 }

const keys = fc.oneof(
  fc.constantFrom('', 'a', 'ab', 'b', 'é', '\u{1f600}', '\uffff'),
  fc.nat(12).map((n) => `k${n}`)
)
const places = fc.record(
  { country: fc.constantFrom('DE', 'us', 'AU'), city: fc.constantFrom('Frankfurt', 'Chicago'), asn: fc.constantFrom(64_500, 64_501) },
  { requiredKeys: ['country'] }
)
/** Often the one with many keys. */
const authors = fc.oneof(fc.constant(0), fc.nat(AUTHORS - 1))
const listing = fc.record({
  author: authors,
  kind: fc.constantFrom('digest', 'listing', 'ticket'),
  key: keys,
  epoch: fc.integer({ min: 85, max: EPOCH + 1 }),
  ttl: fc.integer({ min: 1, max: 20 }),
  body: fc.option(fc.record({ price: fc.nat(50) }), { freq: 6 })
})
const router = fc.record({
  author: fc.nat(AUTHORS - 1),
  kind: fc.constant('router'),
  key: fc.constantFrom('', '', '', 'other'),
  epoch: fc.integer({ min: 85, max: EPOCH + 1 }),
  ttl: fc.integer({ min: 1, max: 20 }),
  body: fc.option(places, { freq: 6 })
})
const entries: fc.Arbitrary<Said[]> = fc.array(fc.oneof({ arbitrary: listing, weight: 4 }, { arbitrary: router, weight: 1 }), { maxLength: 60, size: 'max' })
/** An author with many keys in one kind. */
const prolific: Said[] = Array.from({ length: MANY_KEYS }, (_, n) => ({ author: 0, kind: 'listing', key: `k${n}`, epoch: 95, ttl: 8, body: { price: n } }))

const about = {
  kind: fc.constantFrom('digest', 'listing', 'listing', 'router', 'nothing'),
  key: keys,
  keyPrefix: fc.constantFrom('', 'a', 'k', 'k1', '\uffff'),
  where: fc.nat(60).map((value) => [{ field: ['price'], operator: '<' as const, value }])
}
const when = { sinceEpoch: fc.integer({ min: 84, max: EPOCH + 2 }), untilEpoch: fc.integer({ min: 84, max: EPOCH + 2 }) }
const who = { author: fc.oneof(fc.constant(0), fc.nat(AUTHORS)).chain((author) => fc.constantFrom<string>(peerAt(author), sidOfPeer(peerAt(author)))) }
const where = { country: fc.constantFrom('DE', 'US', 'FR'), city: fc.constantFrom('frankfurt', 'CHICAGO'), asn: fc.constantFrom(64_500, 64_501) }
const least = fc.constantFrom(84, 90, 95)
/** A question of some fields, and seldom of others: what asks for everything finds nothing. */
function question(often: Readonly<Record<string, fc.Arbitrary<unknown>>>, seldom: Readonly<Record<string, fc.Arbitrary<unknown>>> = {}): fc.Arbitrary<DitexQuery> {
  const rare = Object.entries(seldom).map(([name, value]) => [name, fc.oneof({ arbitrary: fc.constant(undefined), weight: 4 }, { arbitrary: value, weight: 1 })] as const)
  return fc.record({ ...often, ...Object.fromEntries(rare) }).map((query) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)))
}
/** Each of the ways in which an index is chosen by itself, and all of them together. */
const questions: fc.Arbitrary<DitexQuery> = fc.oneof(
  question({ sinceEpoch: least }, { untilEpoch: when.untilEpoch, ...about }),
  question({ untilEpoch: when.untilEpoch }, { ...when, ...about }),
  question(who, { sinceEpoch: least, ...about }),
  question({ country: where.country }, { ...where, ...about }),
  question({ kind: about.kind, keyPrefix: about.keyPrefix }),
  question({}, { ...about, ...when, ...who, ...where })
)
const asked = fc.array(fc.tuple(questions, fc.integer({ min: 1, max: 40 })), { minLength: 1, maxLength: 8 })

/** All pages of an answer. */
async function answered(written: WrittenView, query: DitexQuery, limit: number): Promise<string[]> {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page: QueryResult = await executeQuery(written.source, { ...query, limit, ...(cursor === undefined ? {} : { cursor }) }, BOUNDS)
    names.push(...page.places.map(nameOf))
    expect(page.entries).to.have.length(page.places.length)
    cursor = page.cursor
  } while (cursor !== undefined)
  return names
}

async function expectNaive(written: WrittenView, questionsAsked: readonly (readonly [DitexQuery, number])[]): Promise<void> {
  for (const [query, limit] of questionsAsked) expect(await answered(written, query, limit), JSON.stringify(query)).to.deep.equal(written.answers(query))
}

describe('answers out of the indexes', function () {
  this.timeout(120_000)

  it('are those of a filter over everything that is in force: after a start, with what comes then, with what expires and with what is dropped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ stored: entries, fresh: entries, isMany: fc.boolean() }),
        asked,
        fc.tuple(fc.nat(AUTHORS - 1), fc.integer({ min: 85, max: 101 }), fc.integer({ min: 1, max: 5 })),
        async ({ stored, fresh, isMany }, all, [author, epoch, seq]) => {
          const written = new WrittenView(EPOCH)
          for (const one of isMany ? [...stored, ...prolific] : stored) written.add(one)
          written.view.loaded()
          await expectNaive(written, all)
          for (const one of isMany ? fresh : [...fresh, ...prolific]) written.add(one)
          await expectNaive(written, all)
          written.enter(EPOCH + 2)
          await expectNaive(written, all)
          written.drop(author, epoch, seq)
          await expectNaive(written, all)
        }
      ),
      { numRuns: 40 }
    )
  })

  it('are the same where there is too much to merge or to put in order', async () => {
    const authors = 600
    const written = new WrittenView(EPOCH)
    for (let author = 0; author < authors; author++) {
      written.add({ author, kind: 'router', key: '', epoch: 98, ttl: 100, body: { country: author % 20 === 0 ? 'US' : 'DE', asn: author % 2 } })
      for (let n = 0; n < 29; n++)
        written.add({ author, kind: 'listing', key: `k${(author * 7 + n * 13) % 31}`, epoch: 90 + (n % 10), ttl: 5 + (n % 9), body: n % 11 === 0 ? null : { price: n } })
    }
    written.view.loaded()
    // More than are put in order for a question.
    expect(written.held.length).to.be.above(16_384)
    const all: readonly DitexQuery[] = [
      { country: 'DE', keyPrefix: 'k1' },
      { country: 'US', kind: 'listing' },
      { country: 'DE', asn: 1, sinceEpoch: 97, key: 'k7' },
      { sinceEpoch: 1, keyPrefix: 'k2', kind: 'listing' },
      { sinceEpoch: 98, untilEpoch: 98, kind: 'listing' },
      { author: peerAt(77) },
      { untilEpoch: 96, where: [{ field: ['price'], operator: '<', value: 4 }] }
    ]
    await expectNaive(
      written,
      all.map((query) => [query, 1000])
    )
    expect(all.map((query) => written.answers(query).length > 0)).to.deep.equal(all.map(() => true))
  })
})
