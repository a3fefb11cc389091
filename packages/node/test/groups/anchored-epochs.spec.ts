import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createIdentity } from '@srwan/membership'
import { createTestNetwork, eventually } from '../test-network.ts'
import type { Node } from '@srwan/node'
import type { TestNetwork } from '../test-network.ts'

/** The shortest that a network may have. */
const EPOCH = 10_000
const NODES = 3

/** What a node could not do at some moment; looked at all the time. */
async function watch(nodes: readonly Node[], until: () => boolean): Promise<readonly string[]> {
  const lost: string[] = []
  while (!until()) {
    for (const [i, node] of nodes.entries()) {
      if (node.group().roster.members.length !== nodes.length) lost.push(`${i} measures ${node.group().roster.members.length}`)
      if (node.matrix().sids.length !== nodes.length) lost.push(`${i} has ${node.matrix().sids.length} in its matrix`)
      for (const code of node.health().map((finding) => finding.code)) lost.push(`${i} finds ${code}`)
      const answer = await node.exchange()?.query({ kind: 'router' }, 1, AbortSignal.timeout(5000))
      if (answer?.entries.length !== nodes.length) lost.push(`${i} knows ${answer?.entries.length} routers`)
    }
    const [from, to] = nodes as [Node, Node]
    const { forward } = await from.decide(to.self.sid, 'latency', { fresh: true })
    if (forward.active.length === 0) lost.push('no path')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return lost
}

const epochOf = (node: Node | undefined): number => node?.group().anchored?.epoch ?? -1

describe('a network whose epochs are anchored', function () {
  this.timeout(240_000)
  let network: TestNetwork
  let home: string
  const nodes: Node[] = []

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'srwan-epochs-'))
    network = createTestNetwork('anchored-net', { epoch: `${EPOCH}ms` })
    const first = await network.node('r0', { organisation: network.organisation })
    await first.start()
    nodes.push(first)
    for (let i = 1; i < NODES; i++) {
      const node = await network.node(`r${i}`, { bootstrap: [...first.multiaddrs()] })
      nodes.push(node)
      await node.start()
    }
    await eventually('everybody has the whole matrix', () => nodes.every((node) => node.matrix().sids.length === NODES), 60_000)
    await eventually('everybody knows all routers', () => nodes.every((node) => node.exchange() !== undefined), 60_000)
  })
  after(async () => {
    await network.stop()
    await rm(home, { recursive: true, force: true })
  })

  it('regroups by them, and nobody loses a member, a path or an answer at the end of an epoch', async () => {
    expect(nodes.map(epochOf)).to.deep.equal([-1, -1, -1])
    let settled = false
    const ready = eventually('all have each router entry', () => settled, 60_000)
    while (!settled) {
      const counts = await Promise.all(nodes.map(async (node) => (await node.exchange()?.query({ kind: 'router' }, 1, AbortSignal.timeout(5000)))?.entries.length))
      settled = counts.every((count) => count === NODES) && nodes.every((node) => node.health().length === 0)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await ready
    const end = Date.now() + 100_000
    const first = (): number => Math.min(...nodes.map(epochOf))
    let begun = -1
    const lost = await watch(nodes, () => {
      if (begun < 0 && first() >= 0) begun = first()
      if (Date.now() > end) throw new Error(`the chain of groups is at ${nodes.map(epochOf).join()}`)
      // Three steps of the chain at everybody, and the anchor of its first state.
      return begun >= 0 && first() >= begun + 3
    })
    expect([...new Set(lost)]).to.deep.equal([])
    expect(new Set(nodes.map((node) => node.group().number))).to.deep.equal(new Set([1]))
    expect(nodes.map((node) => node.group().anchored?.differing)).to.deep.equal([0, 0, 0])
  })

  it('a node that joins later takes the groups from the others with their proof, and goes on like everybody', async () => {
    const late = await network.node('late', { bootstrap: [...(nodes[0] as Node).multiaddrs()] })
    await late.start()
    await eventually('it is measured at once', () => nodes.every((node) => node.group().roster.members.length === NODES + 1), 30_000)
    await eventually('it is where the others are', () => epochOf(late) >= 0 && epochOf(late) === epochOf(nodes[0]), 3 * EPOCH)
    expect(late.group().anchored?.adopted).to.be.above(0)
    await eventually('its own entry is anchored', () => [late, ...nodes].every((node) => node.group().anchored?.routers === NODES + 1), 6 * EPOCH)
    expect([late, ...nodes].map((node) => node.group().roster.members.length)).to.deep.equal([4, 4, 4, 4])
    await late.stop()
  })

  it('a node that comes back has the groups of its life before', async () => {
    const identity = createIdentity()
    const bootstrap = [...(nodes[0] as Node).multiaddrs()]
    const before = await network.node('back', { bootstrap, home, identity })
    await before.start()
    await eventually('it is where the others are', () => epochOf(before) >= 0 && epochOf(before) === epochOf(nodes[0]), 4 * EPOCH)
    const left = epochOf(before)
    await before.stop()
    const again = await network.node('back', { bootstrap: [], home, identity })
    await again.start()
    expect(epochOf(again)).to.be.at.least(left)
    await eventually('it goes on', () => epochOf(again) > left && epochOf(again) === epochOf(nodes[0]), 4 * EPOCH)
    expect(again.group().anchored?.adopted).to.equal(0)
    await again.stop()
  })
})
