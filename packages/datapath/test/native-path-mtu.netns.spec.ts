import { expect } from 'chai'
import type { SessionSnapshot } from '@srwan/interface'
import { setTimeout as wait } from 'node:timers/promises'
import { overlay, sidText, underlayPerTest } from './fixtures/netns-underlay.ts'
import type { NetnsNode, NetnsUnderlay } from './fixtures/netns-underlay.ts'

const TRIES = 150
const POLL_MS = 200
/** 48 octets of headers behind an outer packet's 28; steps of 4. */
const WIDE = 1424
const AT_1420 = 1344
const AT_1400 = 1324
/** Into a veth the kernel lets frames that are longer by a VLAN tag. */
const orTagged = (octets: number): number[] => [octets, octets + 4]
const FILE_OCTETS = 12 << 20
const FILE = 'x'.repeat(64)

describe('path MTU in network namespaces', function () {
  this.timeout(120_000)
  const makeUnderlay = underlayPerTest()
  let net: NetnsUnderlay

  const underlay = async (count: number): Promise<readonly NetnsNode[]> => {
    net = await makeUnderlay(count)
    await net.cutBeforeLink()
    return net.nodes
  }
  const ping = (node: NetnsNode, to: number, ...options: readonly string[]): ReturnType<NetnsNode['exec']> => node.exec('ping', '-6', '-W', '1', ...options, overlay(to))
  const sessionTo = async (node: NetnsNode, to: number): Promise<SessionSnapshot | undefined> =>
    (await node.sessions()).find(({ role, egress }) => role === 'ingress' && egress === sidText(to))
  /** Sends a packet now and then, for which there is demand, until the session is as wanted. */
  const until = async (node: NetnsNode, to: number, wanted: (session: SessionSnapshot) => boolean): Promise<SessionSnapshot | undefined> => {
    let session: SessionSnapshot | undefined
    for (let i = 0; i < TRIES; i++) {
      await ping(node, to, '-c', '1')
      session = await sessionTo(node, to)
      if (session !== undefined && wanted(session)) break
      await wait(POLL_MS)
    }
    return session
  }
  const isComplete = ({ mtu }: SessionSnapshot): boolean => mtu?.state === 'complete'

  it('finds the width of each link, raises the device, and tells who sends more', async () => {
    const [a] = (await underlay(3)) as [NetnsNode]
    await net.setWidth(2, 1420)
    await net.launchAll()
    expect((await until(a, 1, isComplete))?.mtu).to.deep.equal({ forward: WIDE, reverse: WIDE, state: 'complete' })
    const toNarrow = await until(a, 2, isComplete)
    expect(toNarrow?.mtu?.forward).to.equal(AT_1420)
    expect(toNarrow?.mtu?.reverse).to.be.oneOf(orTagged(AT_1420))
    expect((await a.exec('ip', 'link', 'show', 'srwan0')).output).to.include(`mtu ${WIDE}`)
    const wide = await ping(a, 1, '-M', 'do', '-c', '3', '-i', '0.1', '-s', String(WIDE - 48))
    expect(wide.output).to.include('3 received')
    const narrow = await ping(a, 2, '-M', 'do', '-c', '3', '-i', '0.1', '-s', String(WIDE - 48))
    expect(narrow.output).to.match(new RegExp(`mtu[=: ]+${AT_1420}`))
    const fitting = await ping(a, 2, '-M', 'do', '-c', '3', '-i', '0.1', '-s', String(AT_1420 - 48))
    expect(fitting.output).to.include('3 received')
    expect((await a.counters()).icmpAnswers).to.be.at.least(1)
  })

  it('tells senders of IPv4 with DF, and cuts what has none', async () => {
    const [a, b, c] = (await underlay(3)) as [NetnsNode, NetnsNode, NetnsNode]
    b.prefixes = ['10.20.0.1/32']
    c.prefixes = ['10.30.0.1/32']
    a.prefixes = ['10.10.0.1/32']
    await net.setWidth(2, 1420)
    await net.launchAll([{ addresses: ['10.10.0.1/32'] }, { addresses: ['10.20.0.1/32'] }, { addresses: ['10.30.0.1/32'] }])
    await until(a, 1, isComplete)
    await until(a, 2, isComplete)
    const size = String(WIDE - 28)
    expect((await a.exec('ping', '-M', 'do', '-c', '3', '-i', '0.1', '-W', '1', '-s', size, '10.20.0.1')).output).to.include('3 received')
    const told = await a.exec('ping', '-M', 'do', '-c', '3', '-i', '0.1', '-W', '1', '-s', size, '10.30.0.1')
    expect(told.output).to.match(new RegExp(`mtu ?[=:] ?${AT_1420}`))
    // Of the sender's own making, so that the kernel does not cut them itself: what it was just told is forgotten first.
    await a.exec('ip', 'route', 'flush', 'cache')
    const cut = await a.exec('ping', '-M', 'dont', '-c', '3', '-i', '0.1', '-W', '1', '-s', size, '10.30.0.1')
    expect(cut.output).to.include('3 received')
  })

  it('a transfer goes on over a path that becomes narrower', async () => {
    const [a, b] = (await underlay(2)) as [NetnsNode, NetnsNode]
    await net.launchAll()
    await until(a, 1, isComplete)
    const server = `require('http').createServer((_, res) => res.end(Buffer.alloc(${FILE_OCTETS}, '${FILE}'), () => setTimeout(() => process.exit(0), 500))).listen(8000, '::')`
    const serving = b.exec(process.execPath, '-e', server)
    const fetching = a.exec(
      'curl',
      '-sS',
      '-g',
      '--retry',
      '20',
      '--retry-connrefused',
      '--retry-delay',
      '1',
      '--limit-rate',
      '3M',
      '-m',
      '60',
      '-o',
      '/dev/null',
      '-w',
      '%{size_download}',
      `http://[${overlay(1)}]:8000/`
    )
    while ((await a.counters()).dataRxOctets < FILE_OCTETS / 6) await wait(20)
    await net.setWidth(0, 1400)
    const { output, code } = await fetching
    expect(code).to.equal(0)
    // Behind it curl's words about a server that had not started yet.
    expect(output.startsWith(String(FILE_OCTETS)), output).to.equal(true)
    await serving
    const found = await until(a, 1, (session) => isComplete(session) && (session.mtu?.reverse ?? WIDE) < WIDE)
    expect(found?.mtu?.reverse).to.equal(AT_1400)
    expect(found?.mtu?.forward).to.be.oneOf(orTagged(AT_1400))
  })

  it('a path over a link of 1,200 octets is left and not used', async () => {
    const [a, b, c] = (await underlay(3)) as [NetnsNode, NetnsNode, NetnsNode]
    await net.setWidth(2, 1200)
    await net.launchAll()
    await a.configure([b, c], [{ endpoint: 1, forward: [[2, 1], [1]], reverse: [[2, 0], [0]] }])
    const session = await until(a, 1, ({ active, mtu }) => active?.forward.length === 1 && mtu?.state === 'complete')
    expect(session?.active).to.deep.equal({ forward: [sidText(1)], reverse: [sidText(0)] })
    expect((await ping(a, 1, '-M', 'do', '-c', '3', '-i', '0.1', '-s', String(1280 - 48))).output).to.include('3 received')
    const carried = (await c.counters()).transitPackets
    await ping(a, 1, '-c', '10', '-i', '0.1')
    expect((await c.counters()).transitPackets - carried, 'probes only').to.be.below(10)
  })

  it('where no path carries 1,280, senders are told at once', async () => {
    const [a] = (await underlay(2)) as [NetnsNode]
    await net.setWidth(1, 1200)
    await net.launchAll()
    const session = await until(a, 1, ({ mtu }) => mtu?.state === 'error')
    expect(session?.mtu).to.deep.equal({ forward: 0, reverse: 0, state: 'error' })
    expect((await ping(a, 1, '-c', '1')).output).to.match(/unreachable|No route/i)
    expect((await a.counters()).dropPathTooNarrow).to.be.at.least(1)
  })
})
