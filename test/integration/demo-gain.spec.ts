import { optimalPath } from '@srwan/testbed'
import { expect } from 'chai'
import fc from 'fast-check'
import { predictedGain, threshold } from '../../scripts/demo/gain.js'

const SIZE = 5
const delay = fc.double({ min: 0.1, max: 300, noNaN: true })
const network = fc
  .array(fc.array(delay, { minLength: SIZE, maxLength: SIZE }), { minLength: SIZE, maxLength: SIZE })
  .map((rows) => rows.map((row, i) => row.map((value, j) => (i === j ? 0 : value))))

describe('what the demo says could be gained', () => {
  it('counts a direction only where it gains more than the switching threshold', () => {
    fc.assert(
      fc.property(network, (delays) => {
        const gainOf = (from: number, to: number): number => (delays[from]?.[to] ?? NaN) - optimalPath(delays, from, to).oneWayDelayMs
        const counted = [gainOf(0, 1), gainOf(1, 0)].filter((gain) => gain > threshold(delays, 0, 1))
        expect(predictedGain(delays, 0, 1)).to.be.closeTo(
          counted.reduce((total, gain) => total + gain, 0),
          1e-9
        )
      })
    )
  })

  it('is nothing where the default path is best', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 300, noNaN: true }), (all) => {
        const flat = Array.from({ length: SIZE }, (_, i) => Array.from({ length: SIZE }, (__, j) => (i === j ? 0 : all)))
        expect(predictedGain(flat, 0, 1)).to.equal(0)
      })
    )
  })
})
