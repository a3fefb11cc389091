import { expect } from 'chai'
import fc from 'fast-check'
import { ms } from '@srwan/interface'
import { clockDrift, duration, formatDuration, parseDuration, parsePercentage, parsePpm, parseRate, percentage, rate, signedDuration } from '../src/index.ts'

describe('quantities with units', () => {
  it('reads durations in milliseconds', () => {
    expect(['250ms', '10s', '1.5h', '2m', '24h', '7d', '-3600s', '50us'].map((text) => parseDuration(text))).to.deep.equal([
      250, 10_000, 5_400_000, 120_000, 86_400_000, 604_800_000, -3_600_000, 0.05
    ])
  })

  it('reads rates, percentages and clock drifts', () => {
    expect(parseRate('100mbit')).to.equal(1e8)
    expect(parseRate('1gbit')).to.equal(1e9)
    expect(parsePercentage('30%')).to.be.closeTo(0.3, 1e-12)
    expect(parsePpm('-20ppm')).to.equal(-20)
  })

  it('refuses what has no unit, an unknown one or no number', () => {
    for (const text of ['', '5', 'ms', '5 parsecs', '5msx', '1e9s', '--5s', '5s 5s', 'NaNs', '∞s']) expect(parseDuration(text), text).to.equal(undefined)
  })

  it('writes what it reads', () => {
    fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), (value) => parseDuration(formatDuration(ms(value))) === value))
  })

  it('never throws on any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const schema of [duration(), signedDuration(), rate(), percentage(), clockDrift()]) {
          const result = schema.safeParse(text)
          if (result.success && !Number.isFinite(result.data)) return false
        }
        return true
      })
    )
  })

  it('holds the bounds and says them', () => {
    const schema = duration({ minimum: 500, maximum: 60_000 })
    expect(schema.parse('1m')).to.equal(60_000)
    expect(schema.safeParse('499ms').error?.issues[0]?.message).to.include('at least 500ms and at most 1m')
    expect(percentage().safeParse('101%').success).to.equal(false)
    expect(duration().safeParse('-1s').success).to.equal(false)
    expect(signedDuration().parse('-1s')).to.equal(-1000)
    expect(clockDrift().safeParse('1001ppm').success).to.equal(false)
  })
})
