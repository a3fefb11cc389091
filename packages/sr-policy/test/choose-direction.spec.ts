import { ms, sid } from '@srwan/interface'
import type { CandidateReason, SegmentList } from '@srwan/interface'
import { expect } from 'chai'
import fc from 'fast-check'
import { chooseDirection } from '../src/choose-direction.ts'
import type { Choice } from '../src/choose-direction.ts'
import { changeTo, initialDirection } from '../src/direction-state.ts'
import type { DirectionState } from '../src/direction-state.ts'

const PULSE = ms(10_000)
const THRESHOLD = ms(10)
const [A, B, E] = [sid('a'), sid('b'), sid('e')]
const DEFAULT: SegmentList = [E]
const VIA_A: SegmentList = [A, E]
const VIA_B: SegmentList = [B, E]

/** One round: delay, or delay and loss, per list; `undefined` = all lost. */
type Round = { readonly plain?: number | [number, number]; readonly a?: number | [number, number]; readonly b?: number | [number, number] }

function round(state: DirectionState, seen: Round, at: number, first = false): Choice {
  const lists = (
    [
      [DEFAULT, seen.plain],
      [VIA_A, seen.a],
      [VIA_B, seen.b]
    ] as const
  ).map(([segments, value]) => {
    if (value === undefined) return { segments, delay: undefined, loss: 1 }
    const [delay, loss] = typeof value === 'number' ? [value, 0] : value
    return { segments, delay: ms(delay), loss }
  })
  return chooseDirection({ state, lists, threshold: THRESHOLD, now: ms(at), pulseInterval: PULSE, first })
}

const start = (): DirectionState => initialDirection(DEFAULT, ms(0))
const onA = (): DirectionState => changeTo(start(), VIA_A, { now: ms(0), pulseInterval: PULSE })
const reasonOf = (choice: Choice, segments: SegmentList): CandidateReason | undefined => choice.candidates.find((candidate) => candidate.segments === segments)?.reason

