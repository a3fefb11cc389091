import { expect } from 'chai'
import { cloudScenario } from './cloud-scenario.ts'
import { everyMatrixComplete } from './complete-matrix.ts'
import { judgeAllPairs, verdicts } from './path-choice.ts'
import { eventually, pause, Testnet, type TestnetNode } from './testnet-run.ts'
import { trueDelays } from './true-delays.ts'

/** Part of the pairs for which each promise must hold; the rest is the noise of two shared cores. */
const LEAST_SHARE = 0.98
const PULSE_MS = 2000

describe('chosen paths against the true optimum', function () {
  this.timeout(300_000)
  let testnet: Testnet
  let nodes: readonly TestnetNode[]
  let delays: readonly (readonly number[])[]

  before(async () => {
    const scenario = await cloudScenario()
    delays = await trueDelays(scenario)
    testnet = await Testnet.start(scenario)
    nodes = await testnet.nodes()
    await eventually(async () => {
      await everyMatrixComplete(testnet, nodes)
    }, 30_000)
  })
  after(async () => {
    await testnet?.down()
  })

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
