import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, RunningProgram, runProgram, SRWAN, type Ended } from './testnet-run.ts'

/** Two namespaces of this test's own, joined by one cable: no testnet, no emulator. */
const HEAD = { namespace: 'sw-test-head', device: 'sw-th', address: '192.0.2.1' }
const BRANCH = { namespace: 'sw-test-branch', device: 'sw-tb', address: '192.0.2.2' }
const LONGEST_TO_PING_MS = 30_000

describe('a private network of two machines', function () {
  this.timeout(120_000)
  let directory: string
  const running: RunningProgram[] = []

  const ip = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await runProgram('ip', args)
    if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
  }
  const homeOf = (place: typeof HEAD): string => join(directory, place.namespace)
  const on = async (place: typeof HEAD, ...command: string[]): Promise<Ended> => await runProgram('ip', ['netns', 'exec', place.namespace, ...command])
  const srwanOn = async (place: typeof HEAD, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await on(place, process.execPath, SRWAN, '--home', homeOf(place), ...args)
    expect(code, `srwan ${args.join(' ')}: ${stderr}`).to.equal(0)
    return stdout.trim()
  }
  const up = async (place: typeof HEAD): Promise<void> => {
    const program = new RunningProgram('ip', ['netns', 'exec', place.namespace, process.execPath, SRWAN, '--home', homeOf(place), 'up'])
    running.push(program)
    await eventually(async () => { await srwanOn(place, 'status') }, 20_000)
  }
  const overlayAddress = async (place: typeof HEAD): Promise<string> => JSON.parse(await srwanOn(place, 'status', '--json')).overlayAddress

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sw-two-'))
    for (const place of [HEAD, BRANCH]) await ip('netns', 'add', place.namespace)
    await ip('link', 'add', HEAD.device, 'netns', HEAD.namespace, 'type', 'veth', 'peer', 'name', BRANCH.device, 'netns', BRANCH.namespace)
    for (const place of [HEAD, BRANCH]) {
      await ip('-n', place.namespace, 'address', 'add', `${place.address}/24`, 'dev', place.device)
      await ip('-n', place.namespace, 'link', 'set', place.device, 'up')
      await ip('-n', place.namespace, 'link', 'set', 'lo', 'up')
    }
  })
  after(async () => {
    for (const program of running) await program.stop('SIGINT')
    for (const place of [HEAD, BRANCH]) await runProgram('ip', ['netns', 'del', place.namespace])
    await rm(directory, { recursive: true, force: true })
  })

  it('create, invite, join, up: they ping each other within 30 s of the second up; after revoke no more', async () => {
    await srwanOn(HEAD, 'network', 'create', 'acme')
    await up(HEAD)
    const invitation = await srwanOn(HEAD, 'network', 'invite', '--name', 'branch-7')
    const line = invitation.split('\n').find((each) => /^\S{40,}$/.test(each.trim())) ?? invitation
    await srwanOn(BRANCH, 'network', 'join', line.trim())
    await up(BRANCH)
    const second = performance.now()
    const [head, branch] = [await overlayAddress(HEAD), await overlayAddress(BRANCH)]
    const ping = async (place: typeof HEAD, address: string): Promise<void> => {
      const { code, stdout } = await on(place, 'ping', '-c', '1', '-W', '1', address)
      if (code !== 0) throw new Error(stdout)
    }
    await eventually(async () => { await ping(HEAD, branch) }, LONGEST_TO_PING_MS)
    await eventually(async () => { await ping(BRANCH, head) }, LONGEST_TO_PING_MS - (performance.now() - second))

    await srwanOn(HEAD, 'network', 'revoke', 'branch-7')
    await eventually(async () => {
      const { code } = await on(BRANCH, 'ping', '-c', '2', '-W', '1', head)
      if (code === 0) throw new Error('the revoked member still gets answers')
    }, 20_000)
    expect((await on(HEAD, 'ping', '-c', '2', '-W', '1', branch)).code, 'ping towards the revoked member').not.to.equal(0)
  })
})
