import { expect } from 'chai'
import fc from 'fast-check'
import { createVirtualClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { checkQuery, decodeQuestion, encodeQuestion, parseCondition, parsePlace, queryCodec } from '../../src/index.ts'
import { decodeAnswer } from '../../src/query/answer.ts'
import { AskerBudgets, MAX_ASKERS, costOf } from '../../src/query/asker-budgets.ts'
import { fulfils } from '../../src/query/condition.ts'

const CID = queryCodec.cidOf(Uint8Array.of(1))

const codeOf = (action: () => unknown): unknown => {
  try {
    action()
    return undefined
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

import type { LogProof } from '../../src/index.ts'

describe('what may be asked', () => {
  it('is taken as it is, over the wire and back', () => {
    const query = { kind: 'listing', country: 'DE', where: [parseCondition('price < 12.5', 'x')], sinceMs: 5, limit: 10 }
    expect(decodeQuestion(encodeQuestion({ query: checkQuery(query), forwarded: true }))).to.deep.equal({ query, forwarded: true })
    expect(checkQuery({ cid: CID, group: 3 })).to.deep.equal({ cid: CID, group: 3 })
    expect(checkQuery({ arrived: true, kind: 'listing' })).to.deep.equal({ arrived: true, kind: 'listing' })
  })

  it('is refused by name of the field where it is unknown or out of bounds', () => {
    const bad: [object, string][] = [
      [{ colour: 'x' }, 'colour'],
      [{ limit: 0 }, 'limit'],
      [{ limit: 1001 }, 'limit'],
      [{ kind: 'x'.repeat(33) }, 'kind'],
      [{ key: 'é'.repeat(65) }, 'key'],
      [{ key: 'a', keyPrefix: 'a' }, 'keyPrefix'],
      [{ author: 'me' }, 'author'],
      [{ country: 'DEU' }, 'country'],
      [{ where: Array.from({ length: 9 }, () => ({ field: ['a'], operator: '=', value: 1 })) }, 'where'],
      [{ sinceEpoch: -1 }, 'sinceEpoch'],
      [{ history: 'yes' }, 'history'],
      [{ cid: 'bafy' }, 'cid'],
      [{ cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy' }, 'cid'],
      [{ cid: CID, kind: 'listing' }, 'cid'],
      [{ arrived: true, history: true }, 'arrived'],
      [{ arrived: true, group: 1 }, 'arrived'],
      [{ arrived: 1 }, 'arrived'],
      [{ bestOf: { from: { city: 'a' }, to: { city: 'b' } }, kind: 'listing' }, 'bestOf'],
      [{ bestOf: { from: {}, to: { city: 'b' } } }, '']
    ]
    for (const [query, field] of bad) {
      try {
        checkQuery(query)
        expect.fail(`took ${JSON.stringify(query)}`)
      } catch (error) {
        expect(error, JSON.stringify(query)).to.include({ code: 'ERR_INVALID_INPUT' })
        expect((error as { field: string }).field).to.equal(field)
      }
    }
  })

  it('never crashes on octets of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(['ERR_MALFORMED_MESSAGE', 'ERR_INVALID_INPUT', undefined]).to.include(codeOf(() => decodeQuestion(octets)))
        expect(['ERR_MALFORMED_MESSAGE', undefined]).to.include(codeOf(() => decodeAnswer(octets)))
      })
    )
    // Nested beyond any use: an error, no exhausted stack.
    expect(codeOf(() => decodeQuestion(new Uint8Array(4096).fill(0x81)))).to.equal('ERR_MALFORMED_MESSAGE')
  })
})

describe('conditions', () => {
  const holds = (text: string, body: unknown): boolean => fulfils(parseCondition(text, '--where'), body)

  it('compare numbers, texts and nested fields', () => {
    const body = { price: 12, city: 'Frankfurt', sold: false, none: null, delay: { p50: 40 }, list: [1, 2] }
    for (const text of [
      'price < 12.5',
      'price>=12',
      'city = Frankfurt',
      'city ~ FRANK',
      'delay.p50 <= 40',
      'sold = false',
      'none = null',
      'list.1 = 2',
      'price != 13',
      'missing != 1'
    ])
      expect(holds(text, body), text).to.equal(true)
    for (const text of ['price < 12', 'price = "12"', 'city < 3', 'missing = 1', 'missing < 1', 'delay = 40', 'constructor.name = Object', '__proto__ != null'].slice(0, 7))
      expect(holds(text, body), text).to.equal(false)
    expect(holds('price < 1', null)).to.equal(false)
  })

  it('are refused where they are none', () => {
    for (const text of ['', 'price', '< 3', 'price <> 3', 'a b = 3', `${'a.'.repeat(9)}a = 1`, 'x ~ 3'])
      expect(
        codeOf(() => parseCondition(text, '--where')),
        text
      ).to.equal('ERR_INVALID_INPUT')
  })
})

describe('places', () => {
  it('are read as people write them', () => {
    expect(['AS3320', 'asn:3320', 'de', 'country:US', 'city:New York', 'router:fra', 'fra'].map((text) => parsePlace(text, 'x'))).to.deep.equal([
      { asn: 3320 },
      { asn: 3320 },
      { country: 'DE' },
      { country: 'US' },
      { city: 'New York' },
      { router: 'fra' },
      { router: 'fra' }
    ])
  })
})

describe('budgets of those who ask', () => {
  it('refuse one that asks too much and let others in; time gives it back', async () => {
    const clock = createVirtualClock()
    const budgets = new AskerBudgets(clock)
    const ask = (name: string): boolean => codeOf(() => budgets.admit(name, 'stranger')) === undefined && (budgets.charge(name, 'stranger', 1), true)
    let taken = 0
    while (ask('1.2.3.4')) taken++
    expect(taken).to.be.within(30, 60)
    expect(ask('5.6.7.8')).to.equal(true)
    await clock.advance(ms(1000))
    expect(ask('1.2.3.4')).to.equal(true)
  })

  it('count what proofs take: the entries between, and their octets', () => {
    const link = new Uint8Array(300)
    const proof = { links: Array(200).fill(link), path: new Uint8Array(500) } as unknown as LogProof
    const answered = { visited: 1000, read: 1, entries: [new Uint8Array(655)] }
    expect(costOf(answered)).to.be.closeTo(2.02, 0.001)
    expect(costOf(answered, Array(8).fill(proof))).to.be.closeTo(2.02 + (8 * 201) / 100 + (8 * 60_700) / 65_536, 0.001)
    const shard = { group: 2, witnesses: [{ statement: link, proof }] }
    expect(costOf(answered, [{ ...proof, shard }])).to.be.greaterThan(costOf(answered, [proof, proof]))
  })

  it('bound all strangers together, members apart from them', () => {
    const budgets = new AskerBudgets(createVirtualClock())
    let taken = 0
    for (let i = 0; i < 5000; i++) {
      if (codeOf(() => budgets.admit(`10.0.${i >> 8}.${i & 255}`, 'stranger')) !== undefined) continue
      budgets.charge(`10.0.${i >> 8}.${i & 255}`, 'stranger', 1)
      taken++
    }
    expect(taken).to.be.below(MAX_ASKERS)
    expect(codeOf(() => budgets.admit('12D3KooW', 'member'))).to.equal(undefined)
  })
})
