import { expect } from 'chai'
import { seededRandom } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import { PulseGate } from '../src/pulse-gate.ts'
import { ColumnSchedule, PulseSchedule, Spacing, fullColumnPeriod, pulsePeriod } from '../src/schedule.ts'
import type { PulseReason } from '../src/schedule.ts'

const INTERVAL = ms(10_000)

/** Runs the schedule in steps of 0.1 s. @returns when it pulsed, and why */
const run = (schedule: PulseSchedule, seconds: number, size: number, badNews: (second: number) => boolean): [number, PulseReason][] => {
  const pulses: [number, PulseReason][] = []
  for (let step = 0; step < seconds * 10; step++) {
    const reason = schedule.due(ms(step * 100), size, badNews(step / 10))
    if (reason === undefined) continue
    pulses.push([step / 10, reason])
    schedule.published(ms(step * 100), size, reason)
  }
  return pulses
}

describe('schedules', () => {
  it('regular pulses: each interval up to 13 members, with the square of the group above', () => {
    expect([2, 13, 26, 100].map((size) => pulsePeriod(INTERVAL, size))).to.deep.equal([10_000, 10_000, 40_000, 10_000 * (100 / 13) ** 2])
    expect([20, 50, 100].map((size) => fullColumnPeriod(INTERVAL, size))).to.deep.equal([300_000, 300_000, 10_000 * (100 / 13) ** 2])
    expect(run(new PulseSchedule(INTERVAL, seededRandom(1)), 1000, 13, () => false)).to.have.lengthOf.within(95, 106)
    expect(run(new PulseSchedule(INTERVAL, seededRandom(1)), 4000, 26, () => false)).to.have.lengthOf.within(95, 106)
  })

  it('bad news at once, but no more than one in an interval, and in the long run no more than the regular pulses in large groups', () => {
    const pulses = run(new PulseSchedule(INTERVAL, seededRandom(1)), 3600, 100, () => true)
    expect(pulses[0]).to.deep.equal([0, 'bad-news'])
    const spacings = pulses.slice(1).map(([at], i) => at - (pulses[i]?.[0] ?? 0))
    expect(Math.min(...spacings)).to.be.at.least(10)
    expect(pulses.length).to.be.at.most(6 + (6 * 3600) / 591 + 1)
  })

  it('a changed column waits for others for 0.3 intervals, at most one interval', () => {
    const quiet = new PulseSchedule(INTERVAL, { next: () => 0.99, bytes: () => new Uint8Array(0) })
    quiet.columnChanged(ms(0))
    expect(quiet.due(ms(2900), 5, false)).to.equal(undefined)
    expect(quiet.due(ms(3000), 5, false)).to.equal('column-changed')
    const busy = new PulseSchedule(INTERVAL, { next: () => 0.999, bytes: () => new Uint8Array(0) })
    for (let at = 0; at < 9900; at += 100) {
      busy.columnChanged(ms(at))
      expect(busy.due(ms(at), 5, false)).to.equal(undefined)
    }
    busy.columnChanged(ms(9980))
    expect(busy.due(ms(9980), 5, false)).to.equal(undefined)
    expect(busy.due(ms(10_000), 5, false)).to.not.equal(undefined)
  })

  it('full columns out of turn: eight in a row, then one more in each period, whatever the others do; the own clock always', () => {
    const schedule = new ColumnSchedule(INTERVAL)
    let count = 0
    for (let at = 0; at < 6000; at++) {
      schedule.changed(ms(at * 1000))
      if (!schedule.due(ms(at * 1000), 100)) continue
      count++
      schedule.renewed(ms(at * 1000), 100)
    }
    expect(count).to.be.within(8 + Math.floor(6000 / 592), 9 + (1.5 * 6000) / 592)
    schedule.clockChanged()
    expect(schedule.due(ms(6_000_001), 100)).to.equal(true)
  })

  it('spacing is per key', () => {
    const spacing = new Spacing<string>(ms(100))
    expect([spacing.take('a', ms(0)), spacing.take('a', ms(99)), spacing.take('b', ms(99)), spacing.take('a', ms(100))]).to.deep.equal([true, false, true, true])
  })
})

describe('pulse gate', () => {
  const alice = sid('00000000000000aa')

  it('refuses replays, older counters, and everything from before the known descriptor', () => {
    const gate = new PulseGate()
    const at = (descriptorNumber: number, counter: number) => ({ descriptorNumber, counter })
    expect(gate.isFresh(alice, at(3, 9), 4)).to.equal(false)
    expect(gate.isFresh(alice, at(4, 9), 4)).to.equal(true)
    expect(gate.accept(alice, at(4, 9))).to.equal(true)
    expect(gate.accept(alice, at(4, 9))).to.equal(false)
    expect([gate.isFresh(alice, at(4, 9), 4), gate.isFresh(alice, at(4, 8), 4), gate.isFresh(alice, at(4, 10), 4)]).to.deep.equal([false, false, true])
    expect(gate.accept(alice, at(5, 1))).to.equal(true)
    expect(gate.isFresh(alice, at(4, 10), 4)).to.equal(false)
  })

  it('checks at most 200 signatures at once and 50 a second', () => {
    const gate = new PulseGate()
    let taken = 0
    for (let i = 0; i < 1000; i++) if (gate.takeVerification(ms(0))) taken++
    expect(taken).to.equal(200)
    for (let i = 0; i < 1000; i++) if (gate.takeVerification(ms(2000))) taken++
    expect(taken).to.equal(300)
  })
})
