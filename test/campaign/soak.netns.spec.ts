import { seededRandom } from '@srwan/clock'
import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cloudScenario } from '../netns/cloud-scenario.ts'
import { everyMatrixComplete } from '../netns/complete-matrix.ts'
import { reach } from '../netns/round-trips.ts'
import { eventually, pause, Testnet, type TestnetNode } from '../netns/testnet-run.ts'

const MINUTES = Number(process.env['SRWAN_SOAK_MINUTES'] ?? 60)
/** A fault each, and time to mend before the next. */
const ROUND_MS = 30_000
/** What a node may grow by over the whole run. */
const MAX_GROWTH = 1.3

describe(`campaign: ${MINUTES} minutes of traffic, faults and restarts`, () => {
  it('every round ends with all nodes in one group, every pair reachable, and no node growing', async function () {
    const seed = Number(process.env['SRWAN_SEED'] ?? 1)
    const random = seededRandom(seed)
    const testnet = await Testnet.start(await cloudScenario())
    try {
      const nodes = await testnet.nodes()
      await eventually(async () => {
        await everyMatrixComplete(testnet, nodes)
      }, 30_000)
      const before = await memoryOf(nodes)
      for (let round = 0; round < (MINUTES * 60_000) / ROUND_MS; round++) {
        const [a, b, c] = draw(nodes, random.next.bind(random))
        await disturb(testnet, round, a, b)
        await pause(ROUND_MS / 3)
        await eventually(async () => {
          await everyMatrixComplete(testnet, nodes)
        }, 60_000)
        await reach(testnet, a.name, c.overlayAddress)
        await reach(testnet, b.name, a.overlayAddress)
      }
      const growth = (await memoryOf(nodes)) / before
      expect(growth, `memory of all nodes, seed ${seed}`).to.be.below(MAX_GROWTH)
    } finally {
      await testnet.down()
    }
  })
})

function draw(nodes: readonly TestnetNode[], next: () => number): [TestnetNode, TestnetNode, TestnetNode] {
  const rest = [...nodes]
  const take = (): TestnetNode => rest.splice(Math.floor(next() * rest.length), 1)[0] as TestnetNode
  return [take(), take(), take()]
}

async function disturb(testnet: Testnet, round: number, a: TestnetNode, b: TestnetNode): Promise<void> {
  if (round % 3 === 0) {
    await testnet.change(a.name, '--kill')
    await pause(5000)
    await testnet.change(a.name, '--start')
  } else if (round % 3 === 1) {
    await testnet.link(a.name, b.name, '--loss', '100%')
    await pause(10_000)
    await testnet.link(a.name, b.name, '--loss', '0%')
  } else {
    await testnet.post(a, '/v1/testbed/clock', { stepMs: 1000 })
  }
}

async function memoryOf(nodes: readonly TestnetNode[]): Promise<number> {
  const resident = await Promise.all(
    nodes.map(async (node) => {
      const { pid } = JSON.parse(await readFile(join(node.home, 'daemon.lock'), 'utf8')) as { pid: number }
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? NaN)
    })
  )
  return resident.reduce((total, each) => total + each, 0)
}
