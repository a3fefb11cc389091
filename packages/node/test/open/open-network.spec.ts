import { networkFileSchema } from '@srwan/config'
import { networkOf } from '@srwan/groups'
import { ms } from '@srwan/interface'
import { createIdentity, sidOf } from '@srwan/membership'
import { multiaddr } from '@multiformats/multiaddr'
import { expect } from 'chai'
import { signOwnRecord } from '../../src/roster/own-record.ts'
import { createTestNetwork, eventually } from '../test-network.ts'
import { createTestStack } from '../test-stack.ts'
import type { Sid } from '@srwan/interface'
import type { Node } from '@srwan/node'
import type { RosterRecord } from '@srwan/wire'
import type { TestNetwork } from '../test-network.ts'
import type { TestStack } from '../test-stack.ts'

const ID = 'open-net'
const NOBODY = new Uint8Array(0)
/** A busy machine takes its time. */
const PATIENCE = 180_000
/** A stranger dials again, ms. */
const REDIAL = 5000

/** What a router at an address of this machine says of itself. */
const describedAt = (address: string, multiaddrs: readonly string[] = []): Parameters<TestStack['roster']['announce']>[0] => ({
  datapathKey: new Uint8Array(32),
  endpoints: [{ address, port: 4801 }],
  multiaddrs: [...multiaddrs],
  geo: {},
  roles: []
})

/** Routers that exist on paper only: keys of their own, at addresses where nobody listens. */
async function inventedRouters(count: number): Promise<readonly RosterRecord[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const identity = createIdentity()
      const address = `127.1.${i}.1`
      const descriptor = describedAt(address, [`/ip4/${address}/tcp/4801/p2p/${identity.peerId}`])
      return { ...(await signOwnRecord(identity, ID, { membership: NOBODY, descriptor, number: Date.now() })), registeredAt: 1 }
    })
  )
}

