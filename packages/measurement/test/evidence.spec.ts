import { expect } from 'chai'
import { ms, ppm, sid, us } from '@srwan/interface'
import type { DelayMatrix, GeoIsp } from '@srwan/interface'
import { findEvidence, greatCircle, pairDelays } from '../src/evidence.ts'
import { cellAt } from '../src/index.ts'

const FRANKFURT: GeoIsp = { lat: 50.11, lon: 8.68 }
const CHICAGO: GeoIsp = { lat: 41.88, lon: -87.63 }

/** Delays in ms with clock offsets added, all sampled at 0. */
const matrixOf = (delays: number[][], offsets: number[]): DelayMatrix => ({
  sids: delays.map((_, i) => sid(`s${i}`)),
  cells: delays.map((row, i) =>
    row.map((delay, j) =>
      i === j || delay === 0 ? undefined : { oneWayDelay: us((delay + (offsets[j] ?? 0) - (offsets[i] ?? 0)) * 1000), loss: undefined, ipdv: undefined, sampledAt: ms(0) }
    )
  ),
  rates: delays.map(() => ppm(0))
})

describe('evidence', () => {
  it('great circle: Frankfurt to Chicago is about 6,970 km', () => {
    expect(greatCircle(FRANKFURT, CHICAGO)).to.be.closeTo(6970, 30)
    expect(greatCircle(FRANKFURT, {})).to.equal(undefined)
  })

  it('finds nothing in true columns, whatever the clocks say', () => {
    const matrix = matrixOf(
      [
        [0, 45, 20],
        [46, 0, 30],
        [21, 31, 0]
      ],
      [0, 3.6e6, -7e5]
    )
    expect(findEvidence({ matrix, now: ms(0), self: 0, roundTrip: (i) => us(i === 1 ? 91_000 : 41_500), geo: (i) => [FRANKFURT, CHICAGO, {}][i] })).to.deep.equal([])
  })

  it('finds a column that understates its delays, by how much, the worst first', () => {
    // Router 1 claims 10 ms from 0 instead of 45.
    const matrix = matrixOf(
      [
        [0, 10, 20],
        [46, 0, 30],
        [21, 31, 0]
      ],
      [0, 3.6e6, -7e5]
    )
    const findings = findEvidence({ matrix, now: ms(0), self: 0, roundTrip: (i) => us(i === 1 ? 91_000 : 41_000), geo: (i) => [FRANKFURT, CHICAGO, {}][i] })
    expect(findings.map(({ kind, from, to }) => [kind, from, to])).to.deep.equal([
      ['round-trip', 's0', 's1'],
      ['light-speed', 's0', 's1']
    ])
    expect(findings[0]?.excessMs).to.be.closeTo(35, 0.01)
    expect(findings[1]?.excessMs).to.be.closeTo(69.7 - 56, 0.5)
    expect(findings[0]?.boundMs).to.equal(91)
    expect(findings[1]?.boundMs).to.be.closeTo(69.7, 0.3)
  })

  it('says of a pair what everybody with the two columns can compute, and nothing of what is not known', () => {
    const matrix = matrixOf(
      [
        [0, 45, 20],
        [46, 0, 30],
        [0, 31, 0]
      ],
      [0, 3.6e6, -7e5]
    )
    const input = { matrix, now: ms(0), geo: (i: number) => [FRANKFURT, CHICAGO, {}][i] }
    const { published, light } = pairDelays(input, 0, 1)
    expect(published).to.be.closeTo(91, 0.001)
    expect(light).to.be.closeTo(69.7, 0.3)
    expect(pairDelays(input, 1, 0)).to.deep.equal({ published, light })
    expect(pairDelays(input, 0, 2), 'one way only, and no place').to.deep.equal({})
    expect(pairDelays(input, 0, -1), 'a stranger').to.deep.equal({})
  })

  it('a cell brought to another instant moves by the difference of the rates', () => {
    const base = matrixOf(
      [
        [0, 45],
        [45, 0]
      ],
      [0, 0]
    )
    const matrix = { ...base, rates: [-30, 20] }
    expect(cellAt(matrix, 0, 1, ms(60_000))).to.be.closeTo(45_000 + 50 * 60, 1e-6)
    expect(cellAt(matrix, 1, 0, ms(60_000))).to.be.closeTo(45_000 - 50 * 60, 1e-6)
    expect(cellAt(matrix, 0, 0, ms(0))).to.equal(undefined)
  })
})
