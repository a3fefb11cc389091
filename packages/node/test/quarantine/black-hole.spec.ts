import { expect } from 'chai'
import { FLOWS, RELAY as HOLE, SIBLING, relayedGroup } from './a-relay.ts'
import type { RelayedGroup } from './a-relay.ts'

const [A, B] = [0, 1]

describe('a black hole', function () {
  this.timeout(300_000)
  let group: RelayedGroup
  beforeEach(async () => {
    group = await relayedGroup()
    await group.warmUp()
    for (const [from, to] of FLOWS) expect(group.activeOf(from, to)).to.deep.equal([group.sidOf(HOLE), group.sidOf(to)])
  })
  afterEach(async () => {
    await group.stop()
  })

  for (const what of ['all', 'data'] as const) {
    it(`that drops ${what === 'all' ? 'all it is to forward' : 'data only, and lets the end-to-end probes of others pass'} is out of the paths in 10 s and out of everybody's by verdict`, async () => {
      group.setBlackHole(HOLE, what)
      const seconds = await group.run(10, () => {
        group.carry()
        return [A, 4, 6].every((router) => !group.isUsedBy(router) && group.routers[router]?.quarantine.current().has(group.sidOf(HOLE)))
      })
      expect(seconds).to.be.lessThan(10)
      const convicted = await group.run(20, () => {
        group.carry()
        return group.everyOther((router) => group.stateAt(router) === 'quarantined')
      })
      expect(convicted, 'everybody knows').to.be.lessThan(20)
      expect(group.routers[5]?.quarantine.verdicts()[0]?.reasons.join()).to.match(/black-hole/)
      expect(group.activeOf(A, B)).to.deep.equal([group.sidOf(SIBLING), group.sidOf(B)])
      expect(group.routers[HOLE]?.quarantine.current().size, 'it does not avoid itself').to.equal(0)
    })
  }

  it('that was repaired is acquitted and carries again', async () => {
    group.setBlackHole(HOLE, 'all')
    await group.run(12, group.carry)
    expect(group.stateAt(5)).to.equal('quarantined')
    group.setBlackHole(HOLE, false)
    const acquitted = await group.run(90, () => {
      group.carry()
      return group.routers.every((_, router) => group.stateAt(router) === 'clear')
    })
    expect(acquitted).to.be.lessThan(90)
    await group.run(60, group.carry)
    expect(group.isUsedBy(A)).to.equal(true)
  })

  it('is not who carries while another lies about it', async () => {
    const liar = group.routers[7]
    await liar?.quarantine.report({
      subject: group.sidOf(HOLE),
      class: 'black-hole',
      holds: true,
      windowSeconds: 3,
      seenWith: [group.sidOf(A)],
      figures: { octetsSent: 1e6, octetsArrived: 0, siblingSent: 1e6, siblingArrived: 1e6 }
    })
    await group.run(20, () => {
      group.carry()
      expect(group.routers.slice(0, 7).some((_, router) => group.routers[router]?.quarantine.current().has(group.sidOf(HOLE)))).to.equal(false)
    })
    expect(group.stateAt(A)).to.equal('suspected')
    expect(group.isUsedBy(A)).to.equal(true)
    const states = group.routers.map(({ quarantine }) => JSON.stringify(quarantine.verdicts().map(({ router, state }) => [router, state])))
    expect(new Set(states).size, 'equal evidence, equal verdicts').to.equal(1)
  })
})
