import { expect } from 'chai'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { membersDocument } from '@srwan/api'
import { BUILT_COMMAND, srwan } from './command-line.ts'
import type { Finished } from './command-line.ts'

/** Two machines on one cable, each a namespace of this test's own. */
const MACHINES = {
  head: { namespace: `srwan-head-${process.pid}`, device: `sh${process.pid}`, address: '198.51.100.1' },
  branch: { namespace: `srwan-branch-${process.pid}`, device: `sb${process.pid}`, address: '198.51.100.2' }
} as const
type Machine = keyof typeof MACHINES

const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' })
const isRoot = process.getuid?.() === 0 && existsSync('/dev/net/tun')

describe('two detached daemons of a private network', function () {
  this.timeout(180_000)
  let directory: string

  const homeOf = (machine: Machine): string => join(directory, machine)
  const on = (machine: Machine): readonly string[] => ['ip', 'netns', 'exec', MACHINES[machine].namespace]
  const as = (machine: Machine): Parameters<typeof srwan>[1] => ({ prefix: on(machine), command: BUILT_COMMAND })
  const run = async (machine: Machine, ...args: string[]): Promise<Finished> => {
    const outcome = await srwan(['--home', homeOf(machine), ...args], as(machine))
    expect(outcome.code, `${machine}: srwan ${args.join(' ')}\n${outcome.stdout}${outcome.stderr}`).to.equal(0)
    return outcome
  }
  const json = async <T>(machine: Machine, ...args: string[]): Promise<T> => JSON.parse((await run(machine, ...args, '--json')).stdout) as T
  const kernelPing = async (machine: Machine, address: string, count: number): Promise<number> => {
    const { stdout } = await promisify(execFile)('ip', [...on(machine).slice(1), 'ping', '-c', String(count), '-i', '0.2', '-W', '1', address]).catch(
      (error: { stdout: string }) => error
    )
    return Number(/(\d+) received/.exec(stdout)?.[1] ?? NaN)
  }

  before(async function () {
    if (!isRoot) {
      process.stderr.write('  skipped: needs root and /dev/net/tun\n')
      this.skip()
    }
    directory = await mkdtemp(join(tmpdir(), 'srwan-pn-'))
    for (const { namespace } of Object.values(MACHINES)) ip('netns', 'add', namespace)
    const { head, branch } = MACHINES
    ip('link', 'add', head.device, 'netns', head.namespace, 'type', 'veth', 'peer', 'name', branch.device, 'netns', branch.namespace)
    for (const { namespace, device, address } of Object.values(MACHINES)) {
      ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', device)
      ip('-n', namespace, 'link', 'set', device, 'up')
      ip('-n', namespace, 'link', 'set', 'lo', 'up')
    }
  })

  after(async () => {
    if (!isRoot) return
    for (const machine of ['head', 'branch'] as const) await srwan(['--home', homeOf(machine), 'down'], as(machine))
    for (const { namespace } of Object.values(MACHINES)) ip('netns', 'del', namespace)
    await rm(directory, { recursive: true, force: true })
  })

  it('reach each other within 30 s of the second up, and after revoke no more', async () => {
    await run('head', 'network', 'create', 'acme', '--name', 'head', '--pulse-interval', '2s')
    await run('head', 'up', '--detach')
    const { stdout: line } = await run('head', 'network', 'invite', '--name', 'branch')
    await run('branch', 'network', 'join', line.trim())
    await run('branch', 'up', '--detach')
    await Promise.all([run('branch', 'wait', '--for', 'head', '--timeout', '30s'), run('head', 'wait', '--for', 'branch', '--timeout', '30s')])

    const members = membersDocument.parse(await json('head', 'network', 'members'))
    expect(members.members.map(({ name }) => name).sort()).to.deep.equal(['branch', 'head'])
    const addressOf = (name: string): string => members.members.find((member) => member.name === name)?.overlayAddress ?? ''
    expect(await kernelPing('head', addressOf('branch'), 5)).to.be.at.least(4)
    expect(await kernelPing('branch', addressOf('head'), 5)).to.be.at.least(4)
    await run('head', 'wait', '--for', 'matrix', '--timeout', '20s')
    expect((await run('branch', 'ping', 'head', '-c', '3', '-i', '100ms')).stdout).to.match(/3 probes sent, 3 answered, 0% lost/)

    await run('head', 'network', 'revoke', 'branch')
    await noAnswer(async () => kernelPing('branch', addressOf('head'), 2))
    await noAnswer(async () => kernelPing('head', addressOf('branch'), 2))
  })

  it('refuse a second start, and leave neither process, device, socket nor lock behind', async () => {
    const again = await srwan(['--home', homeOf('head'), 'up', '--detach'], as('head'))
    expect(again.code, again.stderr).to.equal(5)
    for (const machine of ['head', 'branch'] as const) {
      await run(machine, 'down')
      expect(await readdir(homeOf(machine)))
        .to.not.include.members(['api.sock'])
        .and.not.include.members(['daemon.lock'])
      expect(ip('-n', MACHINES[machine].namespace, 'link')).to.not.include('srwan0')
      expect(ip('netns', 'pids', MACHINES[machine].namespace)).to.equal('')
    }
  })

  it('say which port is in use, and make nothing', async () => {
    const holder = spawn('ip', [...on('head').slice(1), process.execPath, '-e', 'require("node:dgram").createSocket("udp4").bind(4801, "0.0.0.0", () => console.log("bound"))'])
    try {
      await once(holder.stdout, 'data')
      const outcome = await srwan(['--home', homeOf('head'), 'up', '--detach'], as('head'))
      expect(outcome, outcome.stderr).to.include({ code: 1, stdout: '' })
      expect(outcome.stderr).to.match(/4801.*in use[\s\S]*ERR_PORT_IN_USE/)
      expect(ip('-n', MACHINES.head.namespace, 'link')).to.not.include('srwan0')
      expect(await readdir(homeOf('head')))
        .to.not.include.members(['api.sock'])
        .and.not.include.members(['daemon.lock'])
    } finally {
      holder.kill()
      await once(holder, 'exit')
    }
  })

  it('know the others again after a restart', async () => {
    const outcome = await srwan([...['--home', homeOf('head')], 'network', 'members', '--json'], as('head'))
    const document = membersDocument.parse(JSON.parse(outcome.stdout))
    expect(document.source).to.equal('files')
    expect(document.members.map(({ name }) => name)).to.deep.equal(['head'])
  })
})

/** A revocation takes as long as it takes to spread; then nothing answers. */
async function noAnswer(ping: () => Promise<number>): Promise<void> {
  let received = NaN
  for (let attempt = 0; attempt < 15; attempt++) {
    received = await ping()
    if (received === 0) return
  }
  expect(received, 'answers of a revoked member').to.equal(0)
}
