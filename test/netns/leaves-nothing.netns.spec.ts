import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DETOUR_SCENARIO } from './detour-scenario.ts'
import { eventually, RunningProgram, runProgram, SRWAN, srwan } from './testnet-run.ts'

/** All that a testnet could leave behind on the machine. */
async function machine(dir: string): Promise<Record<string, readonly string[]>> {
  const lines = async (command: string, ...args: string[]): Promise<string[]> =>
    (await runProgram(command, args)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort()
  return {
    namespaces: await lines('ip', 'netns', 'list'),
    devices: (await lines('ip', '-o', 'link')).map((line) => line.split(':')[1]?.trim() ?? '').filter((name) => name !== 'lo'),
    routes: await lines('ip', 'route', 'show', 'table', 'all'),
    processes: (await lines('ps', '-eo', 'pid,args')).filter((line) => line.includes(dir))
  }
}

describe('a testnet leaves nothing behind', function () {
  this.timeout(120_000)
  let parent: string
  let dir: string
  let scenario: string
  let before: Record<string, readonly string[]>

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'sw-'))
    dir = join(parent, 't')
    scenario = join(parent, 'scenario.yaml')
    await writeFile(scenario, DETOUR_SCENARIO)
    before = await machine(dir)
  })
  afterEach(async () => {
    await srwan('testnet', 'down', '--dir', dir)
    await rm(parent, { recursive: true, force: true })
  })

  const nothingIsLeft = async (): Promise<void> => {
    await eventually(async () => {
      expect(await machine(dir)).to.deep.equal(before)
    }, 5000)
    expect(existsSync(dir) ? await readdir(dir) : [], 'files').to.deep.equal([])
  }
  const inForeground = async (): Promise<RunningProgram> => {
    const up = new RunningProgram(process.execPath, [SRWAN, 'testnet', 'up', '--scenario', scenario, '--dir', dir])
    await up.printed(/ready/, 60_000)
    return up
  }

  it('after `down`', async () => {
    const { code, stderr } = await srwan('testnet', 'up', '--scenario', scenario, '--dir', dir, '--detach')
    expect(code, stderr).to.equal(0)
    expect((await machine(dir)).processes?.length, 'processes of the running testnet').to.be.above(3)
    expect((await srwan('testnet', 'down', '--dir', dir)).code).to.equal(0)
    await nothingIsLeft()
  })

  it('after Ctrl-C', async () => {
    const up = await inForeground()
    expect(await up.stop('SIGINT')).to.equal(130)
    await nothingIsLeft()
  })

  it('after kill -9 of the parent, once `down` was called', async () => {
    const up = await inForeground()
    await up.stop('SIGKILL')
    expect((await srwan('testnet', 'down', '--dir', dir)).code).to.equal(0)
    await nothingIsLeft()
  })

  it('after kill -9 of the parent, once a new one came up and went', async () => {
    const up = await inForeground()
    await up.stop('SIGKILL')
    const again = await inForeground()
    await again.stop('SIGINT')
    await nothingIsLeft()
  })
})
