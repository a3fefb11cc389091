import { expect } from 'chai'
import { ms } from '@srwan/interface'
import { executeQuery, querySource } from '../../src/index.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import type { SimulatedNode } from './simulated-network.ts'

const ENTRIES = 120
const EPOCH_LENGTH = 3_600_000
const STEP = 500
/** The whole takes longer than the time between two exchanges. */
const OCTETS_PER_SECOND = 15_000
const MAX_STEPS = 400
const BOUNDS = { visits: 100_000, reads: 1000, octets: 1_000_000 }

describe('a new node with an empty store', function () {
  this.timeout(120_000)

  it('is caught up while others exchange with it, while another new one has all of it from it alone, and while it answers questions', async () => {
    const network = new SimulatedNetwork({ nodes: 5, epochLength: EPOCH_LENGTH, octetsPerSecond: OCTETS_PER_SECOND })
    const [first, second, young, newcomer, next] = network.nodes as [SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode]
    network.unlink()
    for (const [one, other] of [
      [first, second],
      [first, young],
      [second, young],
      [newcomer, first],
      [newcomer, second],
      [newcomer, young],
      [next, newcomer]
    ] as const)
      network.link(one, other)
    await network.start()
    for (const node of [newcomer, next]) await network.takeDown(node)
    for (const node of [first, second])
      await network.write(
        node,
        Array.from({ length: ENTRIES }, (_, i) => ({ key: `${i}`, body: 'x'.repeat(2000) }))
      )
    await network.clock.advance(180_000)
    expect(network.isEqual([first, second, young])).to.equal(true)

    const heldBy = ({ replica }: SimulatedNode): number => replica.heads('global', network.epoch).reduce((sum, { seq }) => sum + seq + 1, 0)
    const whole = heldBy(first)
    const speakers = new Set<SimulatedNode>()
    network.tamper = (from, to, frame) => {
      if (to === newcomer && heldBy(newcomer) < whole) speakers.add(from)
      return frame
    }
    for (const node of [newcomer, next]) await network.bringUp(node)
    const source = querySource(newcomer.replica, ms(EPOCH_LENGTH))
    const answered: number[] = []
    let nextHad = 0
    let steps = 0
    for (; heldBy(newcomer) < whole && steps < MAX_STEPS; steps++) {
      await network.clock.advance(STEP)
      const { places } = await executeQuery(source, { kind: 'listing', author: first.signer.peerId, limit: 1000 }, BOUNDS)
      answered.push(places.length)
      if (heldBy(newcomer) < whole) nextHad = heldBy(next)
      // What is written now arrives now: it does not wait for what was before.
      if (steps === 2) await network.write(young, [{ key: 'fresh' }])
      if (steps === 20) expect(newcomer.replica.head({ scope: 'global', epoch: network.epoch, author: young.signer.peerId })).to.include({ seq: 1 })
    }
    expect(steps, 'steps until it had everything').to.be.within(21, MAX_STEPS - 1)
    expect([...answered].sort((one, other) => one - other)).to.deep.equal(answered)
    expect(new Set(answered).size, 'different answers on the way').to.be.above(3)
    expect(speakers.size, 'members that spoke with it on the way').to.be.at.least(3)
    expect(nextHad, 'what the other new one had by then').to.be.above(whole / 10)
    await network.clock.advance(180_000)
    expect(network.isEqual()).to.equal(true)
    await network.stop()
  })
})
