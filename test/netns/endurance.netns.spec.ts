import { expect } from 'chai'
import { fileURLToPath } from 'node:url'
import { runProgram } from './testnet-run.ts'

const COMMAND = fileURLToPath(new URL('../../scripts/campaign/endurance/command.js', import.meta.url))
const SECONDS = 12

interface Result {
  readonly checks: readonly { readonly what: string; readonly held: boolean; readonly figures: unknown }[]
}

describe('the datapath at full rate while keys, sessions, paths and members change', function () {
  this.timeout(90_000)

  before(async function () {
    const iperf = await runProgram('iperf3', ['--version']).catch(() => ({ code: 1 }))
    if (process.getuid?.() !== 0 || iperf.code !== 0) {
      process.stdout.write('      skipped: needs root and iperf3\n')
      this.skip()
    }
  })

  it('loses no packet that is not accounted for, and leaves nothing behind', async () => {
    const { stdout, stderr } = await runProgram(process.execPath, [...process.execArgv, COMMAND, '--seconds', String(SECONDS)], { timeoutMs: 80_000 })
    const { checks } = JSON.parse(stdout === '' ? '{"checks":[]}' : stdout) as Result
    expect(checks.length, stderr).to.be.above(5)
    for (const { what, held, figures } of checks) expect(held, `${what}: ${JSON.stringify(figures)}`).to.equal(true)
    const namespaces = (await runProgram('ip', ['netns', 'list'])).stdout.split('\n').filter((line) => line.includes('-endure-'))
    expect(namespaces).to.deep.equal([])
  })
})
