import type { MatrixDocument, StatusDocument } from '@srwan/api'
import { expect } from 'chai'
import { cloudScenario } from './cloud-scenario.ts'
import { everyMatrixComplete } from './complete-matrix.ts'
import { judgeAllPairs, verdicts } from './path-choice.ts'
import { eventually, pause, Testnet, type TestnetNode } from './testnet-run.ts'
import { trueDelays } from './true-delays.ts'

/** Views are two intervals apart at most, on a machine that delays packets by milliseconds; a row, an offset or a sign gone wrong would show as seconds. */
const SAME_MS = 20
/** Part of the pairs for which each promise must hold; the rest is the noise of two shared cores. */
const LEAST_SHARE = 0.98
const PULSE_MS = 2000

describe('twelve nodes in twelve cities', function () {
  this.timeout(300_000)
  let testnet: Testnet
  let nodes: readonly TestnetNode[]
  let delays: readonly (readonly number[])[]
  let ready: number

  before(async () => {
    const scenario = await cloudScenario()
    delays = await trueDelays(scenario)
    testnet = await Testnet.start(scenario)
    ready = performance.now()
    nodes = await testnet.nodes()
  })
  after(async () => {
    await testnet?.down()
  })

  describe('form one group', () => {
    it('all twelve are in it and no cell of any matrix is missing 20 s after ready', async () => {
      await eventually(
        async () => {
          await everyMatrixComplete(testnet, nodes)
        },
        20_000 - (performance.now() - ready)
      )
      const groups = await Promise.all(nodes.map(async (node) => (await testnet.get<StatusDocument>(node, '/v1/status')).group))
      expect(new Set(groups.map((group) => group.id)).size, 'different groups').to.equal(1)
      expect(groups.map((group) => group.size)).to.deep.equal(nodes.map(() => nodes.length))
    })

    it('and all nodes hold the same matrix', async () => {
      const matrices = await Promise.all(nodes.map(async (node) => await testnet.get<MatrixDocument>(node, '/v1/matrix')))
      const [first] = matrices
      for (const matrix of matrices) {
        matrix.oneWayDelayMs.forEach((row, i) => {
          row.forEach((cell, j) => {
            const theirs = first?.oneWayDelayMs[i]?.[j]
            if (cell !== null && theirs !== null && theirs !== undefined) expect(Math.abs(cell - theirs), `cell ${i}, ${j}`).to.be.below(SAME_MS)
          })
        })
      }
    })
  })

  describe('choose paths against the true optimum', () => {
    const check = async (fresh: boolean): Promise<void> => {
      const { nearOptimal, bestWhereItMatters, worse } = verdicts(await judgeAllPairs(nodes, delays, fresh))
      expect(worse, 'pairs made worse than the default path').to.deep.equal([])
      expect(nearOptimal.ratio, `within the threshold of the optimum:\n${nearOptimal.missed.join('\n')}`).to.be.at.least(LEAST_SHARE)
      expect(bestWhereItMatters.ratio, `close to the optimum where the gain is clear:\n${bestWhereItMatters.missed.join('\n')}`).to.be.at.least(LEAST_SHARE)
    }

    it('clocks off by up to an hour and drifting by up to 50 ppm: right at the first decision', async () => {
      await check(false)
    })

    it('and again three pulse intervals after a clock jumped by a second', async () => {
      const [first] = nodes
      await testnet.post(first as TestnetNode, '/v1/testbed/clock', { stepMs: 1000 })
      await pause(3 * PULSE_MS)
      await check(true)
    })
  })
})
