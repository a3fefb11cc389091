import { expect } from 'chai'
import { quietMachine } from '@srwan/testing'
import { needsRoot } from './support/privileges.ts'
import { EmulatorRun } from './support/emulator-run.ts'
import type { ProbedPair } from './support/emulator-run.ts'

/** Accuracy that the emulator must keep with nothing else running. */
const MEDIAN_ERROR_MS = 0.3
const P99_ERROR_MS = 1
const RATE_ERROR = 0.02
/** The machine's cores may be taken away for milliseconds at a time: a measurement counts if one of these rounds meets it. */
const ROUNDS = 6
/** What a machine of its own takes to wake a sleeper, and to hand a packet on over three threads. */
const WAKE_UP_MS = { median: 0.1, p997: 0.3 }
const RELAY_MS = { median: 0.1, p99: 0.3 }
/** A packet needs three wake-ups: the emulator's to take it, the emulator's to send it, the receiver's. */
const WAKE_UPS = 3
/** A pair's median is one of some 60 packets: it may be further off than that of all packets by so much, which still shows a pair with another delay. */
const PAIR_ERROR_MS = 1
/** Two-sided 99 % of the normal distribution. */
const Z99 = 2.576

const two = (link: string): string => `name: two\nseed: 11\nnodes: [{ name: a }, { name: b }]\nlinks: { default: ${link} }\n`
const CLOUD = `name: cloud
seed: 7
nodes: [{ name: n0 }, { name: n1 }, { name: n2 }, { name: n3 }, { name: n4 }, { name: n5 }, { name: n6 }, { name: n7 }, { name: n8 }, { name: n9 }, { name: n10 }, { name: n11 }]
links: { matrix: { file: cloud12_rtt_ms.csv, unit: ms, kind: rtt, asymmetry: 0.2 } }
`

async function within<T>(measure: () => Promise<T>, holds: (value: T) => boolean, describe: (value: T) => string): Promise<T> {
  const seen: string[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await quietMachine()
    const value = await measure()
    if (holds(value)) return value
    seen.push(describe(value))
  }
  throw new Error(`in none of ${ROUNDS} rounds: ${seen.join('; ')}`)
}

/**
 * Accuracy that can be asked for here and now: what the same machine kept every sleeper waiting beyond the usual meanwhile, and what it took to hand packets from thread to
 * thread, is not the emulator's. One packet in a hundred is late where a third of that share of single wake-ups is.
 */
const allowed = ({ machine, relay }: EmulatorRun): { median: number; p99: number } => ({
  median: MEDIAN_ERROR_MS + WAKE_UPS * Math.max(0, machine.p50Ms - WAKE_UP_MS.median) + 2 * Math.max(0, relay.p50Ms - RELAY_MS.median),
  p99: P99_ERROR_MS + 1.5 * Math.max(0, machine.p997Ms - WAKE_UP_MS.p997) + 2 * Math.max(0, relay.p99Ms - RELAY_MS.p99)
})

const only = (pairs: readonly ProbedPair[]): ProbedPair => pairs[0] as ProbedPair