describe('choosing one direction', () => {
  it('the first round takes the best above the threshold, whatever the clock offset', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3_600_000, max: 3_600_000 }), (offset) => {
        expect(round(start(), { plain: 100 + offset, a: 80 + offset, b: 85 + offset }, 0, true).state.active).to.equal(VIA_A)
        expect(round(start(), { plain: 100 + offset, a: 91 + offset, b: 95 + offset }, 0, true).state.active).to.equal(DEFAULT)
      })
    )
  })

  it('never starts on a path that does not beat the default by more than the threshold', () => {
    const value = fc.option(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.constantFrom(0, 0.1, 0.3, 0.6)), { nil: undefined })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), value, value, (plain, a, b) => {
        const seen: Round = { plain, ...(a === undefined ? {} : { a }), ...(b === undefined ? {} : { b }) }
        const { state } = round(start(), seen, 0, true)
        const chosen = state.active === VIA_A ? a : state.active === VIA_B ? b : undefined
        if (state.active === DEFAULT) return
        expect(chosen?.[0]).to.be.lessThan(plain - THRESHOLD)
        expect(chosen?.[1]).to.be.at.most(0.2)
      })
    )
  })

  it('later changes need two rounds in a row', () => {
    const one = round(start(), { plain: 100, a: 80 }, 30_000)
    expect(one.state.active).to.equal(DEFAULT)
    expect(reasonOf(one, VIA_A)).to.equal('waiting')
    const calm = round(one.state, { plain: 100, a: 95 }, 40_000)
    expect(round(calm.state, { plain: 100, a: 80 }, 50_000).state.active, 'not in a row').to.equal(DEFAULT)
    expect(round(one.state, { plain: 100, a: 80 }, 40_000).state.active).to.equal(VIA_A)
  })

  it('leaves a path that broke at once, for the best that answers', () => {
    expect(round(onA(), { plain: 100, b: 70 }, 1000).state.active).to.equal(VIA_B)
    expect(round(onA(), { plain: 100, b: 95 }, 1000).state.active).to.equal(DEFAULT)
    expect(round(onA(), { b: 300 }, 1000).state.active).to.equal(VIA_B)
    expect(round(onA(), {}, 1000).state.active).to.deep.equal(DEFAULT)
    expect(round(start(), { a: 300 }, 1000).state.active).to.equal(VIA_A)
  })

  it('does not take a failed list back for three intervals after its last failure', () => {
    let state = round(onA(), { plain: 100 }, 1000).state
    state = round(state, { plain: 100, a: 50 }, 11_000).state
    const held = round(state, { plain: 100, a: 50 }, 21_000)
    expect(held.state.active).to.equal(DEFAULT)
    expect(reasonOf(held, VIA_A)).to.equal('held-down')
    state = round(held.state, { plain: 100, a: 50 }, 32_000).state
    expect(round(state, { plain: 100, a: 50 }, 42_000).state.active).to.equal(VIA_A)
  })

  it('good news waits for the dwell', () => {
    const busy: DirectionState = { ...onA(), dwell: ms(60_000) }
    const one = round(busy, { plain: 100, a: 80, b: 50 }, 10_000)
    const two = round(one.state, { plain: 100, a: 80, b: 50 }, 20_000)
    expect(two.state.active).to.equal(VIA_A)
    expect(reasonOf(two, VIA_B)).to.equal('held-down')
    expect(round(two.state, { plain: 100, a: 80, b: 50 }, 61_000).state.active).to.equal(VIA_B)
  })

  it('returns to the default path when the gain is gone or the path loses packets, after two rounds', () => {
    for (const a of [99.5, 120, [50, 0.5] as [number, number]]) {
      const one = round(onA(), { plain: 100, a }, 30_000)
      expect(one.state.active).to.equal(VIA_A)
      expect(round(one.state, { plain: 100, a }, 40_000).state.active).to.equal(DEFAULT)
    }
    const small = round(onA(), { plain: 100, a: 95 }, 30_000)
    expect(round(small.state, { plain: 100, a: 95 }, 40_000).state.active, 'a small gain is a gain').to.equal(VIA_A)
  })

  it('does not prefer a candidate that loses a fifth more of its probes', () => {
    expect(round(start(), { plain: 100, a: [50, 0.3] }, 0, true).state.active).to.equal(DEFAULT)
    expect(round(start(), { plain: 100, a: [50, 0.2] }, 0, true).state.active).to.equal(VIA_A)
    expect(round(start(), { plain: [100, 0.2], a: [50, 0.4] }, 0, true).state.active).to.equal(VIA_A)
  })

  it('names a standby that answered and is not the path in use', () => {
    expect(round(start(), { plain: 100, a: 50, b: 60 }, 0, true).standby).to.equal(VIA_B)
    expect(round(start(), { plain: 100, a: 50 }, 0, true).standby).to.equal(DEFAULT)
    expect(round(start(), { plain: 100, a: 97, b: 98 }, 0, true).standby).to.equal(VIA_A)
    expect(round(start(), { plain: 100 }, 0, true).standby).to.equal(undefined)
  })

  it('does not flap on noise below the threshold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), { maxLength: 40 }), (noise) => {
        let state = start()
        noise.forEach(([plain, a], index) => {
          state = round(state, { plain: 100 + plain, a: 100 + a }, index * 10_000, index === 0).state
        })
        expect(state.active).to.equal(DEFAULT)
      })
    )
  })
})

describe('dwell', () => {
  it('doubles with each change back, up to 300 s, and starts over after a calm', () => {
    let state = start()
    const dwells: number[] = []
    for (let change = 1; change <= 14; change++) {
      state = changeTo(state, change % 2 === 1 ? VIA_A : DEFAULT, { now: ms(change * 1000), pulseInterval: PULSE })
      dwells.push(state.dwell)
    }
    expect(dwells.slice(0, 4)).to.deep.equal([5000, 10_000, 20_000, 40_000])
    expect(dwells.at(-1)).to.equal(300_000)
    expect(changeTo(state, VIA_B, { now: ms(400_000), pulseInterval: PULSE }).dwell).to.equal(5000)
  })
})