describe('an open network without a chain', function () {
  this.timeout(600_000)
  let network: TestNetwork
  let nodes: Node[] = []
  let strangers: TestStack[] = []
  let slow: readonly Sid[] = []

  /** Each in a network of its own: the whole of 127/8 is this machine. */
  const join = async (address: string, parameters: object = {}): Promise<Node> => {
    const [first] = nodes
    const networkFile = networkFileSchema.parse({
      id: ID,
      kind: 'open',
      bootstrap: first === undefined ? [] : [...first.multiaddrs()],
      parameters: { pulseInterval: '500ms', ...parameters }
    })
    const node = await network.node('x', { networkFile, certificate: NOBODY, listen: { address, tcpPort: 0, udpPort: 4801 } })
    await node.start()
    nodes.push(node)
    return node
  }
  const stranger = async (address: string, records: readonly RosterRecord[] = []): Promise<TestStack> => {
    const made = await createTestStack({ id: ID, address, records })
    strangers.push(made)
    await made.roster.load()
    await made.roster.start()
    await made.stack.start()
    await made.roster.announce(
      describedAt(
        address,
        made.stack.getMultiaddrs().map((multiaddr) => multiaddr.toString())
      )
    )
    return made
  }
  /** Waits while strangers that lost their connection, or never got one on a busy machine, dial the first node now and then. */
  const untilAdmitted = async (dialling: readonly TestStack[], what: string, condition: () => boolean): Promise<void> => {
    const address = multiaddr((nodes[0] as Node).multiaddrs()[0] as string)
    const dialledAt = new Map<TestStack, number>()
    await eventually(
      what,
      () => {
        for (const each of dialling) {
          if (each.stack.getConnections().length > 0 || Date.now() - (dialledAt.get(each) ?? 0) < REDIAL) continue
          dialledAt.set(each, Date.now())
          each.stack.dial(address).catch(() => {})
        }
        return condition()
      },
      PATIENCE
    )
  }
  const agree = (): boolean => new Set(nodes.map((node) => node.roster().fingerprint)).size === 1
  const knows = (node: Node, stack: TestStack): boolean => node.roster().members.some(({ peerId }) => peerId === stack.identity.peerId)
  const inNetwork = (node: Node, prefix: string): number => node.roster().members.filter(({ descriptor }) => networkOf(descriptor.endpoints[0]?.address ?? '') === prefix).length

  beforeEach(() => {
    slow = []
    nodes = []
    strangers = []
    network = createTestNetwork(ID, {}, { delay: (from, to) => ms(slow.includes(from) && slow.includes(to) ? 80 : 4) })
  })
  afterEach(async () => {
    await network.stop()
    for (const { roster, stack } of strangers) {
      await roster.stop()
      await stack.stop()
    }
  })

  it('forms one group from one bootstrap address, measures, and chooses paths; nobody needs a certificate', async () => {
    for (const at of [1, 2, 3, 4]) await join(`127.0.${at}.1`)
    const [a, b] = nodes as [Node, Node, Node, Node]
    slow = [a.self.sid, b.self.sid]
    await eventually('four in one roster', () => nodes.every((node) => node.roster().members.length === 4) && agree(), PATIENCE)
    expect(nodes.map((node) => node.group().number)).to.deep.equal([1, 1, 1, 1])
    await eventually(
      'a full matrix everywhere',
      () => nodes.every((node) => node.matrix().cells.every((row, i) => row.every((cell, j) => i === j || cell?.oneWayDelay !== undefined))),
      PATIENCE
    )
    const end = Date.now() + PATIENCE
    let active: readonly Sid[] = []
    while (active.length < 2 && Date.now() < end) active = (await a.decide(b.self.sid, 'latency', { fresh: true })).forward.active
    expect(active, 'over a relay').to.have.lengthOf(2)
    for (const node of nodes) {
      expect(node.health().filter(({ code }) => code !== 'matrix-incomplete')).to.deep.equal([])
      for (const { name, peerId, prefixes } of node.roster().members) {
        expect(name).to.equal(sidOf(peerId))
        expect(prefixes).to.deep.equal([])
      }
    }
  })

  it('takes two of a flood of identities from one network, at every node the same two', async () => {
    for (const at of [1, 2, 3]) await join(`127.0.${at}.1`)
    await eventually('three in one roster', () => nodes.every((node) => node.roster().members.length === 3), PATIENCE)
    for (let i = 1; i <= 5; i++) {
      await stranger(`127.0.9.${i}`)
    }
    await untilAdmitted(strangers, 'two of them are in', () => {
      for (const node of nodes) expect(inNetwork(node, '127.0.9')).to.be.at.most(2)
      return nodes.every((node) => inNetwork(node, '127.0.9') === 2) && agree()
    })
    expect(nodes.map((node) => node.roster().members.length)).to.deep.equal([5, 5, 5])
    const late = await join('127.0.4.1')
    await eventually('a newcomer comes to the same', () => late.roster().members.length === 6 && agree(), PATIENCE)
  })

  it('does not count routers that a member made up, however many', async () => {
    for (const at of [1, 2, 3]) await join(`127.0.${at}.1`)
    await eventually('three in one roster', () => nodes.every((node) => node.roster().members.length === 3), PATIENCE)
    // The last one that the liar tells of is real, and only the liar knows it: whoever counts it has heard of all the others before.
    const real = await stranger('127.0.7.1')
    const record = real.roster.ownRecord()
    const liar = await stranger('127.0.8.1', [...(await inventedRouters(12)), ...(record === undefined ? [] : [record])])
    expect(liar.roster.members()).to.have.lengthOf(14)
    await untilAdmitted([liar], 'the real one counts', () => nodes.every((node) => knows(node, real)))
    for (const node of nodes) {
      expect(node.roster().members).to.have.lengthOf(5)
      expect(node.roster().members.filter(({ descriptor }) => descriptor.endpoints[0]?.address.startsWith('127.1.'))).to.deep.equal([])
    }
  })

  it('says so where it has outgrown one group and no beacon draws the groups', async () => {
    const says = (node: Node): boolean => node.health().some(({ code }) => code === 'no-beacon')
    for (const at of [1, 2]) await join(`127.0.${at}.1`, { groupSize: 2 })
    await eventually('two in one roster', () => nodes.every((node) => node.roster().members.length === 2), PATIENCE)
    expect(nodes.map(says)).to.deep.equal([false, false])
    await join('127.0.3.1', { groupSize: 2 })
    await eventually('all three say so', () => nodes.every(says), PATIENCE)
    for (const node of nodes) expect(node.group().roster.members.length).to.be.at.most(2)
  })

  it('refuses site prefixes, and money until there is a client for a chain, naming what is missing', async () => {
    const file = { id: ID, kind: 'open', bootstrap: [] }
    const options = { certificate: NOBODY, listen: { address: '127.0.1.1', tcpPort: 0, udpPort: 4801 } }
    const failure = async (more: object): Promise<unknown> =>
      network.node('x', { ...options, networkFile: networkFileSchema.parse(file), ...more }).catch((error: unknown) => error)
    expect(await failure({ sitePrefixes: ['10.7.0.0/16'] }))
      .to.have.property('message')
      .that.matches(/prefixes\.0.*no organisation says who may serve/)
    const money = { chain: 'wss://x', genesis: `0x${'0'.repeat(64)}`, contract: `0x${'0'.repeat(40)}` }
    expect(await failure({ networkFile: networkFileSchema.parse({ ...file, money }) }))
      .to.have.property('message')
      .that.matches(/money.*no client for a chain.*beacon/)
  })
})
