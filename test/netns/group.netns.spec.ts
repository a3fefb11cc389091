import type { MatrixDocument, StatusDocument } from '@srwan/api'
import { expect } from 'chai'
import { cloudScenario } from './cloud-scenario.ts'
import { everyMatrixComplete } from './complete-matrix.ts'
import { eventually, Testnet, type TestnetNode } from './testnet-run.ts'

/** Views are two intervals apart at most, on a machine that delays packets by milliseconds; a row, an offset or a sign gone wrong would show as seconds. */
const SAME_MS = 20

describe('twelve nodes form one group', function () {
  this.timeout(180_000)
  let testnet: Testnet
  let nodes: readonly TestnetNode[]
  let ready: number

  before(async () => {
    testnet = await Testnet.start(await cloudScenario())
    ready = performance.now()
    nodes = await testnet.nodes()
  })
  after(async () => {
    await testnet?.down()
  })

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
