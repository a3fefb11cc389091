import { expect } from 'chai'
import fc from 'fast-check'
import { loadScenario, optimalPath, packageFile, trueOneWayDelayMs, withNodes } from '../src/index.ts'

const CLOUD12 = packageFile('scenarios/cloud12.yaml')

/** Shortest walk over at most `edges` edges, by relaxation: another way to the same figure. */
function byRelaxation(delays: number[][], edges: number): number[][] {
  let best = delays
  for (let i = 1; i < edges; i++)
    best = best.map((row, from) => row.map((known, to) => Math.min(known, ...row.map((first, middle) => first + (delays[middle]?.[to] ?? Infinity)), from === to ? 0 : Infinity)))
  return best
}

describe('true delays', () => {
  it('the brute-force optimum agrees with relaxation', () => {
    const matrix = fc.integer({ min: 3, max: 7 }).chain((n) => fc.array(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: n, maxLength: n }), { minLength: n, maxLength: n }))
    fc.assert(
      fc.property(matrix, fc.integer({ min: 0, max: 3 }), (cells, transits) => {
        const delays = cells.map((row, i) => row.map((cell, j) => (i === j ? 0 : cell)))
        const expected = byRelaxation(delays, transits + 1)
        const { oneWayDelayMs, transits: chosen } = optimalPath(delays, 0, 1, transits)
        expect(oneWayDelayMs).to.equal(expected[0]?.[1])
        const path = [0, ...chosen, 1]
        expect(path.slice(1).reduce((sum, node, i) => sum + (delays[path[i] as number]?.[node] ?? NaN), 0)).to.equal(oneWayDelayMs)
        expect(chosen.length).to.be.at.most(transits)
      }),
      { numRuns: 200 }
    )
  })

  it('the demo has pairs that gain more than the switching threshold, and clocks that disagree', async () => {
    const scenario = await loadScenario(CLOUD12)
    const delays = trueOneWayDelayMs(scenario)
    const gaining = delays.flatMap((row, i) =>
      row.filter((direct, j) => i !== j && direct - optimalPath(delays, i, j).oneWayDelayMs > Math.max(5, 0.05 * (direct + (delays[j]?.[i] ?? 0))))
    )
    expect(gaining.length).to.be.within(20, 45)
    expect(new Set(scenario.nodes.map(({ clock }) => clock.offset)).size).to.equal(12)
    for (const { clock } of scenario.nodes) expect(Math.abs(clock.drift)).to.be.at.most(50)
  })

  it('fewer nodes keep their links; more stand beside the first ones', async () => {
    const scenario = await loadScenario(CLOUD12)
    const three = withNodes(scenario, 3)
    expect(trueOneWayDelayMs(three)).to.deep.equal(
      trueOneWayDelayMs(scenario)
        .slice(0, 3)
        .map((row) => row.slice(0, 3))
    )
    const many = withNodes(scenario, 30)
    expect(new Set(many.nodes.map(({ name }) => name)).size).to.equal(30)
    expect(many.link('iad', 'iad2').delay).to.equal(1)
    expect(many.link('iad3', 'fra2')).to.deep.equal(scenario.link('iad', 'fra'))
    for (const count of [1, 0, 101, 2.5, NaN]) expect(() => withNodes(scenario, count)).to.throw(/--nodes.*whole number from 2 to 100/)
  })
})
