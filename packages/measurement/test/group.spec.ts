import { expect } from 'chai'
import { seededRandom } from '@srwan/clock'
import { MAX_COLUMN_PART, ms } from '@srwan/interface'
import { octetsOnTheWire } from '@srwan/testing'
import { cellAt } from '../src/index.ts'
import { fullColumnPeriod } from '../src/schedule.ts'
import { monthBetween, monthByPeriods } from './group-month.ts'
import { SimulatedGroup } from './simulated-group.ts'
import type { GroupInit, SimulatedNode } from './simulated-group.ts'

const SEED = Number(process.env['SEED'] ?? 7)
/** Counts all that 100 members send in a whole period of their columns and pulses, ten virtual minutes, instead of the probes of 40 s; takes several real ones. */
const LONG = process.env['SRWAN_CAMPAIGN'] === 'measurement'

/** Random, asymmetric delays of 5 to 155 ms. */
const randomDelays = (size: number): GroupInit['delay'] => {
  const random = seededRandom(SEED + size)
  const delays = Array.from({ length: size * size }, () => 5000 + random.next() * 150_000)
  return (i, j) => delays[i * size + j] ?? 0
}

const missing = (group: SimulatedGroup, node: SimulatedNode): number => {
  const { cells } = node.measurement.current()
  const n = group.nodes.length
  if (cells.length !== n) return n * n
  return cells.flatMap((row, i) => row.filter((cell, j) => i !== j && cell?.oneWayDelay === undefined)).length
}

/** Error in µs of the difference between each one-relay path and the default one, over all relays and ends; what a headend acts on. */
const differenceErrors = (group: SimulatedGroup, node: SimulatedNode): number[] => {
  const matrix = node.measurement.current()
  const now = group.clock.now()
  const errors: number[] = []
  const n = group.nodes.length
  const step = Math.max(1, Math.floor(n / 12))
  for (let i = 0; i < n; i += step) {
    for (let j = 0; j < n; j += step) {
      for (let relay = 0; relay < n; relay += step) {
        if (i === j || relay === i || relay === j) continue
        const [first, second, direct] = [cellAt(matrix, i, relay, now), cellAt(matrix, relay, j, now), cellAt(matrix, i, j, now)]
        if (first === undefined || second === undefined || direct === undefined) throw new Error('cell missing')
        errors.push(Math.abs(first + second - direct - (group.delay(i, relay) + group.delay(relay, j) - group.delay(i, j))))
      }
    }
  }
  return errors
}

const quantile = (values: readonly number[], q: number): number => values.toSorted((a, b) => a - b)[Math.min(Math.floor(q * values.length), values.length - 1)] ?? NaN

