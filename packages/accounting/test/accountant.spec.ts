import { createVirtualClock } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import type { Logger, SessionSnapshot } from '@srwan/interface'
import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAccountant } from '../src/index.ts'
import type { Accountant } from '../src/index.ts'

const INGRESS = sid('00000000000000a0')
const EGRESS = sid('00000000000000c0')

/** A datapath whose one transit session carries what the test says. */
function datapath(run: number): {
  readonly publicKey: Uint8Array
  readonly sessions: () => readonly SessionSnapshot[]
  readonly takeEndedSessions: () => readonly SessionSnapshot[]
  octets: number
  end: () => void
} {
  let alive = true
  const ended: SessionSnapshot[] = []
  const snapshot = (octets: number): SessionSnapshot => ({
    instance: 1,
    session: 5,
    ingress: INGRESS,
    egress: EGRESS,
    role: 'transit',
    state: 'open',
    ageSeconds: 0,
    forwardOctets: octets,
    reverseOctets: 0,
    paths: []
  })
  const made = {
    publicKey: new Uint8Array(32).fill(run),
    octets: 0,
    sessions: () => (alive ? [snapshot(made.octets)] : []),
    takeEndedSessions: () => ended.splice(0),
    end: () => {
      alive = false
      ended.push(snapshot(made.octets))
    }
  }
  return made
}

describe('accountant', () => {
  let directory: string
  let warnings: string[]
  const clock = createVirtualClock()
  const logger: Logger = {
    error: (message) => warnings.push(message),
    warn: (message) => warnings.push(message),
    info: () => {},
    debug: () => {}
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'srwan-ledger-'))
    warnings = []
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })

  const file = (): string => join(directory, 'state', 'ledger')
  const carried = (accountant: Accountant): number => accountant.accounts().totals.transit.forwardOctets
  async function started(from: ReturnType<typeof datapath>): Promise<Accountant> {
    const accountant = createAccountant({ datapath: from, clock, logger }, { file: file(), checkpointInterval: ms(1000) })
    await accountant.start()
    return accountant
  }
  /** The file system is not on the virtual clock. */
  async function written(octets: number): Promise<void> {
    while (!(await readFile(file(), 'utf8').catch(() => '')).includes(`"forwardOctets":${octets},`)) await new Promise(setImmediate)
  }

  it('goes on after a restart, however often, and counts nothing twice', async () => {
    for (let run = 1; run <= 4; run += 1) {
      const from = datapath(run)
      const accountant = await started(from)
      expect(carried(accountant)).to.equal(250 * (run - 1))
      from.octets = 100
      expect(carried(accountant)).to.equal(250 * (run - 1) + 100)
      from.octets = 250
      from.end()
      await accountant.stop()
    }
    const last = await started(datapath(9))
    expect(carried(last)).to.equal(1000)
    expect(last.accounts().sessions.map(({ ended }) => ended)).to.deep.equal([true, true, true, true])
    await last.stop()
    expect(warnings).to.deep.equal([])
  })

  it('loses at most what came after the last checkpoint', async () => {
    const from = datapath(1)
    const first = await started(from)
    from.octets = 1000
    await clock.advance(1000)
    await written(1000)
    from.octets = 1500
    // No stop: as if killed.
    const second = await started(datapath(2))
    expect(carried(second)).to.equal(1000)
    await second.stop()
    await first.stop()
  })

  for (const [name, damage] of [
    ['cut short', (path: string) => truncate(path, 200)],
    ['empty', (path: string) => truncate(path, 0)],
    ['changed in one place', async (path: string) => writeFile(path, (await readFile(path, 'utf8')).replace('"forwardOctets":1500', '"forwardOctets":9500'))]
  ] as const) {
    it(`uses the checkpoint before one that is ${name}, and warns`, async () => {
      const from = datapath(1)
      const first = await started(from)
      from.octets = 1000
      await clock.advance(1000)
      await written(1000)
      from.octets = 1500
      await first.stop()
      await damage(file())
      const second = await started(datapath(2))
      expect(carried(second)).to.equal(1000)
      expect(warnings).to.have.length(1)
      expect(warnings[0]).to.include('the checkpoint before it is used')
      await second.stop()
    })
  }

  it('starts at zero, with a warning, where every checkpoint is damaged', async () => {
    const from = datapath(1)
    from.octets = 7
    await (await started(from)).stop()
    await writeFile(file(), 'nonsense')
    const second = await started(datapath(2))
    expect(carried(second)).to.equal(0)
    expect(warnings[0]).to.include('totals start at zero')
    await second.stop()
  })

  it('survives a kill in the middle of any write', async function () {
    this.timeout(120_000)
    const writer = fileURLToPath(new URL('./fixtures/writing-process.ts', import.meta.url))
    let greatest = 0
    for (let round = 0; round < 2; round += 1) {
      const child = spawn(process.execPath, ['--conditions=source', '--import=tsx', writer, file()], { stdio: ['ignore', 'pipe', 'inherit'] })
      let said = 0
      for await (const chunk of child.stdout) {
        said = Number(String(chunk).trim().split('\n').at(-1))
        if (said > 3 + 2 * round) break
      }
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      const look = await started(datapath(round + 1))
      const total = carried(look)
      await look.stop()
      expect(warnings).to.deep.equal([])
      // Each checkpoint adds to what earlier rounds left; what a process said is on the disk.
      expect(total).to.be.at.least(greatest + said)
      greatest = total
    }
    expect((await readdir(join(directory, 'state'))).sort().slice(0, 1)).to.deep.equal(['ledger'])
  })
})
