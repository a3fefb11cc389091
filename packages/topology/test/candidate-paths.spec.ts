import { ms, ratio } from '@srwan/interface'
import type { Sid } from '@srwan/interface'
import { seededRandom } from '@srwan/clock'
import { expect } from 'chai'
import fc from 'fast-check'
import { candidatePaths, coverage, pathCost } from '../src/index.ts'
import { matrixOf, sidOf } from './matrices.ts'

const AT = ms(100_000)

/** Every simple path with at most `maxTransits` transits and its cost in µs, cheapest first; stable in order of length, then index. */
function bruteForce(delays: readonly (readonly (number | undefined)[])[], from: number, to: number, maxTransits: number): { transits: number[]; cost: number }[] {
  const paths: { transits: number[]; cost: number }[] = []
  const walk = (transits: number[], cost: number): void => {
    const here = transits.at(-1) ?? from
    const last = delays[here]?.[to]
    if (transits.length > 0 && last !== undefined) paths.push({ transits, cost: cost + last })
    if (transits.length === maxTransits) return
    for (let next = 0; next < delays.length; next++) {
      const step = delays[here]?.[next]
      if (next === from || next === to || transits.includes(next) || step === undefined) continue
      walk([...transits, next], cost + step)
    }
  }
  walk([], 0)
  return paths.sort((x, y) => x.cost - y.cost)
}

const delayTable = fc
  .integer({ min: 2, max: 7 })
  .chain((size) =>
    fc.array(fc.array(fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 5 }), { minLength: size, maxLength: size }), { minLength: size, maxLength: size })
  )

