import { DATAPATH_COUNTERS } from '@srwan/interface'
import { expect } from 'chai'
import { SessionLedger } from '../../scripts/campaign/endurance/session-ledger.js'
import { balance, growth, judge } from '../../scripts/campaign/endurance/verdict.js'

type Counts = Record<string, number>

const counters = (values: Counts): Counts => ({ ...Object.fromEntries(DATAPATH_COUNTERS.map((name) => [name, 0])), ...values })
const QUIET = { underlay: 0, unheard: 0, inner: 0 }
const MINUTE = 60_000
/** Two minutes of samples, one a second. @param perMinute - octets */
const memory = (perMinute: number): { at: number; octets: number }[] =>
  Array.from({ length: 120 }, (_, second) => ({ at: second * 1000, octets: 80e6 + (second * perMinute) / 60 }))

/** Two minutes in which everything that was sent arrived. */
function run(
  change: { a?: Counts; t?: Counts; b?: Counts; kernel?: Partial<typeof QUIET>; growth?: number; single?: boolean; lost?: number; accepted?: number; absent?: number } = {}
): object {
  const kernel = { ...QUIET, ...change.kernel }
  const host = (values: Counts): object => ({ counters: counters(values), kernel: QUIET, memory: memory(0) })
  return {
    single: change.single ?? false,
    absent: change.absent ?? 0,
    seconds: 120,
    startedAt: 0,
    endedAt: 2 * MINUTE,
    names: ['A', 'T', 'B'],
    rekeyIntervalMs: 5000,
    lifetimeMs: 8000,
    tcp: { code: 0, octets: 1 },
    udp: { code: 0, packets: 1000, lost: change.lost ?? 0 },
    disturbance: { reconfigurations: 360, unchanged: 0, reopened: 10, pings: 50, pingsLost: 0 },
    ledger: Array.from({ length: 15 }, (_, session) => ({
      session,
      forward: { sent: 100, transit: 50, accepted: session === 3 ? (change.accepted ?? 100) : 100 },
      reverse: { sent: 10, transit: 5, accepted: 10 }
    })),
    hosts: [
      { counters: counters({ dataTxPackets: 1000, dataRxPackets: 100, rekeys: 48, ...change.a }), kernel, memory: memory(change.growth ?? 0) },
      host({ transitPackets: 500, ...change.t }),
      host({ dataTxPackets: 100, dataRxPackets: 1000, ...change.b })
    ]
  }
}

const broken = (...args: Parameters<typeof run>): string[] =>
  (judge(run(...args) as Parameters<typeof judge>[0]) as { what: string; held: boolean }[]).filter(({ held }) => !held).map(({ what }) => what)

describe('what an endurance run is judged by', () => {
  it('finds nothing where all that was sent arrived', () => {
    expect(broken()).to.deep.equal([])
  })

  it('wants every packet in somebody’s counter', () => {
    expect(broken({ b: { dataRxPackets: 999 } })).to.deep.equal(['every outer packet is accounted for'])
    expect(broken({ b: { dataRxPackets: 999, dropQueueFull: 1 } })).to.deep.equal([])
    expect(broken({ b: { dataRxPackets: 999 }, kernel: { underlay: 1 } })).to.deep.equal([])
    expect(broken({ b: { dataRxPackets: 999 }, absent: 1 })).to.deep.equal([])
    expect(broken({ absent: 1 })).to.deep.equal(['every outer packet is accounted for'])
    expect(broken({ b: { dataRxPackets: 1001 } }), 'accepted twice').to.deep.equal(['every outer packet is accounted for'])
  })

  it('takes a packet that the kernel lost for one datagram where links carry nothing else, and else for what it may hold', () => {
    expect(broken({ b: { dataRxPackets: 998 }, kernel: { underlay: 1 }, single: true })).to.deep.equal(['every outer packet is accounted for'])
    expect(broken({ b: { dataRxPackets: 872 }, kernel: { underlay: 1 } })).to.deep.equal([])
    expect(broken({ b: { dataRxPackets: 871 }, kernel: { underlay: 1 } })).to.deep.equal(['every outer packet is accounted for'])
    expect(broken({ kernel: { underlay: 1 } }), 'lost, and accepted all the same').to.deep.equal(['every outer packet is accounted for'])
    expect(balance(run({ b: { dataRxPackets: 990 } }) as Parameters<typeof balance>[0])).to.include({ sent: 1100, accepted: 1090, missing: 10 })
  })

  it('wants sessions to agree, and more accepted than sent never', () => {
    expect(broken({ accepted: 99 })).to.deep.equal(['sessions reconcile octet for octet'])
    expect(broken({ accepted: 99, kernel: { underlay: 1 }, b: { dataRxPackets: 999 } })).to.deep.equal([])
    expect(broken({ accepted: 101, kernel: { underlay: 1 }, b: { dataRxPackets: 999 } })).to.deep.equal(['sessions reconcile octet for octet'])
  })

  it('wants no packet that is damaged, repeated or wrongly sealed, even where the books agree', () => {
    for (const name of ['dropAuthentication', 'dropHopProof', 'dropReplay', 'dropKeyEpoch', 'dropMalformed'])
      expect(broken({ b: { dataRxPackets: 999, [name]: 1 } }), name).to.deep.equal(['no packet was damaged, repeated or wrongly sealed'])
  })

  it('wants programs to miss nothing that nobody lost', () => {
    expect(broken({ lost: 1 })).to.deep.equal(['no program misses a packet that nobody lost'])
    expect(broken({ lost: 1, kernel: { inner: 1 } })).to.deep.equal([])
  })

  it('wants memory that does not grow', () => {
    expect(growth(memory(3e6))).to.be.closeTo(3e6, 1)
    expect(broken({ growth: 0.9e6 })).to.deep.equal([])
    expect(broken({ growth: 1.2e6 })).to.deep.equal(['resident memory is flat'])
  })

  it('does not take an idle run for a good one', () => {
    expect(broken({ a: { rekeys: 3 } })).to.deep.equal(['sessions, keys and paths changed all the time'])
    expect(broken({ t: { transitPackets: 0 } })).to.deep.equal(['sessions, keys and paths changed all the time'])
    expect(broken({ t: { transitPackets: 1100 } }), 'nothing went the direct way').to.deep.equal(['sessions, keys and paths changed all the time'])
  })

  it('keeps the last word on a session that is gone', () => {
    const ledger = new SessionLedger()
    const snapshot = (role: string, forwardOctets: number): object => ({ session: 7, ingress: 'a', egress: 'b', role, forwardOctets, reverseOctets: 1 })
    ledger.note(0, [snapshot('ingress', 10)])
    ledger.note(0, [snapshot('ingress', 30)])
    ledger.note(1, [snapshot('transit', 20)])
    expect(ledger.balances('a', 'b'), 'its egress is not known yet').to.deep.equal([])
    ledger.note(2, [snapshot('egress', 30)])
    ledger.note(0, [])
    expect(ledger.balances('a', 'b')).to.deep.equal([{ session: 7, forward: { sent: 30, transit: 20, accepted: 30 }, reverse: { sent: 1, transit: 1, accepted: 1 } }])
    expect(ledger.balances('b', 'a')).to.deep.equal([])
  })
})
