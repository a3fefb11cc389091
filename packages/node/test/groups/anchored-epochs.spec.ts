import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { createIdentity } from '@srwan/membership'
import { createTestNetwork, eventually } from '../test-network.ts'
import { BoundaryWatch, chainOf, routersKnown } from './boundary-watch.ts'
import { steppedClock } from './stepped-clock.ts'
import type { Node } from '@srwan/node'
import type { TestNetwork } from '../test-network.ts'

/** The shortest that a network may have, ms. */
const EPOCH = 10_000
const NODES = 3
/** A busy machine takes its time. */
const PATIENCE = 120_000

/** What nodes could not do at some moment, looked at all the time until a condition holds. */
async function losses(nodes: readonly Node[], until: () => boolean): Promise<readonly string[]> {
  const lost = new Set<string>()
  const end = Date.now() + PATIENCE
  while (!until()) {
    if (Date.now() > end) throw new Error(`the groups are those of ${nodes.map((node) => chainOf(node)?.epoch).join()}`)
    for (const [i, node] of nodes.entries()) {
      if (node.group().number !== 1 || node.group().roster.members.length !== nodes.length) lost.add(`${i} measures ${node.group().roster.members.length}`)
      if (node.matrix().sids.length !== nodes.length) lost.add(`${i} has ${node.matrix().sids.length} in its matrix`)
      if ((await routersKnown(node)) !== nodes.length) lost.add(`${i} does not know all routers`)
    }
    const [from, to] = nodes as [Node, Node]
    if ((await from.decide(to.self.sid, 'latency', { fresh: true })).forward.active.length === 0) lost.add('no path')
    // Most of this is answered out of memory: without a pause nothing else would run.
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return [...lost]
}

describe('a network whose epochs are anchored', function () {
  this.timeout(600_000)
  const clock = steppedClock(EPOCH)
  const nodes: Node[] = []
  let network: TestNetwork
  let home: string

  /** Lets an epoch end as soon as all that should happen in it has. */
  const nextEpoch = async (all: readonly Node[], isDone: (node: Node) => boolean): Promise<void> => {
    await new BoundaryWatch().untilEqual(all, clock.epoch() - 2, PATIENCE)
    clock.enterNext()
    await eventually(`epoch ${clock.epoch()} has its groups`, () => all.every(isDone), PATIENCE)
  }
  const isCurrent = (node: Node): boolean => chainOf(node)?.epoch === clock.epoch()

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'srwan-epochs-'))
    network = createTestNetwork('anchored-net', { epoch: `${EPOCH}ms` })
    const first = await network.node('r0', { organisation: network.organisation, clock })
    await first.start()
    nodes.push(first)
    for (let i = 1; i < NODES; i++) {
      const node = await network.node(`r${i}`, { bootstrap: [...first.multiaddrs()], clock })
      nodes.push(node)
      await node.start()
    }
    await eventually('everybody has the whole matrix', () => nodes.every((node) => node.matrix().sids.length === NODES), PATIENCE)
    while ((await Promise.all(nodes.map(routersKnown))).some((count) => count < NODES)) await new Promise((resolve) => setTimeout(resolve, 100))
  })
  after(async () => {
    await network.stop()
    await rm(home, { recursive: true, force: true })
  })

  it('regroups by them, and nobody loses a member, a path or an answer at the end of an epoch', async () => {
    expect(nodes.map(chainOf)).to.deep.equal([undefined, undefined, undefined])
    let done = false
    const steps = (async () => {
      // The epoch in which the routers were written is anchored two epochs later, and its groups have their leaf two after that.
      await nextEpoch(nodes, () => true)
      for (let step = 0; step < 4; step++) await nextEpoch(nodes, isCurrent)
    })().finally(() => {
      done = true
    })
    const lost = await losses(nodes, () => done)
    await steps
    expect(lost).to.deep.equal([])
    expect(nodes.map((node) => chainOf(node)?.routers)).to.deep.equal([NODES, NODES, NODES])
    // The roots that were signed hold the states that each node computed by itself.
    expect(nodes.map((node) => [chainOf(node)?.adopted, chainOf(node)?.differing])).to.deep.equal(nodes.map(() => [0, 0]))
  })

  it('a node that joins later makes the groups out of the anchors that the others give it, and goes on like everybody', async () => {
    const late = await network.node('late', { bootstrap: [...(nodes[0] as Node).multiaddrs()], clock })
    const all = [...nodes, late]
    await late.start()
    await eventually('it is measured at once', () => all.every((node) => node.group().roster.members.length === all.length), PATIENCE)
    await eventually('it is where the others are', () => isCurrent(late), PATIENCE)
    expect(chainOf(late)).to.include({ differing: 0 })
    while ((await Promise.all(all.map(routersKnown))).some((count) => count < all.length)) await new Promise((resolve) => setTimeout(resolve, 100))
    for (let step = 0; step < 2; step++) await nextEpoch(all, isCurrent)
    expect(all.map((node) => chainOf(node)?.routers)).to.deep.equal([4, 4, 4, 4])
    expect(all.map((node) => node.group().roster.members.length)).to.deep.equal([4, 4, 4, 4])
    await late.stop()
  })

  it('a node that comes back begins with the groups of its life before', async () => {
    const identity = createIdentity()
    const bootstrap = [...(nodes[0] as Node).multiaddrs()]
    const before = await network.node('back', { bootstrap, home, identity, clock })
    await before.start()
    await eventually('it is where the others are', () => isCurrent(before), PATIENCE)
    await before.stop()
    const again = await network.node('back', { bootstrap, home, identity, clock })
    await again.start()
    expect(isCurrent(again)).to.equal(true)
    await nextEpoch([...nodes, again], isCurrent)
    await again.stop()
  })
})
