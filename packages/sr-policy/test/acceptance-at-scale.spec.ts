import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { seededRandom } from '@srwan/clock'
import { ns } from '@srwan/interface'
import type { DirectionDecision, PathDecision } from '@srwan/interface'
import { expect } from 'chai'
import { gossipedMatrices } from './gossiped-matrix.ts'
import { optima } from './optimum.ts'
import { createSimulatedWan } from './simulated-wan.ts'
import type { SimulatedWan } from './simulated-wan.ts'

const HOUR = 3_600_000
const SECOND = 1_000_000_000n
const PULSE = 10_000
const CUT = 16

interface Verdict {
  readonly from: number
  readonly chosen: number
  readonly best: number
  readonly plain: number
  readonly threshold: number
}

/** d(i→j) = mean of both round trips / 2 · (1 ± a), a uniform in ±0.2, seeded. */
function oneWayDelays(roundTrips: readonly (readonly number[])[], seed: number): number[][] {
  const random = seededRandom(seed)
  const delays = roundTrips.map((row) => row.map(() => 0))
  for (let i = 0; i < roundTrips.length; i++) {
    for (let j = 0; j < i; j++) {
      const mean = ((roundTrips[i]?.[j] ?? 0) + (roundTrips[j]?.[i] ?? 0)) / 4
      const asymmetry = 0.4 * random.next() - 0.2
      ;(delays[i] as number[])[j] = mean * (1 + asymmetry)
      ;(delays[j] as number[])[i] = mean * (1 - asymmetry)
    }
  }
  return delays
}

function twelveCities(): number[][] {
  const text = readFileSync(new URL('fixtures/twelve-cities-rtt-ms.csv', import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(1).map(Number))
}

/** Cities drawn from the WonderProxy measurements; pairs of one site are left out. */
function wonderProxyCut(folder: string, seed: number): number[][] {
  const rows = gunzipSync(readFileSync(`${folder}/wonderproxy222_avg_us.csv.gz`))
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number))
  const random = seededRandom(seed)
  const picked: number[] = []
  while (picked.length < CUT) {
    const city = Math.floor(random.next() * rows.length)
    if (picked.every((other) => other !== city && (rows[city]?.[other] ?? 0) > 1000 && (rows[other]?.[city] ?? 0) > 1000)) picked.push(city)
  }
  return picked.map((from) => picked.map((to) => (from === to ? 0 : (rows[from]?.[to] ?? 0) / 1000)))
}

async function decideAll(wan: SimulatedWan, fresh = false): Promise<PathDecision[]> {
  const decisions = wan.nodes.flatMap(({ headend }, from) => wan.nodes.flatMap((other, to) => (from === to ? [] : [headend.decide(other.sid, 'latency', { fresh })])))
  return wan.clock.runUntil(Promise.all(decisions))
}

/** Both directions of each decision against the truth. */
function verdicts(wan: SimulatedWan): Verdict[] {
  const best = optima(wan.delays)
  const threshold = (i: number, j: number): number => Math.max(5, (0.1 * ((wan.delays[i]?.[j] ?? 0) + (wan.delays[j]?.[i] ?? 0))) / 2)
  const judge = (from: number, to: number, direction: DirectionDecision): Verdict => ({
    from,
    chosen: wan.trueDelay(from, direction.active),
    best: best[from]?.[to] ?? Infinity,
    plain: wan.delays[from]?.[to] ?? Infinity,
    threshold: threshold(from, to)
  })
  return wan.nodes.flatMap(({ headend }, from) =>
    headend.decisions().flatMap(({ endpoint, forward, reverse }) => {
      const to = wan.indexOf(endpoint)
      return [judge(from, to, forward), judge(to, from, reverse)]
    })
  )
}

