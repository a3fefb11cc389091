import { seededRandom } from '@srwan/clock'
import { createIdentity, revoke } from '@srwan/membership'
import { expect } from 'chai'
import { createTestNetwork, eventually } from '../test-network.ts'
import { wiretap } from './topic-wiretap.ts'
import type { Node } from '@srwan/node'
import type { TestNetwork } from '../test-network.ts'
import type { TopicWiretap } from './topic-wiretap.ts'

const NETWORK = 'topics-net'
/** Keys decide who is in a group with whom: with these, two groups of two. */
const SEED = 112
const NODES = 4
const GROUP_SIZE = 3

const pulses = (group: number): string => `srwan/${NETWORK}/group/${group}`
const entries = (group?: number): string => `srwan/${NETWORK}/ditex${group === undefined ? '' : `/${group}`}`

describe('the topics of a network of several groups', function () {
  this.timeout(180_000)
  let network: TestNetwork
  let tap: TopicWiretap
  const nodes: Node[] = []

  before(async () => {
    tap = await wiretap()
    // the shortest epochs: each node writes its column into the exchange soon
    network = createTestNetwork(NETWORK, { groupSize: GROUP_SIZE, epoch: '10s', pulseInterval: '500ms' })
    for (let i = 0; i < NODES; i++) {
      const node = await network.node(`r${i}`, { identity: createIdentity(seededRandom(SEED + i)), bootstrap: [...(nodes[0]?.multiaddrs() ?? [])] })
      nodes.push(node)
      await node.start()
    }
    await eventually('two groups of two', () => nodes.every((node) => node.memberships().length === NODES && node.matrix().sids.length === 2), 30_000)
  })
  after(async () => {
    await network.stop()
    tap.stop()
  })

  it('carry nothing of one group to the members of another', async () => {
    for (const node of nodes) expect(node.group().number).to.be.within(2, 3)
    await eventually(
      'each is on its own topics alone',
      () =>
        nodes.every((node) => {
          const { number } = node.group()
          return tap.topicsOf(node.self.peerId).join(' ') === [entries(), entries(number), pulses(number)].join(' ')
        }),
      60_000
    )
    const ofWhole = nodes.map((node) => tap.arrived(node.self.peerId, pulses(1)))
    const before = nodes.map((node) => tap.arrived(node.self.peerId, pulses(node.group().number)))
    await eventually(
      'each hears the pulses of its own group',
      () => nodes.every((node, i) => tap.arrived(node.self.peerId, pulses(node.group().number)) > (before[i] ?? 0) + 3),
      60_000
    )
    await eventually('each gets columns of its group for the exchange', () => nodes.every((node) => tap.arrived(node.self.peerId, entries(node.group().number)) > 0), 60_000)
    expect(nodes.map((node) => tap.arrived(node.self.peerId, entries()) > 0)).to.deep.equal([true, true, true, true])
    for (const node of nodes) {
      const other = node.group().number === 2 ? 3 : 2
      expect(tap.arrived(node.self.peerId, pulses(other))).to.equal(0)
      expect(tap.arrived(node.self.peerId, entries(other))).to.equal(0)
    }
    // The topic of the time when all were one group is silent as well.
    expect(nodes.map((node) => tap.arrived(node.self.peerId, pulses(1)))).to.deep.equal(ofWhole)
  })

  it('bring the columns of whoever comes into the group', async () => {
    const [first] = nodes as [Node]
    const strangers = nodes.filter((node) => node.group().number !== first.group().number)
    const [leaving, coming] = strangers as [Node, Node]
    await first.revoke(revoke(network.organisation, { networkId: NETWORK, target: { name: `r${nodes.indexOf(leaving)}` }, issuedAt: network.clock.wallTime() }))
    const left = nodes.filter((node) => node !== leaving)
    await eventually('the three that are left are one group', () => left.every((node) => node.group().number === 1 && node.matrix().sids.length === 3), 30_000)
    await eventually(
      'they hear each other',
      () => left.every((node) => left.every((other) => node === other || tap.arrived(node.self.peerId, pulses(1), other.self.sid) > 0)),
      60_000
    )
    const column = (node: Node): boolean => {
      const { sids, cells } = node.matrix()
      const at = sids.indexOf(coming.self.sid)
      return cells.every((row, i) => i === at || row[at]?.oneWayDelay !== undefined)
    }
    await eventually('each holds the column of the one that came', () => left.every(column), 60_000)
  })
})