describe(`simulated groups (seed ${SEED})`, () => {
  for (const size of [3, 12]) {
    it(`${size} members with clocks hours apart: every cell at every member within 20 s, differences within 0.3 ms`, async function () {
      this.timeout(60_000)
      const group = new SimulatedGroup({ size, interval: 2000, seed: SEED, delay: randomDelays(size) })
      await group.start()
      await group.run(20_000)
      expect(group.nodes.map((node) => missing(group, node))).to.deep.equal(group.nodes.map(() => 0))
      await group.run(40_000)
      const errors = group.nodes.flatMap((node) => differenceErrors(group, node))
      expect(Math.max(...errors)).to.be.below(300)
      const rates = group.nodes.flatMap((node) => node.measurement.current().rates.map((rate, i) => Math.abs(rate - ((group.nodes[i]?.drift ?? 0) - node.drift))))
      expect(Math.max(...rates)).to.be.below(5)
      await group.stop()
    })
  }

  it('12 members on a loaded machine: queueing of 2 ms in the mean stays out of the differences', async function () {
    this.timeout(60_000)
    const group = new SimulatedGroup({ size: 12, interval: 2000, seed: SEED, delay: randomDelays(12), noise: 2000 })
    await group.start()
    await group.run(90_000)
    const errors = group.nodes.flatMap((node) => differenceErrors(group, node))
    // Each difference sums three cells, each the least of 3 or 4 samples.
    expect(quantile(errors, 0.5)).to.be.below(1500)
    expect(quantile(errors, 0.99)).to.be.below(8000)
    await group.stop()
  })

  it('a clock steps by 1 s: no cell of before mixes with one of after, and within 3 intervals all is back', async function () {
    this.timeout(60_000)
    const group = new SimulatedGroup({ size: 12, interval: 2000, seed: SEED, delay: randomDelays(12) })
    await group.start()
    await group.run(40_000)
    const stepped = group.nodes[4] as SimulatedNode
    group.step(stepped, -1_000_000_000n)
    for (let i = 0; i < 60; i++) {
      await group.run(100)
      for (const node of group.nodes) {
        const matrix = node.measurement.current()
        const cells = matrix.cells.flatMap((row, from) => row.map((cell, to) => ({ from, to, cell })).filter(({ from: f, to: t }) => f === 4 || t === 4))
        // One mixture is possible until the news can have arrived: the first exchange with the stepped clock, or its pulse.
        const states = new Set(
          cells.flatMap(({ from, to, cell }) => (cell?.oneWayDelay === undefined ? [] : [Math.abs(cell.oneWayDelay - group.truth(from, to, cell.sampledAt)) < 100_000]))
        )
        expect(states.size, `node ${node.member.name} after ${i * 100} ms`).to.be.at.most(1)
      }
    }
    expect(group.nodes.map((node) => missing(group, node))).to.deep.equal(group.nodes.map(() => 0))
    expect(Math.max(...group.nodes.flatMap((node) => differenceErrors(group, node)))).to.be.below(1000)
    await group.stop()
  })

  it('a direction that breaks is told to all within 4 intervals, a member that dies turns stale, and both come back', async function () {
    this.timeout(60_000)
    const group = new SimulatedGroup({ size: 5, interval: 2000, seed: SEED, delay: randomDelays(5) })
    await group.start()
    await group.run(20_000)
    group.cut.add('1>2')
    await group.run(8_000)
    for (const node of group.nodes) {
      expect(node.measurement.current().cells[1]?.[2]?.oneWayDelay).to.equal(undefined)
      expect(node.measurement.current().cells[2]?.[1]?.oneWayDelay, 'the other direction').to.be.a('number')
    }
    group.cut.clear()
    const dead = group.nodes[0] as SimulatedNode
    dead.alive = false
    await dead.measurement.stop()
    await group.run(10_000)
    const [, witness] = group.nodes as [SimulatedNode, SimulatedNode]
    expect(witness.measurement.current().cells[1]?.[2]?.oneWayDelay).to.be.a('number')
    expect(witness.measurement.current().cells[3]?.[0]?.oneWayDelay).to.equal(undefined)
    expect(witness.measurement.lastKnown().cells[3]?.[0]?.oneWayDelay, 'the last that was known').to.be.a('number')
    await group.stop()
  })

  it('a member that is killed and starts again is back in every matrix, and has the whole of it, within 3 intervals', async function () {
    this.timeout(60_000)
    const group = new SimulatedGroup({ size: 12, interval: 2000, seed: SEED, delay: randomDelays(12) })
    await group.start()
    await group.run(20_000)
    const node = group.nodes[3] as SimulatedNode
    node.alive = false
    await node.measurement.stop()
    await group.run(10_000)
    await group.restart(node)
    await group.run(6_000)
    expect(group.nodes.map((each) => missing(group, each))).to.deep.equal(group.nodes.map(() => 0))
    expect(quantile(differenceErrors(group, node), 0.99)).to.be.below(1000)
    await group.stop()
  })

  it('a path that gets 20 ms longer shows everywhere within 3 intervals', async () => {
    const group = new SimulatedGroup({ size: 5, interval: 2000, seed: SEED, delay: randomDelays(5) })
    await group.start()
    await group.run(30_000)
    const before = group.delay
    group.delay = (i, j) => before(i, j) + (i === 1 && j === 3 ? 20_000 : 0)
    await group.run(6_000)
    for (const node of group.nodes) {
      const now = group.clock.now()
      expect(Math.abs((cellAt(node.measurement.current(), 1, 3, now) ?? NaN) - group.truth(1, 3, now))).to.be.below(2000)
    }
    await group.stop()
  })

  it('a member leaves and the matrix shrinks; its columns no longer count', async () => {
    const group = new SimulatedGroup({ size: 5, interval: 2000, seed: SEED, delay: randomDelays(5) })
    await group.start()
    await group.run(20_000)
    const gone = group.nodes[2] as SimulatedNode
    for (const node of group.nodes) node.forget(gone.sid)
    await group.run(6_000)
    for (const node of group.nodes.filter((n) => n !== gone)) {
      const { cells, sids } = node.measurement.current()
      expect(sids).to.have.lengthOf(4).and.not.include(gone.sid)
      expect(cells.flatMap((row, i) => row.filter((cell, j) => i !== j && cell === undefined))).to.deep.equal([])
    }
    await group.stop()
  })

  it('100 members: the whole matrix at every member, and at most 4.4 GB a month', async function () {
    this.timeout(LONG ? 1_800_000 : 300_000)
    const group = new SimulatedGroup({ size: 100, interval: 10_000, seed: SEED, delay: randomDelays(100), joinSpread: 5000 })
    await group.start()
    await group.run(60_000)
    expect(group.nodes.map((node) => missing(group, node))).to.deep.equal(group.nodes.map(() => 0))
    const start = group.meanOctets()
    const window = LONG ? fullColumnPeriod(ms(10_000), 100) / 1000 : 40
    await group.run(window * 1000)
    const counted = monthBetween(start, group.meanOctets(), window)
    // Columns and pulses are too rare for a short window: their periods count, then.
    const month = LONG
      ? counted
      : new Map([
          ...monthByPeriods({ size: 100, interval: 10_000, replyPart: MAX_COLUMN_PART }),
          ...[...counted].filter(([purpose]) => purpose === 'probes' || purpose === 'column parts')
        ])
    const gigabytes = [...month].map(([purpose, octets]) => [purpose, octetsOnTheWire(octets) / 1e9] as const)
    const errors = group.nodes.slice(0, 10).flatMap((node) => differenceErrors(group, node))
    process.stdout.write(
      `      GB a month: ${gigabytes.map(([purpose, each]) => `${purpose} ${each.toFixed(2)}`).join(', ')}; error of differences, µs: p50 ${quantile(errors, 0.5).toFixed(0)}, p99 ${quantile(errors, 0.99).toFixed(0)}, max ${Math.max(...errors).toFixed(0)}\n`
    )
    // What is left of 5 GB is for the exchange: test/integration/month-of-a-full-group.spec.ts.
    expect(gigabytes.reduce((sum, [, each]) => sum + each, 0)).to.be.below(4.4)
    expect(quantile(errors, 0.99)).to.be.below(1500)
    expect(group.nodes.map((node) => missing(group, node)).filter((count) => count > 0)).to.deep.equal([])
    await group.stop()
  })
})