function check(wan: SimulatedWan, when: string): void {
  const all = verdicts(wan)
  const share = (some: readonly Verdict[], of: readonly Verdict[]): number => (of.length === 0 ? 1 : some.length / of.length)
  expect(all.length, `${when}: decisions`).to.equal(2 * wan.nodes.length * (wan.nodes.length - 1))
  expect(
    share(
      all.filter(({ chosen, best, threshold }) => chosen - best <= threshold + 1),
      all
    ),
    `${when}: excess within the threshold + 1 ms`
  ).to.be.at.least(0.98)
  const big = all.filter(({ plain, best, threshold }) => plain - best > 2 * threshold)
  expect(big.length, `${when}: pairs with a big gain`).to.be.greaterThan(5)
  expect(
    share(
      big.filter(({ chosen, best }) => chosen - best <= Math.max(0.03 * best, 1)),
      big
    ),
    `${when}: big gains taken whole`
  ).to.be.at.least(0.98)
  expect(Math.max(...all.map(({ chosen, plain }) => chosen - plain)), `${when}: worse than the default path`).to.be.at.most(1)
}

const folder = process.env['SRWAN_LATENCY_DATA']
const scenarios: readonly (readonly [string, () => number[][]])[] = [
  ['12 invented cities', twelveCities],
  ...(folder === undefined ? [] : [1, 2, 3].map((seed) => [`${CUT} WonderProxy cities, cut ${seed}`, () => wonderProxyCut(folder, seed)] as const))
]

describe('path choice over whole networks', function () {
  this.timeout(120_000)
  let wan: SimulatedWan | undefined
  afterEach(async () => {
    await wan?.stop()
  })

  if (folder === undefined) it('measured cities (set SRWAN_LATENCY_DATA to the folder of wonderproxy222_avg_us.csv.gz)')

  for (const [name, roundTrips] of scenarios) {
    it(`${name}: near the optimum with equal clocks and jitter`, async () => {
      wan = await createSimulatedWan({ delays: oneWayDelays(roundTrips(), 3), seed: 5, jitter: 2 })
      await wan.clock.advance(2 * PULSE)
      await decideAll(wan)
      check(wan, 'first decision')
    })

    it(`${name}: near the optimum with clocks an hour apart that drift by 50 ppm, and three intervals after one steps by a second`, async () => {
      const random = seededRandom(11)
      const clocks = Array.from({ length: CUT }, () => ({ offset: (2 * random.next() - 1) * HOUR, drift: (2 * random.next() - 1) * 50 }))
      wan = await createSimulatedWan({ delays: oneWayDelays(roundTrips(), 4), seed: 6, clockOf: (node) => clocks[node] ?? { offset: 0, drift: 0 } })
      await wan.clock.advance(2 * PULSE)
      await decideAll(wan)
      check(wan, 'first decision')
      wan.nodes[3]?.datapath.adjustClock({ step: ns(SECOND) })
      wan.nodes[7]?.datapath.adjustClock({ step: ns(-SECOND) })
      await wan.clock.advance(3 * PULSE)
      await decideAll(wan, true)
      check(wan, 'after the steps')
    })

    it(`${name}: near the optimum at the first decision three intervals after a step`, async () => {
      wan = await createSimulatedWan({ delays: oneWayDelays(roundTrips(), 9), seed: 7, jitter: 2 })
      await wan.clock.advance(3 * PULSE)
      for (const node of [0, 5, 11]) wan.nodes[node]?.datapath.adjustClock({ step: ns(SECOND) })
      await wan.clock.advance(3 * PULSE)
      await decideAll(wan)
      check(wan, 'after the steps')
    })

    it(`${name}: near the optimum by the matrix that pulses and columns make, with clocks an hour apart that drift, and after a step`, async () => {
      const random = seededRandom(21)
      const clocks = Array.from({ length: CUT }, () => ({ offset: (2 * random.next() - 1) * HOUR, drift: (2 * random.next() - 1) * 50 }))
      wan = await createSimulatedWan({
        delays: oneWayDelays(roundTrips(), 8),
        seed: 9,
        jitter: 1,
        clockOf: (node) => clocks[node] ?? { offset: 0, drift: 0 },
        matrixOf: gossipedMatrices()
      })
      await wan.clock.advance(4 * PULSE)
      await decideAll(wan)
      check(wan, 'first decision')
      wan.nodes[4]?.datapath.adjustClock({ step: ns(SECOND) })
      await wan.clock.advance(3 * PULSE)
      await decideAll(wan, true)
      check(wan, 'after the step')
    })
  }
})
