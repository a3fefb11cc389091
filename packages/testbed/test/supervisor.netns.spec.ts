import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import type { Clock } from '@srwan/interface'
import { expect } from 'chai'
import { createTestbed, packageFile, parseScenario } from '../src/index.ts'
import type { Testbed, TestbedInit } from '../src/index.ts'
import { processesIn } from '../src/process-table.ts'
import { namespacesOf } from '../src/sweep.ts'
import { readState } from '../src/testnet-state.ts'
import type { TestnetState } from '../src/testnet-state.ts'
import { needsRoot } from './support/privileges.ts'

const STAND_IN = [process.execPath, packageFile('test/support/stand-in-daemon.mjs')]
const SCENARIO = `
name: small
seed: 3
nodes: [{ name: a, prefixes: [10.20.0.0/16, "fd00:20::/48"] }, { name: b }, { name: c }]
links: { default: { delay: 5ms } }
`
const alive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))

/** A clock that goes eight times as fast: the twelve seconds for which stubborn processes are waited for. */
function hurriedClock(): Clock {
  const real = systemClock()
  const SPEED = 8
  return {
    now: () => ms(real.now() * SPEED),
    wallTime: () => real.wallTime(),
    setTimeout: (callback, delay) => real.setTimeout(callback, ms(delay / SPEED)),
    setInterval: (callback, period) => real.setInterval(callback, ms(period / SPEED)),
    sleep: async (delay, signal) => {
      await real.sleep(ms(delay / SPEED), signal)
    }
  }
}

/** Every process that a state names. */
const pidsOf = (state: TestnetState): number[] =>
  [state.emulator, ...state.nodes.flatMap(({ daemon, holder }) => [daemon, holder])].flatMap((one) => (one === undefined ? [] : [one.pid]))

