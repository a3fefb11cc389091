import { ms, ns } from '@srwan/interface'
import type { Datapath, DatapathEvents, PathProbeRequest, PathProbeResult, SegmentList, Sid } from '@srwan/interface'
import { expect } from 'chai'
import type { DatapathHarness, MakeHarness } from './datapath-harness.ts'
import { configOf, configureAll, eventOf, listOf, policyOf } from './datapath-harness.ts'

const NANOSECONDS_PER_MS = 1e6
const HOUR = 3_600_000_000_000n
/** Every directed pair has a delay of its own. */
const delay = (from: number, to: number): number => 5 + 7 * from + 3 * to
const FIVE = { count: 5, delay, probeInterval: ms(500) }
const DETOURS = [[], [2], [2, 3], [3, 4, 2]] as const

/** Links that die under the path over datapath 2, and what a datapath makes of it. */
const DEATHS = [
  {
    dies: 'its transit dies',
    cause: 'both',
    cut: [
      [0, 2],
      [2, 0],
      [1, 2],
      [2, 1]
    ]
  },
  { dies: 'the forward direction dies', cause: 'forward', cut: [[0, 2]] },
  { dies: 'the reverse direction dies', cause: 'reverse', cut: [[1, 2]] }
] as const

type Direction = 'forward' | 'reverse' | 'roundTrip'

