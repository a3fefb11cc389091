import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { deriveScenario, CLOUD12, pause, Testnet, type TestnetNode } from './testnet-run.ts'

const MAX_PSS_MEBIBYTES = 130
const MAX_CORE_SHARE = 0.02
/** Start-up work (joining, first columns, the compiler's) is not idling. */
const SETTLE_MS = 20_000
/** Six pulses: a collection of garbage now and then is a part of idling, not all of it. */
const WATCH_MS = 60_000

describe('twelve idle nodes, 10 s pulse interval', function () {
  this.timeout(180_000)

  it(`take at most ${MAX_PSS_MEBIBYTES} MB and ${MAX_CORE_SHARE * 100} % of a core each`, async () => {
    const testnet = await Testnet.start(
      await deriveScenario(CLOUD12, (scenario) => {
        scenario.network = { ...scenario.network, pulseInterval: '10s' }
      })
    )
    try {
      const nodes = await testnet.nodes()
      await pause(SETTLE_MS)
      const pids = await Promise.all(nodes.map(pidOf))
      const before = await Promise.all(pids.map(cpuSeconds))
      await pause(WATCH_MS)
      const used = await Promise.all(pids.map(async (pid, index) => ((await cpuSeconds(pid)) - (before[index] ?? 0)) / (WATCH_MS / 1000)))
      const memory = await Promise.all(pids.map(pssMebibytes))
      const report = nodes.map((node, index) => `${node.name}: ${memory[index]?.toFixed(0)} MB, ${((used[index] ?? 0) * 100).toFixed(1)} %`).join(', ')
      expect(Math.max(...memory), report).to.be.at.most(MAX_PSS_MEBIBYTES)
      expect(Math.max(...used), report).to.be.at.most(MAX_CORE_SHARE)
    } finally {
      await testnet.down()
    }
  })
})

/** The process whose command line names the node's home and that is not a wrapper around it: the one with most threads. */
async function pidOf(node: TestnetNode): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,nlwp,args'])
  const rows = stdout
    .split('\n')
    .filter((line) => line.includes(node.home))
    .map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  const [row] = rows.sort((a, b) => b[1] - a[1])
  if (row === undefined) throw new Error(`no process for ${node.home}`)
  return row[0]
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function pssMebibytes(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]) / 1024
}
