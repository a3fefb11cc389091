import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Sid } from '@srwan/interface'
import { judge } from '../src/index.ts'
import type { Testimony, Witness } from '../src/index.ts'
import { PARAMETERS, aGroup, after, says, sidOf } from './a-group.ts'

const SUBJECT = 1

/** State of a router after the testimony. */
function stateOf(testimony: readonly Testimony[], seconds: number, options: { witnesses?: ReadonlyMap<Sid, Witness>; router?: number } = {}): string {
  const { witnesses = aGroup(12), router = SUBJECT } = options
  const verdicts = judge({ testimony, forks: [], witnesses, now: after(seconds), parameters: PARAMETERS })
  return verdicts.find((verdict) => verdict.router === sidOf(router))?.state ?? 'clear'
}

const everyone = (seconds: number, holds = true, observers = [2, 3, 4, 5, 6]): Testimony[] => observers.map((observer) => says(observer, SUBJECT, seconds, { holds }))

describe('verdicts', () => {
  it('suspect by one observer, convict by k, say why', () => {
    assert.equal(stateOf([says(2, SUBJECT, 0)], 1), 'suspected')
    assert.equal(stateOf(everyone(0, true, [2, 3]), 1), 'suspected')
    const [verdict] = judge({ testimony: everyone(0, true, [2, 3, 4]), forks: [], witnesses: aGroup(12), now: after(1), parameters: PARAMETERS })
    assert.equal(verdict?.state, 'quarantined')
    assert.deepEqual(verdict.reasons, ['answers probes and drops data (black-hole): seen by 3 routers'])
    assert.equal(verdict.since, after(0))
    assert.equal(verdict.until, after(60))
    assert.equal(verdict.isAvoided, true)
  })

  it('need a quarter of a large group', () => {
    const witnesses = aGroup(100)
    const observers = Array.from({ length: 25 }, (_, index) => index + 2)
    assert.equal(stateOf(everyone(0, true, observers.slice(1)), 1, { witnesses }), 'suspected')
    assert.equal(stateOf(everyone(0, true, observers), 1, { witnesses }), 'quarantined')
  })

  it('forget what is over, and hear nothing from the future', () => {
    assert.equal(stateOf(everyone(0, true, [2]), 600), 'clear')
    assert.equal(stateOf(everyone(0, true, [2]), 599), 'suspected')
    assert.equal(stateOf(everyone(100), 99), 'clear')
  })

  it('count no stranger, no guest, nobody about itself, no entry of another epoch', () => {
    const witnesses = aGroup(12, (index) => ({ votes: index !== 4 }))
    assert.equal(stateOf([says(2, SUBJECT, 0), says(3, SUBJECT, 0), says(4, SUBJECT, 0)], 1, { witnesses }), 'suspected')
    assert.equal(stateOf([says(2, SUBJECT, 0), says(3, SUBJECT, 0), says(40, SUBJECT, 0)], 1), 'suspected')
    assert.equal(stateOf([says(SUBJECT, SUBJECT, 0)], 1), 'clear')
    assert.equal(stateOf([{ ...says(2, SUBJECT, 0), epoch: 0 }], 1), 'clear')
  })

  it('count one ASN and one /24 as little more than one', () => {
    const oneAsn = aGroup(12, () => ({ asn: 64_000 }))
    assert.equal(stateOf(everyone(0), 1, { witnesses: oneAsn }), 'suspected')
    const oneNetwork = aGroup(12, () => ({ network: '10.0.0' }))
    assert.equal(stateOf(everyone(0), 1, { witnesses: oneNetwork }), 'suspected')
    const noAsn = aGroup(12, (index) => ({ sid: sidOf(index), asn: undefined as never }))
    assert.equal(stateOf(everyone(0), 1, { witnesses: noAsn }), 'quarantined')
  })

  it('do not convict against half as many who saw the opposite', () => {
    assert.equal(stateOf([...everyone(0), ...everyone(0, false, [7, 8, 9])], 1), 'suspected')
    assert.equal(stateOf([...everyone(0), ...everyone(0, false, [7, 8])], 1), 'quarantined')
  })

  it('let data alone refute what was seen of data', () => {
    const figures = { probesSent: 8, probesArrived: 8 }
    const byProbes = [7, 8, 9, 10].map((observer) => says(observer, SUBJECT, 0, { holds: false, figures }))
    assert.equal(stateOf([...everyone(0, true, [2, 3, 4]), ...byProbes], 1), 'quarantined')
    const lost = { probesSent: 8, probesArrived: 0, siblingSent: 8, siblingArrived: 8 }
    const accused = [2, 3, 4].map((observer) => says(observer, SUBJECT, 0, { figures: lost, seenWith: [sidOf(5), sidOf(6)] }))
    assert.equal(stateOf([...accused, ...byProbes], 1), 'suspected')
    assert.equal(stateOf(accused, 1), 'quarantined')
  })

  it('let nobody who carries data refute that sessions are refused, only who opened one', () => {
    const refused = { class: 'refused-session' as const, seenWith: [], figures: { attempts: 3, answered: 1 } }
    const accused = [2, 3, 4].map((observer) => says(observer, SUBJECT, 0, refused))
    const carried = [5, 6, 7, 8].map((observer) => says(observer, SUBJECT, 0, { holds: false }))
    const opened = [5, 6].map((observer) => says(observer, SUBJECT, 0, { ...refused, holds: false, figures: { attempts: 1, opened: 1 } }))
    assert.equal(stateOf([...accused, ...carried], 1), 'quarantined')
    assert.equal(stateOf([...accused, ...opened], 1), 'suspected')
  })

  it('discount an observer who accuses many', () => {
    const many = [4, 5, 6, 7, 8, 9].map((subject) => says(2, subject, 0))
    assert.equal(stateOf([...many, ...everyone(0, true, [2, 3, 10])], 1), 'suspected')
    assert.equal(stateOf(everyone(0, true, [2, 3, 10]), 1), 'quarantined')
  })

  it('drop both words of two in a quarrel, and the counter-accusations of who is accused by many', () => {
    const quarrel = [says(2, 3, 0), says(3, 2, 0)]
    assert.equal(stateOf(quarrel, 1, { router: 2 }), 'clear')
    assert.equal(stateOf(quarrel, 1, { router: 3 }), 'clear')
    const revenge = [2, 3, 4, 5, 6].map((observer) => says(SUBJECT, observer, 0))
    assert.equal(stateOf([...everyone(0), ...revenge], 1), 'quarantined')
    assert.equal(stateOf([...everyone(0), ...revenge], 1, { router: 2 }), 'clear')
  })

  it('remove one of twelve at once, the one with the most accusers, and two of a hundred an epoch', () => {
    const two = [...everyone(0, true, [2, 3, 4]), ...[2, 3, 4, 5].map((observer) => says(observer, 7, 0))]
    assert.equal(stateOf(two, 1), 'suspected')
    assert.equal(stateOf(two, 1, { router: 7 }), 'quarantined')
    const observers = Array.from({ length: 30 }, (_, index) => index + 40)
    const five = [1, 2, 3, 4, 5].flatMap((subject) => observers.map((observer) => says(observer, subject, subject)))
    const verdicts = judge({ testimony: five, forks: [], witnesses: aGroup(100), now: after(10), parameters: PARAMETERS })
    assert.equal(verdicts.filter(({ state }) => state === 'quarantined').length, 2)
  })

  it('acquit by what k see on probation, lapse where nobody looks, punish relapses longer', () => {
    const convicted = everyone(0)
    assert.equal(stateOf(convicted, 59), 'quarantined')
    assert.equal(stateOf(convicted, 61), 'probation')
    assert.equal(stateOf([...convicted, ...everyone(30, false)], 61), 'probation')
    assert.equal(stateOf([...convicted, ...everyone(65, false, [2, 3])], 66), 'probation')
    assert.equal(stateOf([...convicted, ...everyone(65, false)], 66), 'clear')
    assert.equal(stateOf(convicted, 60 + 1200), 'clear')
    const relapse = judge({ testimony: [...convicted, ...everyone(70)], forks: [], witnesses: aGroup(12), now: after(71), parameters: PARAMETERS })
    assert.equal(relapse[0]?.until, after(70 + 240))
    assert.equal(stateOf([...convicted, ...everyone(65, false), ...everyone(100)], 100 + 239), 'quarantined')
  })

  it('take a fork as proven, whatever the budget', () => {
    const forks = [1, 2, 3, 4].map((index) => ({ router: sidOf(index), since: after(0) }))
    const verdicts = judge({ testimony: [], forks, witnesses: aGroup(12), now: after(1), parameters: PARAMETERS })
    assert.equal(verdicts.filter(({ state, isAvoided }) => state === 'quarantined' && isAvoided).length, 4)
  })

  it('are the same whatever the order and the repetitions', () => {
    const witnesses = aGroup(8)
    const one = fc.tuple(fc.nat(7), fc.nat(7), fc.nat(400), fc.boolean()).map(([observer, subject, seconds, holds]) => says(observer, subject, seconds, { holds }))
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), fc.infiniteStream(fc.nat()), fc.integer({ min: 0, max: 2000 }), (testimony, numbers, seconds) => {
        const theCase = { forks: [], witnesses, now: after(seconds), parameters: PARAMETERS }
        const shuffled = [...testimony, ...testimony.slice(0, 10)].map((word) => ({ word, rank: numbers.next().value as number }))
        const other = shuffled.toSorted((a, b) => a.rank - b.rank).map(({ word }) => structuredClone(word))
        assert.deepEqual(judge({ ...theCase, testimony: other }), judge({ ...theCase, testimony }))
      }),
      { numRuns: 60 }
    )
  })
})
