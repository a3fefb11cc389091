import { ms } from '@srwan/interface'
import { expect } from 'chai'
import { RELAY, SIBLING, relayedGroup } from './a-relay.ts'
import type { RelayedGroup } from './a-relay.ts'

const [A, B] = [0, 1]
/** Of the 20 ms to the relay from everywhere. */
const LIE = ms(15)
const MILAN = { lat: 45.5, lon: 9.2 }
/** 10,000 km from Milan; 20 ms of fibre are 4,000. */
const SINGAPORE = { lat: 1.35, lon: 103.8 }

describe('a router that publishes delays that cannot be', function () {
  this.timeout(300_000)
  let group: RelayedGroup
  afterEach(async () => {
    await group.stop()
  })

  const outSince = (): Promise<number> =>
    group.run(10, () => {
      group.carry()
      return group.everyOther((router) => !group.isUsedBy(router) && group.routers[router]?.quarantine.current().has(group.sidOf(RELAY)) === true)
    })

  it('is seen by all whom it lies to, out of all paths within 10 s of the first word, and acquitted once it tells the truth', async () => {
    group = await relayedGroup()
    await group.warmUp()
    group.setLie(RELAY, LIE)
    const seen = await group.run(20, () => {
      group.carry()
      return group.writers('latency-lie', true).size > 0
    })
    expect(seen, 'three samples, 2 s each, and a column to tell them').to.be.lessThan(12)
    expect(await outSince()).to.be.lessThan(10)
    expect(group.writers('latency-lie', true).size, 'observers, each in an ASN of its own').to.be.greaterThanOrEqual(3)
    expect(
      group.routers[5]?.quarantine
        .verdicts()
        .find(({ router }) => router === group.sidOf(RELAY))
        ?.reasons.join()
    ).to.match(/^publishes delays below what was measured \(latency-lie\): seen by \d routers$/)
    expect(group.activeOf(A, B)).to.deep.equal([group.sidOf(SIBLING), group.sidOf(B)])
    expect(
      group.routers.map(({ quarantine }) => quarantine.contradicted()),
      'everybody holds the columns that show it'
    ).to.deep.equal(group.routers.map(() => 0))

    group.setLie(RELAY, ms(0))
    const acquitted = await group.run(60, () => {
      group.carry()
      return group.everyOther((router) => group.stateAt(router) === 'clear')
    })
    expect(acquitted).to.be.lessThan(60)
    expect(group.writers('latency-lie', false).size, 'those who say so').to.be.greaterThanOrEqual(3)
    await group.run(20, () => {
      group.carry()
      return group.isUsedBy(A)
    })
    expect(group.isUsedBy(A), 'it carries again').to.equal(true)
  })

  it('because it is not where it says it is, is convicted by light, and not cleared by who finds the round trips in order', async () => {
    group = await relayedGroup({ geo: (index) => (index === RELAY ? SINGAPORE : { ...MILAN, lon: MILAN.lon + index / 10 }) })
    await group.run(20, () => {
      group.carry()
      return group.writers('light-speed', true).size > 0
    })
    expect(await outSince()).to.be.lessThan(10)
    expect(group.routers[5]?.quarantine.verdicts().map(({ router, reasons }) => [router, reasons.join()])).to.deep.equal([
      [group.sidOf(RELAY), 'publishes delays below what light needs (light-speed): seen by 7 routers']
    ])
    await group.run(20, () => {
      group.carry()
      expect(group.everyOther((router) => !group.isUsedBy(router))).to.equal(true)
    })
    expect(group.writers('latency-lie', false).size).to.equal(0)
  })
})
