import { EventEmitter } from 'node:events'
import { expect } from 'chai'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { QUERY_PROTOCOL } from '@srwan/ditex'
import { MEASURE_PROTOCOL, ROSTER_PROTOCOL } from '@srwan/wire'
import { SYNC_PROTOCOL } from '../src/ditex/libp2p-sync.ts'
import { entryTopicName, groupEntryTopicName } from '../src/ditex/entry-gossip.ts'
import { GossipSplit, MAX_GOSSIP_FRAME } from '../src/gossip-split.ts'
import { createTrafficMetrics } from '../src/traffic-metrics.ts'
import type { Stream } from '@libp2p/interface'

const NETWORK = 'net'
const ENTRIES = entryTopicName(NETWORK)
const PULSES = `srwan/${NETWORK}/group/1`

/** A field of Protocol Buffers that holds octets. */
const field = (number: number, value: Uint8Array): Buffer => Buffer.concat([Buffer.from([number * 8 + 2, ...varint(value.length)]), value])
const varint = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)])
const message = (topic: string, length: number): Buffer => Buffer.concat([field(2, new Uint8Array(length)), field(4, Buffer.from(topic))])
/** An RPC of gossipsub after its length. */
const frame = (...fields: readonly Buffer[]): Buffer => {
  const rpc = Buffer.concat(fields)
  return Buffer.concat([Buffer.from(varint(rpc.length)), rpc])
}

/** A stream as libp2p shows it to its metrics. */
class FakeStream extends EventEmitter {
  readonly protocol: string
  readonly send = (): boolean => true
  readonly addEventListener = this.on.bind(this)

  constructor(protocol: string) {
    super()
    this.protocol = protocol
  }

  receive(data: Uint8Array): void {
    this.emit('message', { data })
  }
}

describe('traffic by purpose', () => {
  const streamOf = (protocol: string): { stream: FakeStream; send: (data: Uint8Array) => void; sentAs: (purpose: string) => number; receivedAs: (purpose: string) => number } => {
    const traffic = createTrafficMetrics(createVirtualClock())
    const stream = new FakeStream(protocol)
    traffic.metrics().trackProtocolStream(stream as unknown as Stream)
    return {
      stream,
      send: (data) => (stream as unknown as Stream).send(data),
      sentAs: (purpose) => traffic.traffic()[purpose]?.sentOctets ?? NaN,
      receivedAs: (purpose) => traffic.traffic()[purpose]?.receivedOctets ?? NaN
    }
  }

  for (const [protocol, purpose] of [
    [ROSTER_PROTOCOL, 'roster'],
    [SYNC_PROTOCOL, 'exchange'],
    [QUERY_PROTOCOL, 'exchangeQueries'],
    [MEASURE_PROTOCOL, 'beyondGroup']
  ] as const) {
    it(`${protocol} is ${purpose}`, () => {
      const { stream, send, sentAs, receivedAs } = streamOf(protocol)
      send(new Uint8Array(100))
      stream.receive(new Uint8Array(30))
      expect([sentAs(purpose), receivedAs(purpose), sentAs('pulses')]).to.deep.equal([100, 30, 0])
    })
  }

  it('gossip of the exchange is not of the pulses, whichever of its topics it is on, also in one frame with a pulse', () => {
    const { stream, send, sentAs, receivedAs } = streamOf('/meshsub/1.2.0')
    const [pulse, entry, ofGroup] = [message(PULSES, 127), message(ENTRIES, 900), message(groupEntryTopicName(NETWORK, 5) as string, 2000)]
    const both = frame(field(2, pulse), field(2, entry), field(3, new Uint8Array(40)))
    send(both)
    send(frame(field(2, ofGroup)))
    expect(sentAs('exchangeGossip')).to.equal(entry.length + ofGroup.length)
    expect(sentAs('pulses')).to.equal(both.length + frame(field(2, ofGroup)).length - entry.length - ofGroup.length)
    stream.receive(frame(field(2, pulse)))
    expect([receivedAs('exchangeGossip'), receivedAs('pulses')]).to.deep.equal([0, frame(field(2, pulse)).length])
  })

  it('frames that come in pieces are put together', () => {
    const random = seededRandom(5)
    const all = Buffer.concat([frame(field(2, message(ENTRIES, 3000))), frame(field(2, message(PULSES, 127))), frame(field(2, message(ENTRIES, 60)))])
    for (let attempt = 0; attempt < 50; attempt++) {
      const split = new GossipSplit()
      let found = 0
      for (let at = 0; at < all.length; ) {
        const next = Math.min(all.length, at + 1 + Math.floor(random.next() * 700))
        found += split.take(all.subarray(at, next))
        at = next
      }
      expect(found).to.equal(message(ENTRIES, 3000).length + message(ENTRIES, 60).length)
    }
  })

  it('what does not decode, and a frame that nobody would take, counts as no entry and holds nothing', () => {
    for (const bad of [Buffer.from([3, 0xff, 0xff, 0xff]), Buffer.from(varint(MAX_GOSSIP_FRAME + 1)), Buffer.from([0xff, 0xff, 0xff, 0xff])]) {
      const split = new GossipSplit()
      expect(split.take(bad)).to.equal(0)
      expect(split.take(frame(field(2, message(ENTRIES, 10))))).to.equal(0)
    }
  })
})
