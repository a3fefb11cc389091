import { ms } from '@srwan/interface'
import type { Sid } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { expect } from 'chai'
import { createTestNetwork, eventually } from '../test-network.ts'

const ROUTERS = 6
const GROUP_SIZE = 3

describe('a node with routers of other groups', function () {
  this.timeout(90_000)

  it('finds a relay to one of them when the direct link is slow', async () => {
    let slow: readonly Sid[] = []
    const delay = (from: Sid, to: Sid): ReturnType<typeof ms> => ms(slow.includes(from) && slow.includes(to) ? 60 : 4)
    const network = createTestNetwork('grouped-net', { groupSize: GROUP_SIZE }, delay)
    try {
      const first = await network.node('r0')
      await first.start()
      const nodes: Node[] = [first]
      for (let index = 1; index < ROUTERS; index++) {
        const node = await network.node(`r${index}`, { bootstrap: [...first.multiaddrs()] })
        nodes.push(node)
        await node.start()
      }
      await eventually('everybody knows everybody', () => nodes.every((node) => node.memberships().length === ROUTERS), 30_000)
      const groupOf = (node: Node): string => node.matrix().sids.join()
      await eventually('each has its own group in the matrix', () => nodes.every((node) => node.matrix().sids.length > 0 && node.matrix().sids.length <= GROUP_SIZE), 30_000)
      const pair = nodes.flatMap((from) => nodes.filter((to) => groupOf(to) !== groupOf(from)).map((to) => ({ from, to })))[0]
      if (pair === undefined) throw new Error('all in one group')
      const { from, to } = pair
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