describe('the supervisor', function () {
  this.timeout(60_000)
  let parent: string
  const running: Testbed[] = []
  const devices = (): string => execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })

  before(function () {
    needsRoot(this)
  })
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'srwan-tb-'))
  })
  afterEach(async () => {
    await Promise.all(
      running.splice(0).map(async (testbed) => {
        await testbed.down()
      })
    )
    await rm(parent, { recursive: true, force: true })
  })

  const create = async (yaml = SCENARIO, dir = join(parent, 't'), more: Partial<TestbedInit> = {}): Promise<Testbed> => {
    const testbed = createTestbed({ dir, scenario: await parseScenario(yaml, packageFile('scenarios/cloud12.yaml')), entry: STAND_IN, report: () => {}, ...more })
    running.push(testbed)
    return testbed
  }
  const output = async (testbed: Testbed, node: string, ...command: string[]): Promise<{ code: number; text: string }> => {
    const file = join(parent, 'output')
    const code = await testbed.exec(node, ['sh', '-c', `exec "$@" > ${file} 2>&1`, 'sh', ...command], { stdio: 'ignore' })
    return { code, text: readFileSync(file, 'utf8') }
  }
  const stateOf = (dir = join(parent, 't')): TestnetState => readState(dir) as TestnetState
  const nothingLeft = (state: TestnetState): void => {
    expect(pidsOf(state).filter(alive), 'processes').to.deep.equal([])
    expect(processesIn(namespacesOf(state)), 'processes in its namespaces').to.deep.equal([])
    expect(existsSync(join(parent, 't')), 'its directory').to.equal(false)
  }

  it('brings nodes up, runs programs in them, and leaves nothing after down', async () => {
    const before = devices()
    const testbed = await create()
    await testbed.up()
    const { nodes, phase } = testbed.status()
    expect(phase).to.equal('ready')
    expect(nodes.map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['a running', 'b running', 'c running'])
    expect(nodes[0]).to.have.all.keys('name', 'home', 'sid', 'peerId', 'overlayAddress', 'underlayAddress', 'overlayIpv4', 'state')
    expect((await output(testbed, 'a', 'ping', '-c', '1', '-W', '2', nodes[1]?.underlayAddress ?? '')).text).to.match(/time=1\d\.\d/)
    expect(devices(), 'devices outside').to.equal(before)
    const state = stateOf()
    await testbed.down()
    await testbed.down()
    nothingLeft(state)
  })

  it('passes the exit code, the home and the devices of a node to programs', async () => {
    const testbed = await create()
    await testbed.up()
    expect(await testbed.exec('b', ['sh', '-c', 'exit 7'], { stdio: 'ignore' })).to.equal(7)
    expect(await testbed.exec('b', ['sh', '-c', 'kill -9 $$'], { stdio: 'ignore' })).to.equal(137)
    expect(await testbed.exec('b', ['no-such-program'], { stdio: 'ignore' })).to.equal(127)
    expect((await output(testbed, 'b', 'sh', '-c', 'echo $SRWAN_HOME')).text.trim()).to.equal(join(parent, 't', 'nodes', 'b'))
    expect((await output(testbed, 'b', 'ls', '/sys/class/net')).text.trim().split('\n').sort()).to.deep.equal(['lo', 'wan0'])
    await testbed.exec('nobody', ['true']).then(
      () => {
        throw new Error('ran')
      },
      (error: { code: string }) => {
        expect(error.code).to.equal('ERR_UNKNOWN_NODE')
      }
    )
  })

  it('has a network behind a node with prefixes: every address answers', async () => {
    const testbed = await create()
    await testbed.up()
    for (const address of ['10.20.0.1', '10.20.77.5', 'fd00:20::1', 'fd00:20::9']) {
      expect((await output(testbed, 'a', 'ping', '-c', '1', '-W', '1', address)).code, address).to.equal(0)
    }
    expect((await output(testbed, 'a', 'ip', '-o', 'addr', 'show', 'dev', 'site0')).text).to.match(/10\.20\.0\.1\/16/)
  })

  it('gives the same keys for the same seed and a certificate to each', async () => {
    const [first, second] = [await create(), await create(SCENARIO, join(parent, 'u'))]
    await Promise.all([first.up(), second.up()])
    expect(first.status().nodes.map(({ sid }) => sid)).to.deep.equal(second.status().nodes.map(({ sid }) => sid))
    expect(new Set(first.status().nodes.map(({ sid }) => sid)).size).to.equal(3)
    const home = first.status().nodes[0]?.home ?? ''
    expect(readdirSync(home).sort()).to.include.members(['certificate.json', 'config.yaml', 'daemon.log', 'network.yaml', 'node.key'])
    expect(readFileSync(join(home, 'network.yaml'), 'utf8').match(/198\.18\.\d\.1\/tcp\/4801/g)).to.have.length(3)
  })

  it('two testnets side by side do not see each other; one ends, the other goes on', async () => {
    const [first, second] = [await create(), await create(SCENARIO, join(parent, 'u'))]
    await Promise.all([first.up(), second.up()])
    await first.link('a', 'b', { up: false })
    const address = first.status().nodes[1]?.underlayAddress ?? ''
    expect((await output(first, 'a', 'ping', '-c', '1', '-W', '1', address)).code).to.equal(1)
    expect((await output(second, 'a', 'ping', '-c', '1', '-W', '1', address)).code).to.equal(0)
    await first.down()
    expect(second.status().nodes.every(({ state }) => state === 'running')).to.equal(true)
    expect((await output(second, 'a', 'ping', '-c', '1', '-W', '1', address)).code).to.equal(0)
  })

  it('only one runs in a directory', async () => {
    await (await create()).up()
    const second = createTestbed({ dir: join(parent, 't'), scenario: await parseScenario(SCENARIO, packageFile('scenarios/cloud12.yaml')), entry: STAND_IN })
    await second.up().then(
      () => {
        throw new Error('started')
      },
      (error: { code: string }) => {
        expect(error.code).to.equal('ERR_ALREADY_RUNNING')
      }
    )
    expect(stateOf().nodes.map(({ state }) => state)).to.deep.equal(['running', 'running', 'running'])
  })

  it('changes links in both directions, or in one', async () => {
    const testbed = await create()
    await testbed.up()
    const address = testbed.status().nodes[2]?.underlayAddress ?? ''
    const roundTrip = async (): Promise<number> => Number(/time=([\d.]+)/.exec((await output(testbed, 'a', 'ping', '-c', '1', '-W', '2', address)).text)?.[1])
    await testbed.link('a', 'c', { delay: 30 as never })
    expect(await roundTrip()).to.be.within(60, 68)
    await testbed.link('c', 'a', { delay: 5 as never }, { oneWay: true })
    expect(await roundTrip()).to.be.within(35, 43)
    await testbed.link('a', 'z', { up: false }).then(
      () => {
        throw new Error('changed')
      },
      (error: { code: string }) => {
        expect(error.code).to.equal('ERR_UNKNOWN_NODE')
      }
    )
  })

  it('kills, starts and stops a node: it comes back with its identity, and its namespace stays', async () => {
    const testbed = await create()
    await testbed.up()
    const before = stateOf().nodes[1]
    await testbed.node('b', 'kill')
    expect(testbed.status().nodes[1]?.state).to.equal('killed')
    expect(alive(before?.daemon?.pid ?? 0)).to.equal(false)
    await testbed.node('b', 'start')
    await testbed.node('b', 'start')
    const after = stateOf().nodes[1]
    expect(after).to.include({ state: 'running', sid: before?.sid, namespaceInode: before?.namespaceInode })
    expect(after?.daemon?.pid).not.to.equal(before?.daemon?.pid)
    await testbed.node('b', 'stop')
    expect(testbed.status().nodes[1]?.state).to.equal('stopped')
  })

  it("carries out the scenario's faults after ready, and gives links back", async () => {
    const reports: string[] = []
    const faults = `faults:
  - { at: 100ms, from: a, to: b, up: false, for: 1500ms }
  - { at: 100ms, node: c, action: { clock-step: 1s } }
  - { at: 300ms, node: c, action: kill }
`
    const testbed = await create(SCENARIO + faults, join(parent, 't'), {
      report: (message) => {
        reports.push(message)
      }
    })
    await testbed.up()
    const [, b, c] = testbed.status().nodes
    const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
      for (let i = 0; i < 200; i++) {
        if (await condition()) return
        await new Promise((resolve) => {
          setTimeout(resolve, 25)
        })
      }
      throw new Error(`did not happen; reported: ${reports.join(' | ')}`)
    }
    const reaches = async (): Promise<boolean> => (await output(testbed, 'a', 'ping', '-c', '1', '-W', '0.2', b?.underlayAddress ?? '')).code === 0
    await until(async () => !(await reaches()))
    await until(() => existsSync(join(c?.home ?? '', 'stepped')))
    expect(readFileSync(join(c?.home ?? '', 'stepped'), 'utf8')).to.equal('{"stepMs":1000}')
    await until(() => testbed.status().nodes[2]?.state === 'killed')
    await until(reaches)
    expect(reports.join('\n')).to.match(/fault over: a and b/)
  })

  it('ends daemons that do not want to, and programs that were started in nodes', async () => {
    const testbed = await create(SCENARIO.replace('{ name: b }', '{ name: stubborn }'), join(parent, 't'), { clock: hurriedClock() })
    await testbed.up()
    const sleeping = testbed.exec('a', ['sleep', '600'], { stdio: 'ignore' })
    const deaf = testbed.exec('a', ['sh', '-c', 'trap "" TERM; while :; do sleep 1; done'], { stdio: 'ignore' })
    const state = stateOf()
    await testbed.down()
    expect(await sleeping).to.equal(143)
    expect(await deaf).to.equal(137)
    nothingLeft(state)
  })

  it('leaves nothing where a daemon fails to start, and says what it said', async () => {
    const testbed = await create(SCENARIO.replace('{ name: b }', '{ name: fails }'))
    await testbed.up().then(
      () => {
        throw new Error('started')
      },
      (error: Error) => {
        expect(error.message).to.match(/daemon of fails ended before it was ready \(exit code 1\)[^]*fails on purpose/)
      }
    )
    expect(existsSync(join(parent, 't'))).to.equal(false)
  })

  it('leaves nothing where it is aborted', async () => {
    const testbed = await create(SCENARIO, join(parent, 'x', 'y', 't'))
    const abort = new AbortController()
    const up = testbed.up(abort.signal)
    setTimeout(() => {
      abort.abort(new Error('enough'))
    }, 100)
    await up.then(
      () => {
        throw new Error('started')
      },
      (error: Error) => {
        expect(error.message).to.equal('enough')
      }
    )
    expect(existsSync(join(parent, 'x'))).to.equal(false)
  })

  it('ends when its emulator dies', async () => {
    const reports: string[] = []
    const testbed = await create(SCENARIO, join(parent, 't'), {
      report: (message) => {
        reports.push(message)
      }
    })
    await testbed.up()
    const state = stateOf()
    process.kill(state.emulator?.pid ?? 0, 'SIGKILL')
    await testbed.ended
    expect(reports.join('\n')).to.match(/emulator ended/)
    nothingLeft(state)
  })

  it('refuses a directory that holds something else, or whose path is too long', async () => {
    const dir = join(parent, 'mine')
    mkdirSync(join(dir, 'nodes'), { recursive: true })
    await writeFile(join(dir, 'nodes', 'precious'), 'x')
    await (await create(SCENARIO, dir)).up().then(
      () => {
        throw new Error('started')
      },
      (error: Error) => {
        expect(error.message).to.match(/no testnet of ours/)
      }
    )
    expect(existsSync(join(dir, 'nodes', 'precious'))).to.equal(true)
    await writeFile(join(dir, 'testnet.json'), '{}')
    await (await create(SCENARIO, dir)).up().then(
      () => {
        throw new Error('started')
      },
      (error: Error) => {
        expect(error.message).to.match(/not the state of a testnet/)
      }
    )
    expect(existsSync(join(dir, 'nodes', 'precious'))).to.equal(true)
    await (await create(SCENARIO, join(parent, 'x'.repeat(100)))).up().then(
      () => {
        throw new Error('started')
      },
      (error: Error) => {
        expect(error.message).to.match(/too long by \d+/)
      }
    )
  })
})
