import { expect } from 'chai'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { eventually, RunningProgram, runProgram } from './testnet-run.ts'

const COMMAND = fileURLToPath(new URL('../../scripts/bench/datapath/command.js', import.meta.url))
const CHAINS = ['direct', 'one']
/** UDP takes most of the time, and is measured alike on every chain. */
const UDP_CHAIN = 'one'
const SHORTEST = ['--short', '--json', '--no-history', '--chains', CHAINS.join(','), '--udp-chains', UDP_CHAIN]

interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
}

interface Result {
  readonly machine: { readonly cores: number; readonly commit: string }
  readonly missing: readonly string[]
  readonly chains: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Figure>>>>>>
  readonly acceptance: readonly { readonly row: number; readonly verdict: string }[]
}

/** What the benchmark could leave on the machine: its namespaces and devices carry a name of its own, and its processes live in them. */
async function remains(): Promise<Record<string, unknown>> {
  const namespaces = (await runProgram('ip', ['netns', 'list'])).stdout.split('\n').filter((line) => line.startsWith('srwbench'))
  const processes = (await runProgram('ps', ['-eo', 'args'])).stdout.split('\n').filter((line) => /scripts\/bench\/datapath|-f wg\d+d00/.test(line))
  const sockets = (await readdir('/var/run/wireguard').catch(() => [])).filter((name) => /^wg\d+[do]\d\d\.sock$/.test(name))
  const limits = await Promise.all(['rmem_max', 'wmem_max'].map((name) => readFile(`/proc/sys/net/core/${name}`, 'utf8')))
  return { namespaces, processes, sockets, limits }
}

/** Figures that are zero only where nothing got through. */
const CARRIED = ['tcpGigabitsPerSecond', 'pingP50Ms', 'tcpCpuSecondsPerGigabit']
const CARRIED_AS_UDP = ['udp64PacketsPerSecond', 'udp1370PacketsPerSecond', 'udp64UnlimitedPacketsPerSecond']

function* every(chains: Result['chains']): Generator<{ what: string; value: number }> {
  for (const [chain, systems] of Object.entries(chains)) {
    for (const [system, figures] of Object.entries(systems)) {
      for (const [name, { median, min, max }] of Object.entries(figures)) {
        for (const value of [median, min, max]) yield { what: `${chain} ${system} ${name}`, value }
      }
    }
  }
}

describe('the benchmark of the datapath', function () {
  this.timeout(300_000)
  let untouched: Record<string, unknown>

  before(async function () {
    const iperf = await runProgram('iperf3', ['--version']).catch(() => ({ code: 1 }))
    if (process.getuid?.() !== 0 || iperf.code !== 0) {
      process.stdout.write('      skipped: needs root and iperf3\n')
      this.skip()
    }
    untouched = await remains()
  })

  it('measures every system on a direct chain and on one with a transit, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await runProgram(process.execPath, [...process.execArgv, COMMAND, ...SHORTEST], { timeoutMs: 280_000 })
    expect(code, stderr).to.equal(0)
    const { machine, chains, missing, acceptance } = JSON.parse(stdout) as Result
    expect(machine.cores).to.be.above(0)
    const peers = missing.some((text) => text.startsWith('wireguard-go')) ? ['veth', 'srwan'] : ['veth', 'wireguard-go', 'srwan']
    for (const chain of CHAINS) expect(Object.keys(chains[chain] ?? {}), chain).to.have.members(peers)
    for (const { what, value } of every(chains)) expect(Number.isFinite(value), `${what} is ${value}`).to.equal(true)
    const at = (chain: string, system: string, name: string): number => chains[chain]?.[system]?.[name]?.median ?? Number.NaN
    for (const chain of CHAINS) {
      for (const peer of peers) {
        for (const name of chain === UDP_CHAIN ? [...CARRIED, ...CARRIED_AS_UDP] : CARRIED) expect(at(chain, peer, name), `${chain} ${peer} ${name}`).to.be.above(0)
      }
    }
    expect(at('direct', 'srwan', 'tcpTransitCpuSecondsPerGigabit'), 'a transit of a chain that has none').to.be.NaN
    expect(at('one', 'srwan', 'tcpTransitCpuSecondsPerGigabit')).to.be.above(0)
    expect(at('unprivileged', 'srwan', 'tcpGigabitsPerSecond')).to.be.above(0)
    expect(acceptance.filter(({ row }) => row === 3).map(({ verdict }) => verdict)).to.not.include(missing.length === 0 ? 'not measured' : 'met')
    expect(await remains()).to.deep.equal(untouched)
  })

  it('leaves nothing behind after Ctrl-C', async () => {
    const running = new RunningProgram(process.execPath, [...process.execArgv, COMMAND, ...SHORTEST])
    await eventually(async () => {
      expect((await remains()).processes, running.stderr).to.have.length.above(3)
    }, 60_000)
    expect(await running.stop('SIGINT')).to.equal(130)
    await eventually(async () => {
      expect(await remains()).to.deep.equal(untouched)
    }, 5000)
  })
})