describe('candidate paths', () => {
  it('are exactly the cheapest of all simple paths, whatever cells are missing', () => {
    fc.assert(
      fc.property(delayTable, fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 6 }), (delays, maxTransits, count) => {
        const found = candidatePaths(matrixOf(delays), { from: sidOf(0), to: sidOf(1), maxTransits, count, at: AT })
        const expected = bruteForce(delays, 0, 1, maxTransits).slice(0, count)
        const relayed = found.filter(({ segments }) => segments.length > 1)
        const reference = delays[0]?.[1] ?? expected[0]?.cost ?? 0
        expect(relayed.map(({ cost }) => Math.round((cost ?? NaN) * 1000))).to.deep.equal(expected.map(({ cost }) => cost - reference))
        for (const { segments, cost } of relayed) {
          expect(new Set(segments).size).to.equal(segments.length)
          expect(segments).to.not.include(sidOf(0))
          const absolute = pathCost(matrixOf(delays), { from: sidOf(0), segments }, AT)
          expect(Math.round((absolute ?? NaN) * 1000 - reference)).to.equal(Math.round((cost ?? NaN) * 1000))
        }
      }),
      { numRuns: 500 }
    )
  })

  it('always include the default path, which wins ties and stands last where it is not measured', () => {
    fc.assert(
      fc.property(delayTable, (delays) => {
        const found = candidatePaths(matrixOf(delays), { from: sidOf(0), to: sidOf(1), maxTransits: 3, count: 4, at: AT })
        const position = found.findIndex(({ segments }) => segments.length === 1)
        expect(found[position]?.segments).to.deep.equal([sidOf(1)])
        if (delays[0]?.[1] === undefined) {
          expect(position).to.equal(found.length - 1)
          expect(found[position]?.cost).to.equal(undefined)
        } else {
          for (const { cost } of found.slice(0, position)) expect(cost).to.be.lessThan(0)
          for (const { cost } of found.slice(position)) expect(cost).to.be.at.least(0)
        }
      })
    )
  })

  it('keep rank and cost when clocks are hours apart, drift and were read at different times', () => {
    const clocks = fc.record({
      offsets: fc.array(fc.integer({ min: -3_600_000_000, max: 3_600_000_000 }), { minLength: 7, maxLength: 7 }),
      rates: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 7, maxLength: 7 }),
      ages: fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 49, maxLength: 49 })
    })
    fc.assert(
      fc.property(delayTable, clocks, (delays, { offsets, rates, ages }) => {
        const query = { from: sidOf(0), to: sidOf(1), maxTransits: 3, count: 3, at: AT }
        const costs = (matrix: ReturnType<typeof matrixOf>): (number | undefined)[] =>
          candidatePaths(matrix, query)
            // + 0: minus zero is zero
            .map(({ cost }) => (cost === undefined ? undefined : Math.round(cost * 1000) + 0))
        const plain = costs(matrixOf(delays))
        expect(costs(matrixOf(delays, { offsets, rates, age: (from, to) => ages[from * 7 + to] ?? 0 }))).to.deep.equal(plain)
      })
    )
  })

  it('keep to the transits allowed, and away from those to avoid and from lossy cells', () => {
    const delays = [
      [undefined, 100, 10, 20, 30],
      [100, undefined, 1, 1, 1],
      [1, 10, undefined, 1, 1],
      [1, 20, 1, undefined, 1],
      [1, 30, 1, 1, undefined]
    ]
    const query = { from: sidOf(0), to: sidOf(1), maxTransits: 3, count: 1, at: AT }
    const best = (extra: object, matrix = matrixOf(delays)): readonly Sid[] | undefined => candidatePaths(matrix, { ...query, ...extra })[0]?.segments
    expect(best({})).to.deep.equal([sidOf(2), sidOf(1)])
    expect(best({ avoid: [sidOf(2)] })).to.deep.equal([sidOf(3), sidOf(1)])
    expect(best({ transits: [sidOf(4)] })).to.deep.equal([sidOf(4), sidOf(1)])
    expect(best({ transits: [] })).to.deep.equal([sidOf(1)])
    const matrix = matrixOf(delays)
    const lossy = { ...matrix, cells: matrix.cells.map((row, from) => row.map((cell) => (cell === undefined || from !== 2 ? cell : { ...cell, loss: ratio(0.6) }))) }
    expect(best({}, lossy)).to.deep.equal([sidOf(3), sidOf(1)])
  })

  it('refuse a query that makes no sense', () => {
    const matrix = matrixOf([
      [undefined, 1],
      [1, undefined]
    ])
    const query = { from: sidOf(0), to: sidOf(1), maxTransits: 3, count: 3, at: AT }
    for (const wrong of [{ to: sidOf(0) }, { maxTransits: 4 }, { maxTransits: -1 }, { maxTransits: NaN }, { count: -1 }, { count: 1.5 }]) {
      expect(() => candidatePaths(matrix, { ...query, ...wrong }))
        .to.throw()
        .with.property('code', 'ERR_INVALID_INPUT')
    }
    expect(candidatePaths(matrix, { ...query, to: sidOf(9) })).to.deep.equal([{ segments: [sidOf(9)], cost: undefined }])
  })

  it('answer for a full group of 100 within a few milliseconds', () => {
    const random = seededRandom(4)
    const delays = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => Math.floor(random.next() * 200_000)))
    const matrix = matrixOf(delays)
    const query = { from: sidOf(0), to: sidOf(1), maxTransits: 3, count: 3, at: AT }
    for (let i = 0; i < 20; i++) candidatePaths(matrix, query)
    const times = Array.from({ length: 15 }, () => {
      const start = performance.now()
      candidatePaths(matrix, query)
      return performance.now() - start
    }).sort((x, y) => x - y)
    expect(times[0], 'fastest of 15, ms').to.be.lessThan(10)
  })

  it('coverage is the share of measured pairs', () => {
    expect(
      coverage(
        matrixOf([
          [undefined, 1],
          [undefined, undefined]
        ])
      )
    ).to.equal(0.5)
    expect(coverage(matrixOf([[undefined]]))).to.equal(1)
  })
})
