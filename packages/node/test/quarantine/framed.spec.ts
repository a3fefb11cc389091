import { observationBody, observationKey } from '@srwan/quarantine'
import type { Observation } from '@srwan/quarantine'
import { ms } from '@srwan/interface'
import { expect } from 'chai'
import { FLOWS, RELAY, relayedGroup } from './a-relay.ts'
import type { RelayedGroup } from './a-relay.ts'

const SIZE = 10
/** A fifth; none of them an end of a flow. */
const LIARS = [8, 9]
/** Of 2 s. */
const ROUNDS = 6

describe('a router that a fifth of the group frames', function () {
  this.timeout(300_000)

  it('stays in the paths of everybody else, whatever they say of it; what their columns contradict, each drops', async () => {
    const group = await relayedGroup({ size: SIZE, geo: (index) => ({ lat: 45.5, lon: 9 + index / 10 }) })
    await group.warmUp()
    const honest = group.routers.filter((_, router) => !LIARS.includes(router))
    for (let round = 0; round < ROUNDS; round++) {
      for (const liar of LIARS) lie(group, liar)
      await group.run(2, group.carry)
      for (const { quarantine } of honest) expect([...quarantine.current()]).to.deep.equal([])
      expect(FLOWS.every(([from]) => group.isUsedBy(from))).to.equal(true)
    }
    expect(group.stateAt(0)).to.equal('suspected')
    expect(group.writers('refused-session', true).size, 'they were heard').to.equal(LIARS.length)
    for (const { quarantine } of honest) {
      expect(quarantine.malformed(), 'all of it is testimony').to.equal(0)
      expect(quarantine.contradicted(), 'two classes can be recomputed').to.equal(2 * LIARS.length * ROUNDS)
    }
    await group.stop()
  })
})

/** Everything that can be said against the relay, all of it false. */
function lie(group: RelayedGroup, liar: number): void {
  const subject = group.sidOf(RELAY)
  const [one, other, third] = [group.sidOf(0), group.sidOf(1), group.sidOf(4)]
  const common = { subject, holds: true, at: ms(Math.floor(group.clock.wallTime() / 1000) * 1000), windowSeconds: 3 }
  const lies: readonly Observation[] = [
    { ...common, class: 'black-hole', seenWith: [one], figures: { octetsSent: 1e6, octetsArrived: 0, siblingSent: 1e6, siblingArrived: 1e6 } },
    { ...common, class: 'refused-session', seenWith: [], figures: { attempts: 9, answered: 1 } },
    { ...common, class: 'unresponsive', seenWith: [one, other], figures: { lost: 9, heardBy: 2 } },
    // its published delays sum to 40 ms with everybody, and the places are near: who holds the columns sees that these two are false
    { ...common, class: 'latency-lie', seenWith: [group.sidOf(liar)], figures: { samples: 3, excessMicroseconds: 15_000, roundTripMicroseconds: 40_000 } },
    { ...common, class: 'light-speed', seenWith: [one, other, third], figures: { pairs: 3, excessMicroseconds: 15_000 } }
  ]
  for (const one of lies) void group.routers[liar]?.log.append({ key: observationKey(one), ttl: 25, body: observationBody(one) })
}
