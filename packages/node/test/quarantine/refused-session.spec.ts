import { expect } from 'chai'
import { RELAY, SIBLING, relayedGroup } from './a-relay.ts'
import type { RelayedGroup } from './a-relay.ts'

const [A, B] = [0, 1]
/** Who wants sessions with the relay itself: just enough. */
const CALLERS = [4, 5, 6]

describe('a router that refuses sessions', function () {
  this.timeout(300_000)
  let group: RelayedGroup
  beforeEach(async () => {
    group = await relayedGroup()
    await group.warmUp()
  })
  afterEach(async () => {
    await group.stop()
  })
  const call = (callers: readonly number[]) => (): void => {
    group.carry()
    for (const caller of callers) group.talk(caller, RELAY, 100)
  }

  it('answers probes and carries for others, is out of all paths within 10 s of the first word all the same, and acquitted once sessions open', async () => {
    group.setRefusing(RELAY, true)
    const everybodyCalls = call(CALLERS)
    await group.run(20, () => {
      everybodyCalls()
      return group.writers('refused-session', true).size > 0
    })
    const seconds = await group.run(10, () => {
      everybodyCalls()
      return group.everyOther((router) => !group.isUsedBy(router) && group.routers[router]?.quarantine.current().has(group.sidOf(RELAY)) === true)
    })
    expect(seconds).to.be.lessThan(10)
    expect(group.writers('refused-session', true).size).to.equal(CALLERS.length)
    expect(group.routers[A]?.quarantine.verdicts().map(({ reasons }) => reasons.join())).to.deep.equal([
      `answers probes and refuses sessions (refused-session): seen by ${CALLERS.length} routers`
    ])
    expect(group.activeOf(A, B)).to.deep.equal([group.sidOf(SIBLING), group.sidOf(B)])
    await group.run(20, everybodyCalls)
    expect(
      group.everyOther((router) => group.routers[router]?.quarantine.current().has(group.sidOf(RELAY)) === true),
      'the first sentence is over, and who tried it found that it carries'
    ).to.equal(true)

    group.setRefusing(RELAY, false)
    const acquitted = await group.run(60, () => {
      everybodyCalls()
      return group.everyOther((router) => group.stateAt(router) === 'clear')
    })
    expect(acquitted).to.be.lessThan(60)
    expect(group.writers('refused-session', false).size).to.be.greaterThanOrEqual(3)
  })

  it('of two only stays in the paths: k is three', async () => {
    group.setRefusing(RELAY, true)
    await group.run(30, () => {
      call(CALLERS.slice(0, 2))()
      expect(group.everyOther((router) => group.routers[router]?.quarantine.current().size === 0)).to.equal(true)
    })
    expect(group.writers('refused-session', true).size).to.equal(2)
    expect(group.stateAt(A)).to.equal('suspected')
    expect(group.isUsedBy(A)).to.equal(true)
  })
})
