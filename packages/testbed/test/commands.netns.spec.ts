import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { packageFile } from '../src/index.ts'
import { isAlive } from '../src/process-table.ts'
import { survivors } from '../src/sweep.ts'
import { readState } from '../src/testnet-state.ts'
import type { TestnetState } from '../src/testnet-state.ts'
import { needsRoot } from './support/privileges.ts'

/** Over the built packages, as the emulator is a built one: to compile the sources anew takes longer than what most of the fifty commands do. */
const COMMAND = [packageFile('test/support/stand-in-command.mjs')]
const SCENARIO = 'name: small\nseed: 3\nnodes: [{ name: a }, { name: b }, { name: c }]\nlinks: { default: { delay: 5ms } }\n'
/** Nobody's user and group. */
const NOBODY = 65534

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A command under way. */
class Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  #said = ''

  constructor(program: string, args: readonly string[]) {
    this.child = spawn(program, args, { cwd: packageFile(''), stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      this.#said += chunk
    })
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
      this.#said += chunk
    })
    this.ended = new Promise((resolve) => {
      this.child.once('close', (code) => {
        resolve({ code, stdout, stderr })
      })
    })
  }

  /** Resolves when the output matches; rejects where the command ends before. */
  async said(pattern: RegExp): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(this.#said)) resolve()
      }
      look()
      this.child.stdout?.on('data', look)
      this.child.stderr?.on('data', look)
      void this.ended.then(({ stderr }) => {
        reject(new Error(`ended before it said ${pattern}: ${stderr}`))
      })
    })
  }
}

