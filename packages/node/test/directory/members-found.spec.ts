import '../../src/polyfill.ts'
import { expect } from 'chai'
import { seededRandom, systemClock } from '@srwan/clock'
import { createOrganisation } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { dhtProtocol } from '../../src/directory/dht-service.ts'
import { KadDirectory } from '../../src/directory/kad-directory.ts'
import { memberConnections } from '../../src/directory/member-connections.ts'
import { eventually } from '../test-network.ts'
import { DESCRIPTOR, createTestStack } from '../test-stack.ts'
import type { GroupMap } from '@srwan/interface'
import type { ConnectToMember } from '../../src/directory/member-connections.ts'
import type { TestStack } from '../test-stack.ts'

const NETWORK = 'found'
const MEMBERS = 8
const clock = systemClock()

describe('members whose addresses the roster does not have', function () {
  this.timeout(60_000)
  const nodes: TestStack[] = []
  let groups = 2

  const map = (): GroupMap => {
    const peers = nodes.map(({ identity }) => identity.peerId)
    const all = Array.from({ length: groups }, (_, i) => ({ number: groups + i, members: peers.filter((_peer, at) => at % groups === i), guests: [] }))
    return {
      groups: all,
      group: (number) => all.find((one) => one.number === number),
      groupOf: (peer) => all.find(({ members }) => members.includes(peer))?.number,
      hostOf: () => undefined
    }
  }
  const directoryOf = ({ identity, stack }: TestStack): KadDirectory =>
    new KadDirectory({ dht: stack.services.dht, self: identity.peerId, groups: map, clock, random: seededRandom(1), logger: silentLogger().forComponent('t') })
  const connectOf = (node: TestStack): ConnectToMember => memberConnections({ libp2p: node.stack, roster: node.roster, directory: directoryOf(node), clock })
  const placeOf = (peer: string): number => nodes.findIndex(({ identity }) => identity.peerId === peer)
  const isChain = (a: string, b: string): boolean => Math.abs(placeOf(a) - placeOf(b)) === 1
  const peersOf = ({ stack }: TestStack): readonly string[] => stack.getPeers().map(String)

  before(async () => {
    const organisation = createOrganisation()
    for (let i = 0; i < MEMBERS; i++) {
      const node = await createTestStack({ id: NETWORK, organisation })
      nodes.push(node)
      await node.roster.start()
      await node.stack.start()
      await node.roster.announce(DESCRIPTOR)
      // A chain: each knows the way to the one before only.
      const previous = nodes[i - 1]
      if (previous !== undefined) await node.stack.dial(previous.stack.getMultiaddrs())
    }
    await eventually('everybody is in each roster', () => nodes.every(({ roster }) => roster.members().length === MEMBERS))
  })
  after(async () => {
    for (const { roster, stack } of nodes) {
      await roster.stop()
      await stack.stop()
    }
  })

  it('are not looked for in a network of one group, and nobody is dialled', async () => {
    const [first, last] = [nodes[0], nodes.at(-1)] as [TestStack, TestStack]
    groups = 1
    expect(await directoryOf(first).locate(last.identity.peerId)).to.equal(undefined)
    const failure = await connectOf(first)(last.identity.peerId, AbortSignal.timeout(5000)).catch((error: unknown) => error)
    expect((failure as Error).message).to.include('nobody knows where')
    expect(peersOf(first)).to.deep.equal([nodes[1]?.identity.peerId])
    groups = 2
  })

  it('are found along others once each has looked for its neighbours, and speak as members at once', async () => {
    // As a running node does within a minute.
    for (const node of nodes) await directoryOf(node).closest(node.stack.peerId.toMultihash().bytes)
    for (const { stack } of nodes)
      for (const connection of stack.getConnections()) if (!isChain(connection.remotePeer.toString(), stack.peerId.toString())) await connection.close()
    const [first, last] = [nodes[0], nodes.at(-1)] as [TestStack, TestStack]
    expect(peersOf(first)).to.not.include(last.identity.peerId)
    const connection = await connectOf(first)(last.identity.peerId, AbortSignal.timeout(20_000))
    expect(connection.remotePeer.toString()).to.equal(last.identity.peerId)
    expect(first.roster.isAdmitted(last.identity.peerId)).to.equal(true)
    await eventually('on both sides', () => last.roster.isAdmitted(first.identity.peerId))
  })

  it('and the directory is for members alone', async () => {
    const stranger = await createTestStack({ id: NETWORK, organisation: createOrganisation() })
    const [first] = nodes as [TestStack]
    await stranger.stack.start()
    try {
      const connection = await stranger.stack.dial(first.stack.getMultiaddrs())
      const stream = await connection.newStream(dhtProtocol(NETWORK))
      const answers: unknown[] = []
      stream.addEventListener('message', (event) => answers.push(event))
      // FIND_NODE for somebody: type 4, a key of 4 octets.
      stream.send(Uint8Array.of(8, 0x08, 4, 0x52, 4, 1, 2, 3, 4))
      await eventually('the stranger is disconnected', () => stranger.stack.getConnections().length === 0, 20_000)
      expect(answers).to.deep.equal([])
    } finally {
      await stranger.stack.stop()
    }
  })
})
