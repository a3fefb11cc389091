import { DATAPATH_COUNTERS, MAX_DATAPATH_THREADS, ms, ns, ppm } from '@srwan/interface'
import type { Datapath, Sid } from '@srwan/interface'
import { expect } from 'chai'
import { configOf, configureAll, eventOf } from './datapath-harness.ts'
import type { MakeHarness } from './datapath-harness.ts'

const TWO = { count: 2, delay: () => 2, probeInterval: ms(200) }
const SECOND = 1_000_000_000n

export function lifecycleCompliance(make: MakeHarness): void {
  describe('life', () => {
    it('has a key of its own and all counters, numeric, none negative', async () => {
      const { datapaths } = await make(TWO)
      const keys = datapaths.map(({ publicKey }) => Buffer.from(publicKey).toString('hex'))
      expect(keys[0]).to.have.length(64).and.not.equal(keys[1])
      for (const datapath of datapaths) {
        const counters = datapath.counters()
        expect(Object.keys(counters)).to.include.members([...DATAPATH_COUNTERS])
        for (const name of DATAPATH_COUNTERS) expect(counters[name], name).to.be.a('number').and.at.least(0)
      }
    })

    it('stops as often as asked and is silent afterwards', async () => {
      const harness = await make(TWO)
      const [a, b] = harness.datapaths as [Datapath, Datapath]
      configureAll(harness)
      await harness.settle(eventOf(b, 'probe'))
      await a.stop()
      await a.stop()
      let seen = 0
      for (const name of ['probe', 'probeLost', 'datagram'] as const)
        a.on(name, () => {
          seen++
        })
      const sent = a.counters().probeTxPackets
      expect(a.sendDatagram(harness.sids[1] as Sid, new Uint8Array(8))).to.equal(false)
      await harness.advance(1000)
      expect(seen).to.equal(0)
      expect(a.counters().probeTxPackets).to.equal(sent)
    })

    it('says what the machine lets it use, while it runs', async () => {
      const { datapaths } = await make(TWO)
      const [a] = datapaths as [Datapath]
      const { threads, cipher, tunOffload, wantedBufferOctets, ...rest } = a.features()
      expect(threads).to.be.within(1, MAX_DATAPATH_THREADS)
      expect(cipher).to.be.oneOf(['aes-256-gcm', 'chacha20-poly1305'])
      expect(tunOffload).to.be.oneOf(['none', 'checksum', 'tso', 'tso+uso', 'off'])
      for (const flag of ['udpSegmentation', 'udpReceiveOffload', 'steering'] as const) expect(rest[flag], flag).to.be.a('boolean')
      for (const buffer of ['receiveBufferOctets', 'sendBufferOctets'] as const) expect(rest[buffer], buffer).to.be.within(Math.min(1, wantedBufferOctets), wantedBufferOctets)
      await a.stop()
      expect(() => a.features())
        .to.throw()
        .with.property('code', 'ERR_INVALID_INPUT')
    })

    it('refuses to start under an aborted signal', async () => {
      const harness = await make(TWO)
      const [a] = harness.datapaths as [Datapath]
      await a.stop()
      const outcome = await a.start(AbortSignal.abort(new Error('no'))).then(
        () => 'started',
        (error: Error) => error.message
      )
      expect(outcome).to.equal('no')
    })

    it('has a measuring clock that runs, steps and changes its epoch at a jump', async () => {
      const harness = await make(TWO)
      const [a] = harness.datapaths as [Datapath]
      const before = a.clockNow()
      await harness.advance(100)
      const elapsed = Number(a.clockNow() - before) / 1e6
      expect(elapsed).to.be.at.least(99 - harness.tolerance)
      const epoch = a.clockEpoch
      const changed = eventOf(a, 'clockEpoch')
      a.adjustClock({ step: ns(-SECOND) })
      expect((await harness.settle(changed)).clockEpoch).to.not.equal(epoch)
      expect(a.clockEpoch).to.not.equal(epoch)
      expect(a.clockNow() < before + SECOND / 2n).to.equal(true)
      a.adjustClock({ drift: ppm(50) })
    })

    it('takes no notice of nodes that are not its peers', async () => {
      const harness = await make(TWO)
      const [a, b] = harness.datapaths as [Datapath, Datapath]
      b.reconfigure(configOf(harness, 1))
      a.reconfigure(configOf(harness, 0, { peers: [], policies: [] }))
      let seen = 0
      for (const name of ['probe', 'datagram'] as const)
        a.on(name, () => {
          seen++
        })
      await harness.settle(eventOf(b, 'probeLost'))
      b.sendDatagram(harness.sids[0] as Sid, new Uint8Array(4))
      await harness.advance(200)
      expect(seen).to.equal(0)
      expect(a.counters().dropUnknownPeer).to.be.greaterThan(0)
      expect(a.counters().probeTxPackets).to.equal(0)
    })
  })
}
