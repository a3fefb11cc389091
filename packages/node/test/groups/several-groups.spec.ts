import { seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { createIdentity, createOrganisation, revoke } from '@srwan/membership'
import { expect } from 'chai'
import { createTestNetwork, eventually } from '../test-network.ts'
import { steppedClock } from './stepped-clock.ts'
import { BoundaryWatch, chainOf, rootsOf } from './boundary-watch.ts'
import type { Sid } from '@srwan/interface'
import type { Node } from '@srwan/node'
import type { TestNetwork } from '../test-network.ts'

/** The shortest that a network may have, ms. */
const EPOCH = 10_000
const GROUP_SIZE = 4
/** With these keys in this epoch three groups of three begin, and newcomers and beacons make others of them. */
const SEED = 1800
const FIRST_EPOCH = 200_000_088
const NODES = 9
/** A busy machine takes its time. */
const PATIENCE = 180_000

describe('a network of several groups whose epochs are anchored', function () {
  this.timeout(900_000)
  const clock = steppedClock(EPOCH, FIRST_EPOCH)
  const nodes: Node[] = []
  let slow: readonly Sid[] = []
  let network: TestNetwork
  let watch: BoundaryWatch

  const join = async (): Promise<void> => {
    const index = nodes.length
    const options = index === 0 ? { organisation: network.organisation } : { bootstrap: [...(nodes[0] as Node).multiaddrs()] }
    const node = await network.node(`r${index}`, { ...options, identity: createIdentity(seededRandom(SEED + index)), clock })
    nodes.push(node)
    await node.start()
  }
  const running = (): readonly Node[] => nodes.filter((node) => node.state() !== 'stopped')
  const groupsOf = (): readonly (readonly string[])[] => [...new Set(running().map((node) => node.matrix().sids.join()))].map((sids) => sids.split(','))
  const isWhole = (node: Node): boolean => node.lastKnownMatrix().cells.every((row, i) => row.every((cell, j) => i === j || cell?.oneWayDelay !== undefined))
  const settle = async (what: string): Promise<void> => {
    await eventually(`${what}: everybody knows everybody`, () => running().every((node) => node.roster().members.length === running().length), PATIENCE)
    await eventually(
      `${what}: groups of at most ${GROUP_SIZE}, everybody in one`,
      () => groupsOf().every(({ length }) => length <= GROUP_SIZE) && groupsOf().flat().length === running().length,
      PATIENCE
    )
    await eventually(`${what}: each group has its matrix`, () => running().every(isWhole), PATIENCE)
  }
  const enterNext = async (): Promise<void> => {
    await watch.untilEqual(running(), clock.epoch() - 2, PATIENCE)
    clock.enterNext()
  }
  /** One epoch ends; what must not suffer by that is looked at until the groups of the next stand. */
  const nextEpoch = async (): Promise<void> => {
    await enterNext()
    await watch.until(running(), () => running().every((node) => chainOf(node)?.epoch === clock.epoch()), PATIENCE)
    const [first] = running() as [Node]
    const states = new Set(running().map((node) => chainOf(node)?.state))
    expect([...states], `states of epoch ${clock.epoch()}`).to.have.lengthOf(1)
    // An anchor that is signed just now is on its way to some.
    await eventually('everybody holds the same anchored roots', () => new Set(running().map(rootsOf)).size === 1, PATIENCE)
    expect(
      running().map((node) => chainOf(node)?.differing),
      'epochs whose own root is not the anchored one'
    ).to.deep.equal(running().map(() => 0))
    expect(rootsOf(first)).to.not.equal('')
  }
  /** The direct link of two routers of two groups is slow: a path over a relay of one of them has to be found. */
  const findsRelay = async (): Promise<void> => {
    const [from, ...others] = running() as [Node, ...Node[]]
    const to = others.find((node) => !from.matrix().sids.includes(node.self.sid))
    if (to === undefined) throw new Error('all in one group')
    slow = [from.self.sid, to.self.sid]
    const end = Date.now() + PATIENCE
    let active: readonly Sid[] = []
    while (active.length < 2 && Date.now() < end) active = (await from.decide(to.self.sid, 'latency', { fresh: true })).forward.active
    expect(active, 'a relay').to.have.lengthOf(2)
    expect(active[1]).to.equal(to.self.sid)
    slow = []
  }

  before(async () => {
    const delay = (from: Sid, to: Sid): ReturnType<typeof ms> => ms(slow.includes(from) && slow.includes(to) ? 60 : 4)
    network = createTestNetwork(
      'regrouped-net',
      { epoch: `${EPOCH}ms`, groupSize: GROUP_SIZE, pulseInterval: '2s' },
      { delay, clock, organisation: createOrganisation(seededRandom(7)) }
    )
    while (nodes.length < NODES) await join()
    await settle('start')
    watch = new BoundaryWatch()
    await watch.untilAllKnown(running(), PATIENCE)
  })
  after(async () => {
    await network.stop()
  })

  it('all come to the same groups in each epoch, through three ends of epochs, and find paths to the other groups again', async () => {
    expect(groupsOf().map(({ length }) => length)).to.deep.equal([3, 3, 3])
    await enterNext()
    for (let step = 0; step < 3; step++) {
      await nextEpoch()
      await findsRelay()
    }
    expect(watch.losses()).to.deep.equal([])
  })

  it('goes on so when one leaves and two join', async () => {
    const gone = nodes.at(-1) as Node
    await gone.stop()
    await nodes[0]?.revoke(revoke(network.organisation, { networkId: network.networkId, target: { peerId: gone.self.peerId }, issuedAt: clock.wallTime() }))
    await settle('one left')
    await join()
    await join()
    await settle('two joined')
    await watch.untilAllKnown(running(), PATIENCE)
    const before = JSON.stringify(groupsOf())
    for (let step = 0; step < 4; step++) {
      await nextEpoch()
      await settle(`step ${step}`)
      await findsRelay()
    }
    expect(chainOf(nodes[0] as Node)?.routers, 'whoever left keeps its place while its entry counts').to.equal(NODES + 2)
    const located = new Set(running().map((node) => chainOf(node)?.located))
    expect([...located], 'routers whose round trips to the landmarks are anchored, the same everywhere').to.have.lengthOf(1)
    expect([...located][0]).to.be.above(NODES / 2)
    expect(JSON.stringify(groupsOf()), 'groups before and after the newcomers were placed').to.not.equal(before)
    expect(watch.losses()).to.deep.equal([])
  })
})
