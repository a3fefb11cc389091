import { expect } from 'chai'
import { freshnessOf } from '../../src/index.ts'
import type { Freshness, Time } from '../../src/index.ts'

const HOUR = 3_600_000
const NOW = 1000
const now = (NOW + 0.5) * HOUR
const dated = (at: number, anchorEpoch: number | undefined, time: Time = { now }, epochMs = HOUR): Freshness =>
  freshnessOf({ at, epochMs, anchorEpoch, isAnchorChecked: true }, time)

const shown = (freshness: Freshness): unknown => JSON.parse(JSON.stringify(freshness))

describe('the age of an answer', () => {
  it('is that of a peer that keeps up: of this epoch, anchored up to the epoch before the last', () => {
    expect(shown(dated(NOW, NOW - 2))).to.deep.equal({ state: 'fresh', answerAgeMs: 0, anchorAgeMs: 1.5 * HOUR, anchorEpoch: NOW - 2, epochMs: HOUR, ok: true })
    expect(shown(dated(NOW - 1, undefined))).to.deep.equal({ state: 'fresh', answerAgeMs: HOUR / 2, epochMs: HOUR, ok: true })
  })

  it('is told where an old state is replayed, whatever the peer says of the time', () => {
    expect(dated(NOW, NOW - 30)).to.include({ state: 'stale', anchorAgeMs: 29.5 * HOUR, ok: true })
    expect(dated(NOW - 30, NOW - 32)).to.include({ state: 'stale', answerAgeMs: 29.5 * HOUR, ok: true })
    expect(dated(NOW - 30, undefined)).to.include({ state: 'stale' })
    expect([NOW - 4, NOW - 5].map((epoch) => dated(NOW, epoch).state)).to.deep.equal(['fresh', 'stale'])
    expect(dated(NOW + 9, NOW - 2)).to.include({ state: 'ahead' })
    expect(dated(NOW, NOW + 9)).to.include({ state: 'ahead' })
  })

  it('is refused beyond a bound, and where no anchor that was checked says it', () => {
    const bound = { now, maxAgeMs: 2 * HOUR }
    expect([dated(NOW, NOW - 2, bound).ok, dated(NOW, NOW - 3, bound).ok, dated(NOW - 9, NOW - 2, bound).ok]).to.deep.equal([true, false, false])
    expect(dated(NOW, undefined, bound).ok).to.equal(false)
    expect(dated(NOW, NOW + 9, bound).ok).to.equal(false)
    expect(freshnessOf({ at: NOW, epochMs: HOUR, anchorEpoch: NOW - 2, isAnchorChecked: false }, bound).ok).to.equal(false)
  })

  it('cannot be made younger by longer epochs where the network says how long they are', () => {
    const old = NOW - 500
    const stretched = now / (old + 2)
    expect(dated(old, old, { now }, stretched).state, 'whoever does not know the network').to.equal('fresh')
    expect(dated(old, old, { now, epochMs: HOUR }, stretched)).to.include({ state: 'unknown', ok: false })
    for (const epochMs of [0, -1, Number.NaN]) expect(dated(NOW, NOW, { now }, epochMs)).to.include({ state: 'unknown', ok: false })
  })

  it('is not known where nobody tells the time', () => {
    expect(dated(NOW, NOW - 2, {})).to.include({ state: 'unknown', ok: true })
    expect(dated(NOW, NOW - 2, { maxAgeMs: 1 }).ok).to.equal(false)
  })
})