describe('the testnet commands', function () {
  this.timeout(60_000)
  let parent: string
  let dir: string
  let scenario: string
  const start = (...args: string[]): Running => new Running(process.execPath, [...COMMAND, 'testnet', ...args])
  const run = async (...args: string[]): Promise<Ended> => await start(...args).ended
  const up = (...args: string[]): string[] => ['up', '--scenario', scenario, '--dir', dir, ...args]

  before(function () {
    needsRoot(this)
  })
  const begin = async (): Promise<void> => {
    parent = await mkdtemp(join(tmpdir(), 'srwan-cmd-'))
    dir = join(parent, 't')
    scenario = join(parent, 's.yaml')
    writeFileSync(scenario, SCENARIO)
  }
  const end = async (): Promise<void> => {
    await run('down', '--dir', dir)
    await rm(parent, { recursive: true, force: true })
  }
  const stateNow = (): TestnetState => readState(dir) as TestnetState
  const nothingLeft = (state: TestnetState): void => {
    expect(survivors(state), 'processes').to.deep.equal([])
    expect(isAlive(state.supervisor), 'supervisor').to.equal(false)
    expect(existsSync(dir), 'directory').to.equal(false)
  }
  const inForeground = async (): Promise<Running> => {
    const running = start(...up())
    await running.said(/^ready$/m)
    return running
  }

  describe('each in a directory of its own', () => {
    beforeEach(begin)
    afterEach(end)

    it('up --detach, status, exec, link, node, down: from different shells', async () => {
      const detached = await run(...up('--detach'))
      expect(detached, detached.stderr).to.include({ code: 0, stdout: 'ready\n' })
      const status = await run('status', '--dir', dir, '--json')
      expect(JSON.parse(status.stdout)).to.include({ schemaVersion: 1, dir, phase: 'ready' })
      expect((await run('status', '--dir', dir)).stdout).to.match(/^a +running +fd53:5257/m)
      expect(await run('exec', '--dir', dir, 'a', '--', 'sh', '-c', 'echo out; echo err >&2; exit 9')).to.deep.equal({ code: 9, stdout: 'out\n', stderr: 'err\n' })
      expect((await run('link', 'a', 'b', '--dir', dir, '--delay', '50ms', '--loss', '0%')).code).to.equal(0)
      expect((await run('exec', '--dir', dir, 'a', '--', 'ping', '-c', '1', '198.18.2.1')).stdout).to.match(/time=10\d/)
      expect((await run('node', 'b', '--kill', '--dir', dir)).code).to.equal(0)
      expect(stateNow().nodes[1]?.state).to.equal('killed')
      expect((await run('node', 'b', '--start', '--dir', dir)).code).to.equal(0)
      const state = stateNow()
      expect(state.nodes[1]?.state).to.equal('running')
      const down = await run('down', '--dir', dir)
      expect(down, down.stderr).to.include({ code: 0 })
      nothingLeft(state)
    })

    it('exec passes signals on', async () => {
      await run(...up('--detach'))
      const sleeping = start('exec', '--dir', dir, 'a', '--', 'sh', '-c', 'echo begun; exec sleep 600')
      await sleeping.said(/begun/)
      sleeping.child.kill('SIGTERM')
      expect((await sleeping.ended).code).to.equal(143)
    })

    it('Ctrl-C ends it in order with 130; SIGTERM with 0', async () => {
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 0]
      ] as const) {
        const running = await inForeground()
        const state = stateNow()
        running.child.kill(signal)
        expect((await running.ended).code, signal).to.equal(code)
        nothingLeft(state)
      }
    })

    it('Ctrl-C while it starts leaves nothing', async () => {
      const running = start(...up())
      await running.said(/starting the daemons/)
      const state = stateNow()
      running.child.kill('SIGINT')
      expect((await running.ended).code).to.equal(130)
      nothingLeft(state)
    })

    it('a second Ctrl-C does not wait for a stubborn daemon', async () => {
      writeFileSync(scenario, SCENARIO.replace('{ name: b }', '{ name: stubborn }'))
      const running = await inForeground()
      const state = stateNow()
      const begun = performance.now()
      running.child.kill('SIGINT')
      await running.said(/once more to force/)
      running.child.kill('SIGINT')
      expect((await running.ended).code).to.equal(130)
      expect(performance.now() - begun, 'ms').to.be.below(3000)
      nothingLeft(state)
    })

    it('after kill -9 of the supervisor: daemons and emulator die with it, and down removes the rest', async () => {
      const running = await inForeground()
      const state = stateNow()
      const left = start('exec', '--dir', dir, 'a', '--', 'sleep', '600')
      running.child.kill('SIGKILL')
      await running.ended
      expect((await run('status', '--dir', dir, '--json')).stdout).to.match(/"phase": "stopped"/)
      expect((await run('down', '--dir', dir)).code).to.equal(0)
      expect((await left.ended).code).to.be.oneOf([137, 143, 3])
      nothingLeft(state)
    })

    it('after kill -9 of everything, up begins anew', async () => {
      const running = await inForeground()
      const first = stateNow()
      for (const { pid } of survivors(first, [running.child.pid ?? 0])) process.kill(pid, 'SIGKILL')
      running.child.kill('SIGKILL')
      await running.ended
      const again = await inForeground()
      expect(stateNow().supervisor.pid).to.equal(again.child.pid)
      const second = stateNow()
      again.child.kill('SIGINT')
      await again.ended
      nothingLeft(first)
      nothingLeft(second)
    })

    it('a detached supervisor that dies is found by down', async () => {
      await run(...up('--detach'))
      const state = stateNow()
      process.kill(state.supervisor.pid, 'SIGKILL')
      expect((await run('down', '--dir', dir)).code).to.equal(0)
      nothingLeft(state)
    })

    it('a directory that was there before stays, empty', async () => {
      dir = parent
      scenario = packageFile('scenarios/three-cities.yaml')
      await run(...up('--detach'))
      await run('down', '--dir', dir)
      expect(readdirSync(parent)).to.deep.equal(['s.yaml'])
    })

    it('says that none runs with 3, and that there is nothing to stop with 0', async () => {
      const asked = [['status'], ['exec', 'a', '--', 'true'], ['link', 'a', 'b', '--down'], ['node', 'a', '--kill']] as const
      const answers = await Promise.all(asked.map(async ([verb, ...rest]) => await run(verb, '--dir', dir, ...rest)))
      for (const [index, ended] of answers.entries()) {
        expect(ended.code, asked[index]?.[0]).to.equal(3)
        expect(ended.stderr).to.match(/no testnet runs in .*srwan testnet up/s)
      }
      expect(await run('down', '--dir', dir)).to.include({ code: 0 })
    })

    it('refuses a bad scenario with 78, --nodes with 2, and creates nothing', async () => {
      writeFileSync(scenario, SCENARIO.replace('delay: 5ms', 'delay: 5'))
      const [foreground, detached, many] = await Promise.all([run(...up()), run(...up('--detach')), run('up', '--dir', dir, '--nodes', 'many')])
      expect(foreground).to.include({ code: 78, stdout: '' })
      expect(detached).to.include({ code: 78, stdout: '' })
      expect(many).to.include({ code: 2 })
      expect(existsSync(dir)).to.equal(false)
    })

    describe('without root', () => {
      /** Runs a command as nobody, in a mount namespace whose /dev/net/tun has the given mode. */
      const asNobody = (mode: string, ...args: string[]): Running =>
        new Running('unshare', [
          '--mount',
          'sh',
          '-c',
          `mknod -m ${mode} ${parent}/tun c 10 200 && mount --bind ${parent}/tun /dev/net/tun && rm -f ${parent}/tun && exec setpriv --reuid ${NOBODY} --regid ${NOBODY} --clear-groups "$@"`,
          'sh',
          process.execPath,
          ...COMMAND,
          'testnet',
          ...args
        ])

      it('runs in a user namespace', async function () {
        chmodSync(parent, 0o777)
        const running = asNobody('666', ...up())
        await running.said(/^ready$/m)
        const state = stateNow()
        expect(execFileSync('stat', ['-c', '%u', dir], { encoding: 'utf8' }).trim()).to.equal(String(NOBODY))
        const ping = await asNobody('666', 'exec', '--dir', dir, 'a', '--', 'ping', '-c', '1', '198.18.2.1').ended
        expect(ping.stdout, ping.stderr).to.match(/time=1\d/)
        running.child.kill('SIGINT')
        expect((await running.ended).code).to.equal(130)
        nothingLeft(state)
      })

      it('names what is missing in one message', async () => {
        chmodSync(parent, 0o777)
        const { code, stderr } = await asNobody('600', ...up()).ended
        expect(stderr).to.match(/testnet needs \/dev\/net\/tun that may be opened.*run as root/)
        expect(code).to.equal(1)
        expect(existsSync(dir)).to.equal(false)
      })
    })
  })

  describe('of a running testnet', () => {
    before(async () => {
      await begin()
      expect((await run(...up('--detach'))).code).to.equal(0)
    })
    after(end)
    for (const [what, args, code, words] of [
      ['an unknown node', ['exec', 'zz', '--', 'true'], 2, /no node zz/],
      ['a link to nobody', ['link', 'a', 'zz', '--down'], 2, /no node zz/],
      ['no change', ['link', 'a', 'b'], 2, /nothing to change/],
      ['no unit', ['link', 'a', 'b', '--delay', '5'], 2, /--delay.*found "5"/],
      ['no action', ['node', 'a'], 2, /exactly one of/],
      ['two actions', ['node', 'a', '--kill', '--start'], 2, /exactly one of/],
      ['an unknown flag', ['status', '--jsn'], 2, /jsn/],
      ['a second one in the directory', ['up', '--nodes', '2', '--detach'], 5, /already runs/]
    ] as const) {
      it(`refuses ${what} with ${code}`, async () => {
        const [verb, ...rest] = args
        const ended = await run(verb, '--dir', dir, ...rest)
        expect(ended.stderr).to.match(words)
        expect(ended.code, ended.stderr).to.equal(code)
        expect(ended.stdout).to.equal('')
      })
    }
  })
})
