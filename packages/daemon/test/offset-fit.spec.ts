import { expect } from 'chai'
import fc from 'fast-check'
import { fitOffsets, removeOffsets } from '../src/offset-fit.ts'

const measured = (delays: number[][], offsets: number[]): number[][] => delays.map((row, i) => row.map((delay, j) => delay + (offsets[j] ?? 0) - (offsets[i] ?? 0)))
const square = (n: number): fc.Arbitrary<number[][]> => fc.array(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: n, maxLength: n }), { minLength: n, maxLength: n })

describe('the fit of clock offsets', () => {
  it('is exact where delays are alike both ways, whatever the clocks', () => {
    fc.assert(
      fc.property(square(5), fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { minLength: 5, maxLength: 5 }), (delays, offsets) => {
        const symmetric = delays.map((row, i) => row.map((delay, j) => (i < j ? delay : (delays[j]?.[i] ?? 0))))
        const cells = measured(symmetric, offsets)
        return removeOffsets(cells, fitOffsets(cells, 0)).every((row, i) => row.every((cell, j) => i === j || Math.abs((cell ?? NaN) - (symmetric[i]?.[j] ?? 0)) < 1e-3))
      })
    )
  })

  it('keeps round trips exact where the two directions differ', () => {
    fc.assert(
      fc.property(square(4), (delays) => {
        const cells = delays.map((row) => row.map((delay) => delay + 400))
        const estimated = removeOffsets(cells, fitOffsets(cells, 0))
        return estimated.every((row, i) => row.every((cell, j) => i === j || Math.abs((cell ?? 0) + (estimated[j]?.[i] ?? 0) - (cells[i]?.[j] ?? 0) - (cells[j]?.[i] ?? 0)) < 1e-3))
      })
    )
  })

  it('knows nothing of a router without a pair measured both ways', () => {
    const cells = [
      [null, 10, 20],
      [12, null, null],
      [null, null, null]
    ]
    const offsets = fitOffsets(cells, 0)
    expect(offsets).to.deep.equal([0, -1, undefined])
    expect(removeOffsets(cells, offsets)).to.deep.equal([
      [null, 11, null],
      [11, null, null],
      [null, null, null]
    ])
  })

  it('takes an empty matrix', () => {
    expect(fitOffsets([], 0)).to.deep.equal([])
  })
})
