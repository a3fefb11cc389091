import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { createIdentity } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { OwnAnnouncement } from '../../src/roster/own-announcement.ts'
import { peekDescriptor } from '../../src/roster/roster-entry.ts'

const HOUR = 3_600_000
const DESCRIPTOR = { datapathKey: new Uint8Array(32), endpoints: [], multiaddrs: [], geo: {}, roles: [] }

/** An announcement whose numbers are noted. */
function announcing(isOpen: boolean): { readonly own: OwnAnnouncement; readonly numbers: number[]; readonly clock: ReturnType<typeof createVirtualClock> } {
  const identity = createIdentity(seededRandom(5))
  const clock = createVirtualClock()
  const numbers: number[] = []
  const own = new OwnAnnouncement(
    {
      identity,
      clock,
      logger: silentLogger().forComponent('t'),
      save: () => Promise.resolve(),
      held: () => numbers.at(-1) ?? 0,
      apply: ({ descriptor }) => {
        numbers.push(peekDescriptor(descriptor).number)
        return { kind: 'news', peerId: identity.peerId }
      },
      issued: () => {}
    },
    { networkId: 'n', membership: new Uint8Array(0), isOpen }
  )
  return { own, numbers, clock }
}

describe('the own descriptor', () => {
  it('is renewed each day in an open network, where it would end, and never in a private one', async () => {
    for (const isOpen of [true, false]) {
      const { own, numbers, clock } = announcing(isOpen)
      await own.announce(DESCRIPTOR)
      await clock.advance(ms(23 * HOUR))
      own.renew()
      await clock.advance(ms(HOUR + 1000))
      expect(numbers).to.have.lengthOf(1)
      own.renew()
      await clock.advance(ms(1000))
      expect(numbers, isOpen ? 'open' : 'private').to.have.lengthOf(isOpen ? 2 : 1)
      if (isOpen) expect(numbers[1]).to.be.above((numbers[0] ?? 0) + 24 * HOUR - 1)
    }
  })

  it('has a number above all before; in an open network not above one that nobody can have taken', async () => {
    for (const isOpen of [true, false]) {
      const { own, numbers, clock } = announcing(isOpen)
      const ahead = clock.wallTime() + 365 * 24 * HOUR
      own.restore(ahead)
      await own.announce(DESCRIPTOR)
      expect(numbers).to.deep.equal([isOpen ? clock.wallTime() + 1 : ahead + 1])
      const soon = clock.wallTime() + HOUR
      own.restore(soon)
      await own.announce(DESCRIPTOR)
      expect(numbers[1]).to.equal(isOpen ? soon + 1 : ahead + 2)
    }
  })
})
