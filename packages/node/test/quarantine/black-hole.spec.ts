import { expect } from 'chai'
import { simulatedGroup } from './simulated-group.ts'
import type { SimulatedGroup } from './simulated-group.ts'

const [A, B, HOLE, SIBLING] = [0, 1, 2, 3]
/** 100 ms directly between any two but the relays' legs: 20 over the second, 30 over the third; eight routers. */
const delayOf = (from: number, to: number): number => (from === HOLE || to === HOLE ? 20 : from === SIBLING || to === SIBLING ? 30 : 100)

describe('a black hole', function () {
  this.timeout(60_000)
  let group: SimulatedGroup
  beforeEach(async () => {
    group = await simulatedGroup(delayOf, 8)
  })
  afterEach(async () => {
    await group.stop()
  })

  const activeOf = (from: number, to: number): readonly string[] => group.routers[from]?.headend.decision(group.sidOf(to), 'latency')?.forward.active ?? []
  const isUsedBy = (router: number): boolean =>
    group.routers[router]?.headend.decisions().some(({ forward, reverse }) => [...forward.active.slice(0, -1), ...reverse.active.slice(0, -1)].includes(group.sidOf(HOLE))) ?? false
  const stateAt = (router: number): string => group.routers[router]?.quarantine.verdicts().find(({ router: sid }) => sid === group.sidOf(HOLE))?.state ?? 'clear'
  /** 60 kB/s in each of three flows. */
  const talk = (): void => {
    for (const [from, to] of [
      [A, B],
      [4, 5],
      [6, 7]
    ] as const)
      for (let packet = 0; packet < 3; packet++) group.talk(from, to, 1000)
  }
  const warmUp = async (): Promise<void> => {
    await group.run(12, talk)
    for (const [from, to] of [
      [A, B],
      [4, 5],
      [6, 7]
    ] as const)
      expect(activeOf(from, to)).to.deep.equal([group.sidOf(HOLE), group.sidOf(to)])
  }

  for (const what of ['all', 'data'] as const) {
    it(`that drops ${what === 'all' ? 'all it is to forward' : 'data only, and lets the end-to-end probes of others pass'} is out of the paths in 10 s and out of everybody's by verdict`, async () => {
      await warmUp()
      group.setBlackHole(HOLE, what)
      const seconds = await group.run(10, () => {
        talk()
        return [A, 4, 6].every((router) => !isUsedBy(router) && group.routers[router]?.quarantine.current().has(group.sidOf(HOLE)))
      })
      expect(seconds).to.be.lessThan(10)
      const convicted = await group.run(20, () => {
        talk()
        return group.routers.every((_, router) => router === HOLE || stateAt(router) === 'quarantined')
      })
      expect(convicted, 'everybody knows').to.be.lessThan(20)
      expect(group.routers[5]?.quarantine.verdicts()[0]?.reasons.join()).to.match(/black-hole/)
      expect(activeOf(A, B)).to.deep.equal([group.sidOf(SIBLING), group.sidOf(B)])
      expect(group.routers[HOLE]?.quarantine.current().size, 'it does not avoid itself').to.equal(0)
    })
  }

  it('that was repaired is acquitted and carries again', async () => {
    await warmUp()
    group.setBlackHole(HOLE, 'all')
    await group.run(12, talk)
    expect(stateAt(5)).to.equal('quarantined')
    group.setBlackHole(HOLE, false)
    const acquitted = await group.run(90, () => {
      talk()
      return group.routers.every((_, router) => stateAt(router) === 'clear')
    })
    expect(acquitted).to.be.lessThan(90)
    await group.run(60, talk)
    expect(isUsedBy(A)).to.equal(true)
  })

  it('is not who carries while another lies about it', async () => {
    await warmUp()
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
      talk()
      expect(group.routers.slice(0, 7).some((_, router) => group.routers[router]?.quarantine.current().has(group.sidOf(HOLE)))).to.equal(false)
    })
    expect(stateAt(A)).to.equal('suspected')
    expect(isUsedBy(A)).to.equal(true)
    const states = group.routers.map(({ quarantine }) => JSON.stringify(quarantine.verdicts().map(({ router, state }) => [router, state])))
    expect(new Set(states).size, 'equal evidence, equal verdicts').to.equal(1)
  })
})
