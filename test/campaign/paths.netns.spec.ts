import { seededRandom } from '@srwan/clock'
import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CLOUD12, eventually, pause, Testnet, deriveScenario, type TestnetNode } from '../netns/testnet-run.ts'
import { everyMatrixComplete } from '../netns/complete-matrix.ts'
import { judgeAllPairs, verdicts } from '../netns/path-choice.ts'
import { trueDelays } from '../netns/true-delays.ts'

/** Larger measurements, where `SRWAN_LATENCY_DATA` names a folder that holds them: a square matrix of round trips in µs. */
const DATA = join(process.env['SRWAN_LATENCY_DATA'] ?? '', 'wonderproxy222_avg_us.csv.gz')
const LEAST_SHARE = 0.98
const PULSE_MS = 2000
const SEEDS = [1, 2, 3, 4, 5]

interface ScenarioNode {
  name: string
  clock?: unknown
}

function disagree(nodes: ScenarioNode[], seed: number): void {
  const random = seededRandom(seed)
  for (const node of nodes) node.clock = { offset: `${Math.round((random.next() - 0.5) * 7200)}s`, drift: `${Math.round((random.next() - 0.5) * 100)}ppm` }
}

/** Ten to sixteen cities drawn from the data, as a scenario beside its matrix. */
function cut(rows: readonly string[], seed: number, directory: string): { scenario: string; csv: string; file: string } {
  const random = seededRandom(seed)
  const count = 10 + Math.floor(random.next() * 7)
  const chosen = new Set<number>()
  while (chosen.size < count) chosen.add(Math.floor(random.next() * rows.length))
  const indexes = [...chosen]
  const csv = indexes.map((i) => indexes.map((j) => (i === j ? '0' : (rows[i]?.split(',')[j] ?? ''))).join(',')).join('\n')
  const file = join(directory, `cut-${seed}.csv`)
  const nodes: ScenarioNode[] = indexes.map((i) => ({ name: `c${i}` }))
  disagree(nodes, seed)
  const scenario = {
    name: `cut-${seed}`,
    seed,
    network: { pulseInterval: '2s', epoch: '60s' },
    nodes,
    links: { default: { rate: '1gbit' }, matrix: { file, unit: 'us', kind: 'rtt', asymmetry: 0.2 } }
  }
  return { scenario: JSON.stringify(scenario), csv, file }
}

async function judge(scenario: string): Promise<void> {
  const delays = await trueDelays(scenario)
  const testnet = await Testnet.start(scenario)
  try {
    const nodes = await testnet.nodes()
    await eventually(async () => {
      await everyMatrixComplete(testnet, nodes)
    }, 30_000)
    await promises(nodes, delays, false)
    await testnet.post(nodes[0] as TestnetNode, '/v1/testbed/clock', { stepMs: 1000 })
    await pause(3 * PULSE_MS)
    await promises(nodes, delays, true)
  } finally {
    await testnet.down()
  }
}

async function promises(nodes: readonly TestnetNode[], delays: readonly (readonly number[])[], fresh: boolean): Promise<void> {
  const { nearOptimal, bestWhereItMatters, worse } = verdicts(await judgeAllPairs(nodes, delays, fresh))
  expect(worse, 'worse than the default path').to.deep.equal([])
  expect(nearOptimal.ratio, nearOptimal.missed.join('\n')).to.be.at.least(LEAST_SHARE)
  expect(bestWhereItMatters.ratio, bestWhereItMatters.missed.join('\n')).to.be.at.least(LEAST_SHARE)
}

describe('campaign: chosen against optimal paths', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sw-cut-'))
  })
  after(async () => {
    await rm(directory, { recursive: true, force: true })
  })

  for (const seed of SEEDS) {
    it(`twelve cities, asymmetry of seed ${seed}, clocks off and drifting`, async () => {
      await judge(
        await deriveScenario(CLOUD12, (scenario) => {
          scenario.seed = seed
          scenario.network = { ...scenario.network, pulseInterval: '2s' }
          disagree(scenario.nodes, seed)
        })
      )
    })
    it(`a cut of the named data, seed ${seed}`, async function () {
      if (!existsSync(DATA)) return this.skip()
      const rows = gunzipSync(readFileSync(DATA)).toString('utf8').trim().split('\n')
      const { scenario, csv, file } = cut(rows, seed, directory)
      await writeFile(file, csv)
      await judge(scenario)
    })
  }

  it('twelve cities whose clocks agree', async () => {
    await judge(
      await deriveScenario(CLOUD12, (scenario) => {
        scenario.network = { ...scenario.network, pulseInterval: '2s' }
        for (const node of scenario.nodes) delete node.clock
      })
    )
  })
})