export function pathCompliance(make: MakeHarness): void {
  describe('path probes', () => {
    it('measure differences between paths of 0 to 3 transits, both ways, whatever the clocks say', async () => {
      const harness = await make(FIVE)
      configureAll(harness)
      harness.datapaths[1]?.adjustClock({ step: ns(HOUR) })
      const result = await probe(harness, { paths: DETOURS.map((transits) => pathOf(harness, transits)), count: 10, duration: ms(500) })
      const plain = walk([0, 1]) + walk([1, 0])
      DETOURS.forEach((transits, index) => {
        const [there, back] = [walk([0, ...transits, 1]), walk([1, ...[...transits].reverse(), 0])]
        const near = 4 * harness.tolerance
        expect(lowest(result, index, 'forward') - lowest(result, 0, 'forward'), `forward ${index}`).to.be.closeTo(there - walk([0, 1]), near)
        expect(lowest(result, index, 'reverse') - lowest(result, 0, 'reverse'), `reverse ${index}`).to.be.closeTo(back - walk([1, 0]), near)
        expect(lowest(result, index, 'roundTrip') - lowest(result, 0, 'roundTrip'), `round trip ${index}`).to.be.closeTo(there + back - plain, 2 * near)
      })
      expect(Math.abs(lowest(result, 0, 'forward')), 'the offset between the clocks is in it').to.be.greaterThan(3_000_000)
    })

    it('tell lost paths apart from the others, and do not wait long for a transit that is gone', async () => {
      const harness = await make(FIVE)
      configureAll(harness)
      await harness.datapaths[2]?.stop()
      const result = await probe(harness, { paths: [pathOf(harness, []), pathOf(harness, [2]), pathOf(harness, [3])], count: 4, duration: ms(200) })
      expect(result.samples.map((samples) => samples.filter((sample) => sample !== undefined).length)).to.deep.equal([4, 0, 4])
    })

    it('a node that refuses transit carries nothing', async () => {
      const harness = await make(FIVE)
      configureAll(harness)
      harness.datapaths[2]?.reconfigure(configOf(harness, 2, { transit: false }))
      const result = await probe(harness, { paths: [pathOf(harness, []), pathOf(harness, [2])], count: 3, duration: ms(100) })
      expect(result.samples.map((samples) => samples.filter((sample) => sample !== undefined).length)).to.deep.equal([3, 0])
      expect(harness.datapaths[2]?.counters().transitPackets).to.equal(0)
    })

    it('refuse an endpoint that is no peer, and stop when told to', async () => {
      const harness = await make(FIVE)
      configureAll(harness)
      const [a] = harness.datapaths as [Datapath]
      const stranger = 'ffffffffffffffff' as Sid
      const refused = await a
        .probePaths({ endpoint: stranger, color: 1, paths: [{ forward: [stranger], reverse: listOf(harness, 0) }] })
        .catch((error: { code: string }) => error.code)
      expect(refused).to.equal('ERR_UNKNOWN_DESTINATION')
      const controller = new AbortController()
      const probing = a
        .probePaths({ endpoint: harness.sids[1] as Sid, color: 1, paths: [pathOf(harness, [])], duration: ms(30_000) }, controller.signal)
        .catch((error: Error) => error.message)
      await harness.advance(100)
      controller.abort(new Error('enough'))
      expect(await harness.settle(probing)).to.equal('enough')
    })

    it('open a session through a common member when the direct link is cut', async () => {
      const harness = await make(FIVE)
      harness.setDelay(0, 1, undefined)
      harness.setDelay(1, 0, undefined)
      configureAll(harness)
      const opened = eventOf(harness.datapaths[0] as Datapath, 'session', ({ state }) => state === 'open')
      const result = await probe(harness, { paths: [pathOf(harness, []), pathOf(harness, [2])], count: 3, duration: ms(100) })
      expect((await harness.settle(opened)).endpoint).to.equal(harness.sids[1])
      expect(result.samples.map((samples) => samples.filter((sample) => sample !== undefined).length)).to.deep.equal([0, 3])
    })
  })

  describe('sessions', () => {
    it('opens what is to be kept open, says so, and lists it at every hop', async () => {
      const harness = await make(FIVE)
      configureAll(harness)
      const [a, b, c] = harness.datapaths as [Datapath, Datapath, Datapath]
      const opened = eventOf(a, 'session', ({ endpoint }) => endpoint === harness.sids[1])
      const path = { forward: [listOf(harness, 2, 1)], reverse: [listOf(harness, 2, 0)] }
      a.reconfigure(configOf(harness, 0, { policies: [policyOf(harness, 0, 1, { ...path, keepOpen: true })] }))
      expect((await harness.settle(opened)).state).to.equal('open')
      await harness.advance(300)
      const roles = [a, b, c].map((datapath) => datapath.sessions().map(({ role, ingress, egress }) => ({ role, ingress, egress })))
      const ends = { ingress: harness.sids[0], egress: harness.sids[1] }
      expect(roles).to.deep.equal([[{ role: 'ingress', ...ends }], [{ role: 'egress', ...ends }], [{ role: 'transit', ...ends }]])
    })

    it('says how large a packet the pair in use carries, never less than 1,280', async () => {
      const harness = await make(FIVE)
      configureAll(harness)
      const [a] = harness.datapaths as [Datapath]
      const opened = eventOf(a, 'session', ({ state }) => state === 'open')
      a.reconfigure(configOf(harness, 0, { policies: [policyOf(harness, 0, 1, { keepOpen: true })] }))
      await harness.settle(opened)
      await harness.advance(300)
      const [session] = a.sessions()
      expect(session?.mtu?.forward).to.be.at.least(1280)
      expect(session?.mtu?.reverse).to.be.at.least(1280)
      expect(session?.mtu?.state).to.not.equal('error')
    })

    it('ends with the peer', async () => {
      const harness = await make(FIVE)
      configureAll(harness)
      const [a] = harness.datapaths as [Datapath]
      await probe(harness, { paths: [pathOf(harness, [])], count: 1, duration: ms(10) })
      const closed = eventOf(a, 'session', ({ endpoint }) => endpoint === harness.sids[1])
      a.reconfigure(configOf(harness, 0, { peers: configOf(harness, 0).peers.filter(({ sid }) => sid !== harness.sids[1]), policies: [] }))
      expect((await harness.settle(closed)).state).to.equal('closed')
      expect(a.sessions()).to.deep.equal([])
    })
  })

  describe('data', () => {
    it('makes demand known, at most once in 5 s', async function () {
      const harness = await make(FIVE)
      if (harness.sendData === undefined) {
        this.skip()
        return
      }
      configureAll(harness)
      const [a] = harness.datapaths as [Datapath]
      let demands = 0
      a.on('demand', () => {
        demands++
      })
      const first = eventOf(a, 'demand')
      harness.sendData(0, 1, 100)
      const event = await harness.settle(first)
      expect(event).to.deep.equal({ endpoint: harness.sids[1], color: 1 })
      for (let i = 0; i < 10; i++) {
        await harness.advance(200)
        harness.sendData(0, 1, 100)
      }
      await harness.advance(100)
      expect(demands).to.equal(1)
      expect(harness.datapaths[1]?.counters().tunTxPackets).to.be.at.least(11)
    })

    for (const { dies, cause, cut } of DEATHS) {
      it(`moves to the standby by itself, within a second, when ${dies}, and stays when a config says nothing new`, async function () {
        const harness = await make(FIVE)
        if (harness.sendData === undefined) {
          this.skip()
          return
        }
        const { sendData } = harness
        configureAll(harness)
        const [a] = harness.datapaths as [Datapath]
        const lists = { forward: [listOf(harness, 2, 1), listOf(harness, 1)], reverse: [listOf(harness, 2, 0), listOf(harness, 0)] }
        const policies = [policyOf(harness, 0, 1, { ...lists, standby: { forward: 1, reverse: 1 } })]
        a.reconfigure(configOf(harness, 0, { policies }))
        const talk = async (duration: number): Promise<void> => await sendFor(harness, sendData, duration)
        await talk(3500)
        expect(harness.datapaths[2]?.counters().transitPackets, 'the path in use').to.be.greaterThan(10)
        const events: DatapathEvents['switched'][] = []
        a.on('switched', (event) => {
          events.push(event)
        })
        for (const [from, to] of cut) harness.setDelay(from, to, undefined)
        // real time on a busy machine: what is left of the second is for the engine's own tests
        for (let waited = 0; events.length === 0 && waited < (harness.tolerance < 1 ? 1000 : 5000); waited += 100) await talk(100)
        await talk(100)
        const taken = (direction: 'forward' | 'reverse'): SegmentList | undefined => lists[direction][cause === 'both' || cause === direction ? 1 : 0]
        const gapMs = events[0]?.gapMs
        expect(events).to.deep.equal([{ endpoint: harness.sids[1], color: 1, forward: taken('forward'), reverse: taken('reverse'), cause, gapMs }])
        expect(gapMs).to.be.within(60, harness.tolerance < 1 ? 1000 : 5000)
        expect(a.reconfigure(configOf(harness, 0, { policies }))).to.equal('unchanged')
        const delivered = harness.datapaths[1]?.counters().tunTxPackets ?? 0
        await talk(500)
        await harness.advance(100)
        expect(harness.datapaths[1]?.counters().tunTxPackets).to.equal(delivered + 5)
      })
    }

    it('tells that neither path answers, switches nothing, and tells when the one in use does again', async function () {
      const harness = await make(FIVE)
      if (harness.sendData === undefined) {
        this.skip()
        return
      }
      const { sendData } = harness
      configureAll(harness)
      const [a] = harness.datapaths as [Datapath]
      const lists = { forward: [listOf(harness, 2, 1), listOf(harness, 1)], reverse: [listOf(harness, 2, 0), listOf(harness, 0)] }
      a.reconfigure(configOf(harness, 0, { policies: [policyOf(harness, 0, 1, { ...lists, standby: { forward: 1, reverse: 1 } })] }))
      const talk = async (duration: number): Promise<void> => await sendFor(harness, sendData, duration)
      await talk(3500)
      const told: string[] = []
      a.on('switched', () => told.push('switched'))
      a.on('pathFailed', ({ role }) => told.push(`${role} failed`))
      a.on('pathRecovered', ({ role, forward }) => told.push(`${role} recovered ${forward.length}`))
      harness.setDelay(0, 1, undefined)
      harness.setDelay(0, 2, undefined)
      await talk(1000)
      harness.setDelay(0, 2, delay(0, 2))
      await talk(1500)
      expect(told).to.deep.equal(['active failed', 'active recovered 2'])
    })
  })
}

