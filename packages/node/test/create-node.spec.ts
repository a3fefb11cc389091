import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemRandom } from '@srwan/clock'
import { createSimulatedDatapath, createSimulatedNetwork } from '@srwan/datapath'
import { ms, sid } from '@srwan/interface'
import type { Datapath, DatapathEvents, DatapathInit } from '@srwan/interface'
import { createIdentity, revoke } from '@srwan/membership'
import { createTestNetwork, eventually, namesOf } from './test-network.ts'
import type { TestNetwork } from './test-network.ts'

describe('a node', function () {
  this.timeout(40_000)
  let network: TestNetwork
  let home: string
  beforeEach(async () => {
    network = createTestNetwork()
    home = await mkdtemp(join(tmpdir(), 'srwan-node-'))
  })
  afterEach(async () => {
    await network.stop()

    await rm(home, { recursive: true, force: true })
  })

  it('is ready at once when it is the first', async () => {
    const first = await network.node('a')
    await first.start()
    expect(first.state()).to.equal('running')
    expect(namesOf(first.roster())).to.equal('a')
    expect(first.health()).to.deep.equal([])
  })

  it('hands the threads to its datapath, and tells what that uses and when it switched by itself', async () => {
    const simulated = createSimulatedNetwork({ clock: network.clock, random: systemRandom(), delay: () => ms(2) })
    const asked: DatapathInit[] = []
    const listeners: ((event: DatapathEvents['switched']) => void)[] = []
    const datapathFactory = (init: DatapathInit): Datapath => {
      asked.push(init)
      const datapath = createSimulatedDatapath(init, simulated)
      const on = datapath.on.bind(datapath)
      return Object.assign(datapath, {
        on: <K extends keyof DatapathEvents>(name: K, listener: (event: DatapathEvents[K]) => void) => {
          if (name === 'switched') listeners.push(listener as never)
          on(name, listener)
        }
      })
    }
    const first = await network.node('a', { threads: 3, datapathFactory })
    expect(asked[0]?.threads).to.equal(3)
    expect(() => first.features()).to.throw('not running')
    await first.start()
    expect(first.features()).to.include({ threads: 1, tunOffload: 'off' })
    expect(first.switches()).to.deep.equal([])
    const endpoint = sid('00000000000000aa')
    for (const listener of listeners) listener({ endpoint, color: 1, forward: [endpoint], reverse: [first.self.sid], cause: 'both', gapMs: ms(200) })
    expect(first.switches()).to.have.length(1)
    expect(first.switches()[0]).to.deep.include({ endpoint, color: 1, count: 1, cause: 'both' })
  })

  it('converges to one roster and a full matrix with four others, a late joiner included', async () => {
    const first = await network.node('a')
    await first.start()
    const bootstrap = first.multiaddrs()
    const others = await Promise.all(['b', 'c', 'd'].map((name) => network.node(name, { bootstrap })))
    await Promise.all(others.map((node) => node.start()))
    const nodes = [first, ...others]
    await eventually('four in one roster', () => nodes.every((node) => namesOf(node.roster()) === 'a b c d'))
    const late = await network.node('e', { bootstrap })
    await late.start()
    nodes.push(late)
    await eventually('five in one roster', () => nodes.every((node) => namesOf(node.roster()) === 'a b c d e'))
    expect(new Set(nodes.map((node) => node.roster().fingerprint)).size).to.equal(1)
    await eventually('a full matrix everywhere', () =>
      nodes.every((node) => node.matrix().cells.every((row, i) => row.every((cell, j) => i === j || cell?.oneWayDelay !== undefined)))
    )
    const decision = await late.decide(first.self.sid, 'latency')
    expect(decision.forward.active).to.deep.equal([first.self.sid])
    expect(late.traffic().roster?.sentOctets).to.be.greaterThan(100)
    expect(late.traffic().pulses?.sentOctets).to.be.greaterThan(0)
    expect(late.traffic().probes?.sentOctets).to.be.greaterThan(0)
  })

  it('comes back with its identity, a higher number and the members it knew', async () => {
    const identity = createIdentity()
    const first = await network.node('a')
    await first.start()
    const again = { identity, home, bootstrap: first.multiaddrs() }
    const before = await network.node('b', again)
    await before.start()
    await eventually('both know each other', () => first.roster().members.length === 2 && before.roster().members.length === 2)
    const old = first.roster().members.find((member) => member.name === 'b')?.descriptor
    await before.stop()
    const after = await network.node('b', { ...again, bootstrap: [] })
    await after.start()
    expect(namesOf(after.roster())).to.equal('a b')
    await eventually('the new descriptor arrives', () => (first.roster().members.find((member) => member.name === 'b')?.descriptor.number ?? 0) > (old?.number ?? 0))
    const now = first.roster().members.find((member) => member.name === 'b')?.descriptor
    expect(Buffer.from(now?.datapathKey ?? []).equals(Buffer.from(old?.datapathKey ?? []))).to.equal(false)
    expect(first.roster().members).to.have.lengthOf(2)
  })

  it('lets newcomers in through any member when the first one is gone', async () => {
    const first = await network.node('a')
    await first.start()
    const second = await network.node('b', { bootstrap: first.multiaddrs() })
    await second.start()
    await eventually('b is a member', () => second.roster().members.length === 2)
    const bootstrap = [...first.multiaddrs(), ...second.multiaddrs()]
    await first.stop()
    const third = await network.node('c', { bootstrap })
    await third.start()
    await eventually('c and b know each other', () => namesOf(third.roster()) === 'a b c' && namesOf(second.roster()) === 'a b c')
  })

  it('removes a revoked member everywhere, and the revoked one is told nothing more', async () => {
    const first = await network.node('a')
    await first.start()
    const bootstrap = first.multiaddrs()
    const others = await Promise.all(['b', 'c'].map((name) => network.node(name, { bootstrap })))
    await Promise.all(others.map((node) => node.start()))
    const [b, c] = others
    await eventually('three in one roster', () => [first, ...others].every((node) => node.roster().members.length === 3))
    await b?.revoke(revoke(network.organisation, { networkId: network.networkId, target: { name: 'c' }, issuedAt: network.clock.wallTime() }))
    await eventually('c is gone', () => namesOf(first.roster()) === 'a b' && b !== undefined && namesOf(b.roster()) === 'a b')
    await eventually('c is alone', () => c?.connections().length === 0)
    const newcomer = await network.node('d', { bootstrap })
    await newcomer.start()
    await eventually('d is a member without c', () => namesOf(newcomer.roster()) === 'a b d')
    expect(c === undefined ? '' : namesOf(c.roster())).to.not.include('d')
  })

  it('gives a stranger nothing', async () => {
    const first = await network.node('a')
    const second = await network.node('b', { bootstrap: [] })
    await first.start()
    await second.start()
    const other = createTestNetwork(network.networkId)
    const stranger = await other.node('x', { bootstrap: first.multiaddrs() })
    await stranger.start()
    await eventually('the stranger is refused', () => stranger.health().some((finding) => finding.code === 'refused'))
    await eventually('the stranger is disconnected', () => first.connections().length === 0)
    expect(namesOf(first.roster())).to.equal('a')
    expect(namesOf(stranger.roster())).to.equal('x')
    await other.stop()
  })

  it('leaves nothing when its start is aborted or fails', async () => {
    const blocker = await network.node('a')
    await blocker.start()
    const port = Number(/\/tcp\/(\d+)/.exec(blocker.multiaddrs()[0] ?? '')?.[1])
    const failing = await network.node('b', { listen: { address: '127.0.0.1', tcpPort: port, udpPort: 4801 } })
    const failure = await failing.start().then(
      () => undefined,
      (error: unknown) => error
    )
    expect(failure).to.have.property('code', 'ERR_PORT_IN_USE')
    expect(failing.state()).to.equal('stopped')
    const aborted = await network.node('c', { home })
    const controller = new AbortController()
    const starting = aborted.start(controller.signal).then(
      () => undefined,
      (error: unknown) => error
    )
    controller.abort(new Error('changed my mind'))
    expect(await starting).to.have.property('message', 'changed my mind')
    expect(aborted.state()).to.equal('stopped')
    expect(aborted.connections()).to.deep.equal([])
  })

  it('runs on and says so where its state cannot be written', async () => {
    const file = join(home, 'full')
    await writeFile(file, '')
    const node = await network.node('a', { home: file })
    await node.start()
    expect(node.state()).to.equal('running')
    expect(node.health().map((finding) => finding.code)).to.have.members(['disk-full', 'exchange-unavailable'])
    expect(node.exchange()).to.equal(undefined)
  })

  it('writes its descriptor number before it uses it', async () => {
    const node = await network.node('a', { home })
    await node.start()
    const state = JSON.parse(await readFile(join(home, 'state', 'roster.json'), 'utf8')) as { descriptorNumber: number }
    expect(state.descriptorNumber).to.equal(node.roster().members[0]?.descriptor.number)
  })
})