describe('the emulator', function () {
  this.timeout(300_000)
  let run: EmulatorRun | undefined
  before(function () {
    needsRoot(this)
  })
  afterEach(async () => {
    await run?.stop()
    run = undefined
  })

  /** Over all packets: how much later than the scenario says they came. The worst pair's median as well. */
  const errors = (pairs: readonly ProbedPair[], scenario: EmulatorRun['scenario']): { median: number; worstPair: number; p99: number; early: number; lost: number } => {
    const delays = pairs.map((pair) => ({ ...pair, delay: scenario.links[pair.from]?.[pair.to]?.delay ?? NaN }))
    const late = delays.flatMap(({ delaysMs, delay }) => delaysMs.map((measured) => measured - delay)).sort((a, b) => a - b)
    return {
      median: late[Math.floor(late.length * 0.5)] ?? NaN,
      worstPair: Math.max(...delays.map(({ p50Ms, delay }) => Math.abs(p50Ms - delay))),
      p99: late[Math.floor(late.length * 0.99)] ?? NaN,
      early: -(late[0] ?? NaN),
      lost: delays.reduce((sum, { sent, received }) => sum + sent - received, 0)
    }
  }

  for (const [what, rate, seconds] of [
    ['2,000', 2000, 4],
    ['20,000', 20_000, 2]
  ] as const) {
    it(`delays by the scenario: median within ${MEDIAN_ERROR_MS} ms, p99 within ${P99_ERROR_MS} ms, never early, at ${what} packets a second over 132 pairs`, async () => {
      const started = (run = await EmulatorRun.start(CLOUD))
      const measured = await within(
        async () => ({
          ...errors(await started.probe({ rate, seconds, pairs: 'all' }), started.scenario),
          machine: started.machine,
          relay: started.relay,
          lateness: (await started.statistics()).lateness
        }),
        ({ median, worstPair, p99 }) => median <= allowed(started).median && worstPair <= allowed(started).median + PAIR_ERROR_MS && p99 <= allowed(started).p99,
        (value) => JSON.stringify(value)
      )
      expect(measured.early, 'ms before its time').to.be.below(0.001)
      expect(measured.lost).to.equal(0)
    })
  }

  it('delays by the scenario at 20,000 packets a second over a single pair, in order', async () => {
    const started = (run = await EmulatorRun.start(two('{ delay: 80ms }')))
    const pair = await within(
      async () => only(await started.probe({ rate: 20_000, seconds: 2, pairs: '0-1' })),
      ({ p50Ms, p99Ms }) => p50Ms - 80 <= allowed(started).median && p99Ms - 80 <= allowed(started).p99,
      ({ p50Ms, p99Ms, maxMs }) => `p50 ${p50Ms}, p99 ${p99Ms}, max ${maxMs}`
    )
    expect(pair).to.include({ outOfOrder: 0, received: pair.sent })
    expect(pair.minMs).to.be.at.least(80)
  })

  it('holds a packet for longer than the timing wheel goes round', async () => {
    run = await EmulatorRun.start(two('{ delay: 2600ms }'))
    // the probe waits for 1.5 s after its last packet: those of the first second are back by then
    const { minMs, received } = only(await run.probe({ rate: 100, seconds: 2, pairs: '0-1' }))
    expect(received).to.be.at.least(50)
    expect(minMs).to.be.within(2600, 2602)
  })

  it('publishes its own lateness, which explains what was measured', async () => {
    run = await EmulatorRun.start(two('{ delay: 30ms }'))
    await run.probe({ rate: 5000, seconds: 2 })
    const { lateness } = await run.statistics()
    expect(lateness.windowSeconds).to.equal(10)
    expect(lateness.packets).to.be.at.least(9_000)
    expect(lateness.p50Us).to.be.within(0, 300)
    expect(lateness.p99Us).to.be.at.least(lateness.p50Us)
    expect(lateness.maxUs * 1.2).to.be.at.least(lateness.p99Us)
  })

  for (const [loss, packets] of [
    [0.01, 40_000],
    [0.3, 20_000]
  ] as const) {
    it(`loses ${loss * 100} % within the binomial 99 % interval, and the same packets for the same seed`, async () => {
      const lost: number[] = []
      for (let round = 0; round < 2; round++) {
        run = await EmulatorRun.start(two(`{ delay: 5ms, loss: ${loss * 100}%, rate: 10gbit }`))
        const { sent, received } = only(await run.probe({ rate: 20_000, seconds: packets / 20_000, pairs: '0-1', payload: 100 }))
        expect(sent).to.equal(packets)
        lost.push(sent - received)
        await run.stop()
        run = undefined
      }
      expect(lost[0]).to.be.within(packets * loss - Z99 * Math.sqrt(packets * loss * (1 - loss)), packets * loss + Z99 * Math.sqrt(packets * loss * (1 - loss)))
      expect(lost[1], 'the second time').to.equal(lost[0])
    })
  }

  for (const [rate, bits, load] of [
    ['1mbit', 1e6, { rate: 400, seconds: 5 }],
    ['20mbit', 2e7, { rate: 4000, seconds: 3 }],
    ['100mbit', 1e8, { rate: 15_000, seconds: 2 }]
  ] as const) {
    it(`lets ${rate} through within 2 %, with a queue of 50 ms`, async () => {
      const queue = Math.max(50, (16 * 1500 * 8000) / bits)
      const longest = 10 + queue + (2 * 1200 * 8000) / bits + 3
      const started = (run = await EmulatorRun.start(two(`{ delay: 10ms, rate: ${rate} }`)))
      // More is sent than passes, so the queue is full for nearly all of the time: the median is its length, whatever a busy machine does to a packet in a hundred.
      const pair = await within(
        async () => only(await started.probe({ ...load, pairs: '0-1', payload: 1172 })),
        ({ bitsPerSecond, p50Ms }) => Math.abs(bitsPerSecond / bits - 1) <= RATE_ERROR && p50Ms <= longest,
        ({ bitsPerSecond, sent, received, p50Ms }) => `${bitsPerSecond} bit/s, ${received} of ${sent}, p50 ${p50Ms} ms`
      )
      expect(pair.received, 'the queue is bounded').to.be.below(pair.sent)
      expect(pair.p50Ms).to.be.at.least(10 + queue * 0.8)
    })
  }

  it('spreads delays by the jitter and keeps the order', async () => {
    const started = (run = await EmulatorRun.start(two('{ delay: 60ms, jitter: 4ms }')))
    const { p50Ms, minMs, maxMs, outOfOrder } = only(await started.probe({ rate: 300, seconds: 4, pairs: '0-1' }))
    expect(outOfOrder).to.equal(0)
    expect(p50Ms).to.be.within(58, 62.2 + allowed(started).median)
    expect(minMs).to.be.within(48, 55)
    // a packet in order waits for the one before it, however late that was taken
    expect(maxMs).to.be.within(66, 80 + WAKE_UPS * started.machine.maxMs)
  })

  it('reorders and duplicates the shares that the scenario names', async () => {
    run = await EmulatorRun.start(two('{ delay: 20ms, reorder: 10%, duplicate: 5% }'))
    const { sent, received, outOfOrder, minMs } = only(await run.probe({ rate: 4000, seconds: 3, pairs: '0-1' }))
    expect(received / sent).to.be.within(1.04, 1.06)
    expect(outOfOrder / sent).to.be.within(0.08, 0.18)
    expect(minMs, 'nothing is earlier than its delay').to.be.at.least(20)
    const [counters] = (await run.statistics()).links ?? []
    expect(counters?.reordered).to.be.within(sent * 0.08, sent * 0.12)
    expect(counters?.duplicated).to.equal(received - sent)
  })

  it('changes a link while packets flow, one direction at a time', async () => {
    run = await EmulatorRun.start(two('{ delay: 10ms }'))
    await run.ask({ op: 'link', from: 'a', to: 'b', delayNs: 40e6 })
    const [there, back] = (await run.probe({ rate: 500, seconds: 1 })) as [ProbedPair, ProbedPair]
    expect(there.minMs).to.be.within(40, 41)
    expect(back.minMs).to.be.within(10, 11)
    await run.ask({ op: 'link', from: 'a', to: 'b', up: false })
    const [cut, open] = (await run.probe({ rate: 500, seconds: 1 })) as [ProbedPair, ProbedPair]
    expect(cut.received).to.equal(0)
    expect(open.received).to.equal(open.sent)
    expect((await run.statistics()).links?.[0]?.downDropped).to.equal(cut.sent)
  })

  it('answers a packet too big that may not be fragmented, and fragments one that may', async () => {
    run = await EmulatorRun.start(two('{ delay: 1ms, mtu: 1300 }'))
    const refused = await run.exec(0, 'ping', '-c', '1', '-W', '1', '-M', 'do', '-s', '1400', '198.18.2.1').catch((error: { stdout: string }) => error.stdout)
    expect(refused).to.match(/mtu = 1300/)
    expect(await run.exec(0, 'ping', '-c', '3', '-i', '0.01', '-W', '1', '-M', 'dont', '-s', '1400', '198.18.2.1')).to.match(/ 0% packet loss/)
    const [counters] = (await run.statistics()).links ?? []
    expect(counters?.tooBig).to.equal(1)
    expect(counters?.offered, 'two fragments of each of the three').to.equal(6)
  })

  it('gets no packet beyond the MTU from a TCP sender: super-packets are cut before', async function () {
    this.timeout(60_000)
    const started = (run = await EmulatorRun.start(two('{ delay: 2ms, rate: 200mbit }')))
    const server = started.exec(1, 'iperf3', '-s', '-1')
    await started.exec(1, 'sh', '-c', 'until ss -ltn | grep -q :5201; do sleep 0.05; done')
    await started.exec(0, 'iperf3', '-c', '198.18.2.1', '-t', '2')
    await server
    const links = (await started.statistics()).links ?? []
    const forward = links.find(({ from }) => from === 'a')
    expect(forward?.deliveredOctets).to.be.above(20e6)
    expect(forward?.tooBig).to.equal(0)
    // octets a packet: full-sized segments and nothing larger
    expect((forward?.deliveredOctets ?? 0) / (forward?.delivered ?? 1)).to.be.within(1200, 1500)
  })

  it('refuses control lines that it does not understand and goes on', async () => {
    const started = (run = await EmulatorRun.start(two('{ delay: 1ms }')))
    for (const [request, words] of [
      [{ op: 'nonsense' }, /unknown op/],
      [{ op: 'link', from: 'a', to: 'nobody' }, /no node is called nobody/],
      [{ op: 'link', from: 'a', to: 'a' }, /two nodes/],
      [{ op: 'link', from: 'a', to: 'b', loss: 2 }, /out of range/],
      [{ op: 'link', from: 'a', to: 'b', delayNs: -1 }, /out of range/],
      [{ op: { nested: 1 } }, /flat JSON/]
    ] as const) {
      await started.ask(request).then(
        () => {
          throw new Error('accepted')
        },
        (error: Error) => {
          expect(error.message).to.match(words)
        }
      )
    }
    expect((await started.statistics()).inFlight).to.equal(0)
  })
})
