import { seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import type { Sid } from '@srwan/interface'
import { createIdentity } from '@srwan/membership'
import type { Node } from '@srwan/node'
import { expect } from 'chai'
import { createTestNetwork, eventually } from '../test-network.ts'
import type { TestNetwork } from '../test-network.ts'

const GROUP_SIZE = 3

/** Keys decide who is in a group with whom: by the seed of the first of them, for each router the size of its group. */
const CASES = [
  { shape: 'two groups of three', seed: 2930, sizes: [3, 3, 3, 3, 3, 3] },
  { shape: 'a router that is alone in its group', seed: 2170, sizes: [3, 1, 3, 1, 3, 1] }
]

describe('a node with routers of other groups', function () {
  this.timeout(120_000)

  for (const { shape, seed, sizes } of CASES)
    it(`finds a relay to one of them when the direct link is slow: ${shape}`, async () => {
      let slow: readonly Sid[] = []
      const delay = (from: Sid, to: Sid): ReturnType<typeof ms> => ms(slow.includes(from) && slow.includes(to) ? 60 : 4)
      const network = createTestNetwork('grouped-net', { groupSize: GROUP_SIZE }, { delay })
      try {
        const nodes = await startAll(network, seed, sizes.length)
        await eventually('everybody knows everybody', () => nodes.every((node) => node.memberships().length === sizes.length), 30_000)
        await eventually('each has its own group in the matrix', () => nodes.every((node, index) => node.matrix().sids.length === sizes[index]), 30_000)
        const [from, ...others] = nodes as [Node, ...Node[]]
        const to = others.find((node) => !from.matrix().sids.includes(node.self.sid))
        if (to === undefined) throw new Error('all in one group')
        slow = [from.self.sid, to.self.sid]
        // landmarks are measured one at a time; until then the default path is all there is
        const end = Date.now() + 45_000
        let active: readonly Sid[] = []
        while (active.length < 2 && Date.now() < end) active = (await from.decide(to.self.sid, 'latency', { fresh: true })).forward.active
        expect(active).to.have.lengthOf(2)
        expect(active[1]).to.equal(to.self.sid)
      } finally {
        await network.stop()
      }
    })
})

async function startAll(network: TestNetwork, seed: number, count: number): Promise<readonly Node[]> {
  const nodes: Node[] = []
  for (let index = 0; index < count; index++) {
    const bootstrap = nodes[0]?.multiaddrs() ?? []
    const node = await network.node(`r${index}`, { identity: createIdentity(seededRandom(seed + index)), bootstrap: [...bootstrap] })
    nodes.push(node)
    await node.start()
  }
  return nodes
}
