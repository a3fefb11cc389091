import { MAX_COLUMN_PART, MAX_DATAGRAM, ms } from '@srwan/interface'
import type { Datapath, ProbeEvent, Sid } from '@srwan/interface'
import { expect } from 'chai'
import { configureAll, eventOf } from './datapath-harness.ts'
import type { MakeHarness } from './datapath-harness.ts'

const ASYMMETRIC = { count: 2, delay: (from: number) => (from === 0 ? 30 : 10), probeInterval: ms(200) }
const NANOSECONDS_PER_MS = 1e6

export function pairCompliance(make: MakeHarness): void {
  describe('probes', () => {
    it('tell each side the delay towards itself, and the sender the round trip', async () => {
      const harness = await make(ASYMMETRIC)
      const [a, b] = harness.datapaths as [Datapath, Datapath]
      configureAll(harness)
      const seen = [eventOf(a, 'probe'), eventOf(b, 'probe')]
      const roundTrip = Promise.race([a, b].map((datapath) => eventOf(datapath, 'probe', (event) => event.role === 'sender')))
      const [atA, atB] = (await harness.settle(Promise.all(seen))) as [ProbeEvent, ProbeEvent]
      const delays = [Number(atB.receivedAt - atB.sentAt), Number(atA.receivedAt - atA.sentAt)] as const
      // b's clock minus a's goes into both with opposite signs; what the clocks say of each other is the rest
      expect((delays[0] + delays[1]) / NANOSECONDS_PER_MS).to.be.closeTo(40, 2 * harness.tolerance + 0.01)
      expect(Number((await harness.settle(roundTrip)).roundTrip) / NANOSECONDS_PER_MS).to.be.closeTo(40, 2 * harness.tolerance)
      expect(atA.peerClockEpoch).to.equal(b.clockEpoch)
      expect(atA.clockEpoch).to.equal(a.clockEpoch)
    })

    it('alternate: both sides take turns to start, about one exchange in each interval, with counters that only grow', async () => {
      const harness = await make(ASYMMETRIC)
      const [a] = harness.datapaths as [Datapath]
      configureAll(harness)
      const events: ProbeEvent[] = []
      a.on('probe', (event) => {
        events.push(event)
      })
      await harness.settle(eventOf(a, 'probe'))
      await harness.advance(2400)
      const roles = new Set(events.map(({ role }) => role))
      expect([...roles].sort()).to.deep.equal(['reflector', 'sender'])
      expect(events.length, 'exchanges in 12 intervals').to.be.within(7, 14)
      for (const [index, event] of events.entries()) {
        expect(event.acceptedFromPeer).to.equal(index + 1)
        expect(event.sentByPeer).to.be.at.least(event.acceptedFromPeer)
        if (index > 0) expect(event.sentByPeer).to.be.greaterThan((events[index - 1] as ProbeEvent).sentByPeer)
      }
    })

    it('carry the column part and the number of the last column seen', async () => {
      const harness = await make(ASYMMETRIC)
      const [a, b] = harness.datapaths as [Datapath, Datapath]
      const part = Uint8Array.from({ length: 7 }, (_, index) => index + 1)
      a.setColumnPart(part, new Map([[harness.sids[1] as Sid, 513]]))
      configureAll(harness)
      const event = await harness.settle(eventOf(b, 'probe'))
      expect([...event.columnPart.slice(0, part.length)]).to.deep.equal([...part])
      expect(event.columnPart.length).to.be.at.most(MAX_COLUMN_PART)
      expect(
        event.columnPart.slice(part.length).every((octet) => octet === 0),
        'padding'
      ).to.equal(true)
      expect(event.columnSeen).to.equal(513)
      expect(() => {
        a.setColumnPart(new Uint8Array(MAX_COLUMN_PART + 1), new Map())
      })
        .to.throw()
        .with.property('code', 'ERR_INVALID_INPUT')
    })

    it('say when no answer came', async () => {
      const harness = await make(ASYMMETRIC)
      const [a] = harness.datapaths as [Datapath]
      harness.setDelay(1, 0, undefined)
      configureAll(harness)
      expect((await harness.settle(eventOf(a, 'probeLost'))).to).to.equal(harness.sids[1])
    })
  })

  describe('datagrams', () => {
    it('reach a peer unchanged, from empty to the largest', async () => {
      const harness = await make(ASYMMETRIC)
      const [a, b] = harness.datapaths as [Datapath, Datapath]
      configureAll(harness)
      for (const length of [0, 1, 500, MAX_DATAGRAM]) {
        const payload = Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff)
        const arrival = eventOf(b, 'datagram')
        expect(a.sendDatagram(harness.sids[1] as Sid, payload)).to.equal(true)
        const event = await harness.settle(arrival)
        expect(event.from).to.equal(harness.sids[0])
        expect(Buffer.from(event.payload).equals(Buffer.from(payload)), `${length} octets`).to.equal(true)
      }
      expect(b.counters().datagramRxPackets).to.equal(4)
    })

    it('are refused towards a stranger and beyond the size limit', async () => {
      const harness = await make(ASYMMETRIC)
      const [a] = harness.datapaths as [Datapath]
      configureAll(harness)
      expect(a.sendDatagram('ffffffffffffffff' as Sid, new Uint8Array(1))).to.equal(false)
      expect(() => a.sendDatagram(harness.sids[1] as Sid, new Uint8Array(MAX_DATAGRAM + 1)))
        .to.throw()
        .with.property('code', 'ERR_INVALID_INPUT')
    })

    it('are limited in rate: of a thousand at once a few hundred pass', async () => {
      const harness = await make(ASYMMETRIC)
      const [a] = harness.datapaths as [Datapath]
      configureAll(harness)
      const accepted = Array.from({ length: 1000 }, () => a.sendDatagram(harness.sids[1] as Sid, new Uint8Array(10))).filter(Boolean).length
      expect(accepted).to.be.within(200, 300)
    })
  })
}
