import assert from 'node:assert/strict'
import { ms } from '@srwan/interface'
import type { PairDelays, Sid } from '@srwan/interface'
import { isContradicted } from '../src/index.ts'
import type { DelaysBetween, Observation } from '../src/index.ts'
import { says, sidOf } from './a-group.ts'

const [OBSERVER, SUBJECT] = [2, 1]
const PARTNERS = [3, 4, 5].map(sidOf)

/** What a replica holds of each pair with the subject, the same both ways. */
const holding = (pairs: Readonly<Record<number, readonly [published: number | undefined, light?: number]>>): DelaysBetween => {
  const of = (router: Sid): PairDelays => {
    const [published, light] = pairs[Number.parseInt(router, 16)] ?? []
    return { ...(published === undefined ? {} : { published: ms(published) }), ...(light === undefined ? {} : { light: ms(light) }) }
  }
  return (one, other) => of(one === sidOf(SUBJECT) ? other : one)
}
const contradicted = (change: Partial<Observation>, between: DelaysBetween): boolean => isContradicted(says(OBSERVER, SUBJECT, 0, change), between)

describe('what a judge recomputes', () => {
  it('is the sum of the two published delays, where it was said to be less than a round trip', () => {
    const lie = { class: 'latency-lie' as const, seenWith: [sidOf(OBSERVER)], figures: { samples: 3, excessMicroseconds: 15_000, roundTripMicroseconds: 40_000 } }
    assert.equal(contradicted(lie, holding({ [OBSERVER]: [25] })), false, 'it is less')
    assert.equal(contradicted(lie, holding({ [OBSERVER]: [38.9] })), false, 'two replicas may differ by a millisecond')
    assert.equal(contradicted(lie, holding({ [OBSERVER]: [39] })), true)
    assert.equal(contradicted(lie, holding({ [OBSERVER]: [200] })), true)
    assert.equal(contradicted(lie, holding({})), false, 'who holds no column contradicts nobody')
    const ownProbes = { ...lie, seenWith: [sidOf(7)], figures: { samples: 3, excessMicroseconds: 15_000 } }
    assert.equal(contradicted(ownProbes, holding({ [OBSERVER]: [200], 7: [200] })), false, 'nobody else has those')
  })

  it('is what light needs, with each that was named: three must be left', () => {
    const fast = { class: 'light-speed' as const, seenWith: PARTNERS, figures: { pairs: 3, excessMicroseconds: 60_000 } }
    assert.equal(contradicted(fast, holding({ 3: [40, 100], 4: [40, 100], 5: [40, 100] })), false)
    assert.equal(contradicted(fast, holding({ 3: [40, 100], 4: [40, 100], 5: [99, 100] })), true)
    assert.equal(contradicted(fast, holding({ 3: [40, 100], 4: [40], 5: [undefined, 100] })), false, 'unknown is not the opposite')
    assert.equal(contradicted({ ...fast, seenWith: [...PARTNERS, sidOf(6)] }, holding({ 3: [40, 100], 4: [40, 100], 5: [99, 100], 6: [40, 100] })), false)
  })

  it('is what light needs between the two, of who says that the delays are in order', () => {
    const inOrder = { class: 'latency-lie' as const, holds: false, seenWith: [sidOf(OBSERVER)], figures: { samples: 3 } }
    assert.equal(contradicted(inOrder, holding({ [OBSERVER]: [40, 100] })), true)
    assert.equal(contradicted(inOrder, holding({ [OBSERVER]: [97.5, 100] })), false)
    assert.equal(contradicted(inOrder, holding({ [OBSERVER]: [40] })), false)
  })

  it('is nothing of what carries data or opens sessions', () => {
    const nobody: DelaysBetween = () => assert.fail('asked for delays')
    assert.equal(contradicted({}, nobody), false)
    assert.equal(contradicted({ class: 'refused-session', seenWith: [], figures: { attempts: 3, answered: 1 } }, nobody), false)
    assert.equal(contradicted({ class: 'unresponsive', figures: { lost: 6, heardBy: 2 } }, nobody), false)
  })
})