type SendData = NonNullable<DatapathHarness['sendData']>

/** A packet of data from datapath 0 to datapath 1 every 100 ms. */
async function sendFor(harness: DatapathHarness, sendData: SendData, duration: number): Promise<void> {
  for (let waited = 0; waited < duration; waited += 100) {
    sendData(0, 1, 100)
    await harness.advance(100)
  }
}

function pathOf(harness: DatapathHarness, transits: readonly number[]): { forward: SegmentList; reverse: SegmentList } {
  return { forward: listOf(harness, ...transits, 1), reverse: listOf(harness, ...[...transits].reverse(), 0) }
}

async function probe(harness: DatapathHarness, request: Omit<PathProbeRequest, 'endpoint' | 'color'>): Promise<PathProbeResult> {
  return harness.settle((harness.datapaths[0] as Datapath).probePaths({ endpoint: harness.sids[1] as Sid, color: 1, ...request }))
}

function walk(indexes: readonly number[]): number {
  return indexes.slice(1).reduce((sum, to, index) => sum + delay(indexes[index] as number, to), 0)
}

/** Noise is one-sided: the lowest sample is the nearest to the truth. ms. */
function lowest(result: PathProbeResult, path: number, direction: Direction): number {
  const values = (result.samples[path] ?? []).flatMap((sample) => (sample === undefined ? [] : [Number(sample[direction]) / NANOSECONDS_PER_MS]))
  expect(values.length, `answered probes of path ${path}`).to.be.greaterThan(0)
  return Math.min(...values)
}
