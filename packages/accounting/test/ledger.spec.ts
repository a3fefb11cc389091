import { sid } from '@srwan/interface'
import type { PathOctets, SessionSnapshot } from '@srwan/interface'
import { expect } from 'chai'
import fc from 'fast-check'
import { FOLDED_AFTER_MS, Ledger, MAX_SESSIONS } from '../src/ledger.ts'

const HERE = sid('00000000000000a0')
const RELAY = sid('00000000000000b0')
const THERE = sid('00000000000000c0')

function snapshot(instance: number, octets: number, more: Partial<SessionSnapshot> = {}): SessionSnapshot {
  return {
    instance,
    session: 77,
    ingress: HERE,
    egress: THERE,
    role: 'transit',
    state: 'open',
    ageSeconds: 1,
    forwardOctets: octets,
    reverseOctets: 2 * octets,
    paths: [],
    ...more
  }
}

function own(instance: number, paths: readonly PathOctets[]): SessionSnapshot {
  const sum = paths.reduce((total, path) => total + (path.octetsSent ?? 0), 0)
  return snapshot(instance, sum, { role: 'ingress', paths })
}

describe('ledger', () => {
  it('adds nothing when the same or an older snapshot comes again', () => {
    const ledger = new Ledger()
    for (const octets of [100, 300, 300, 200, 300]) ledger.take('run', [snapshot(1, octets)], 0, false)
    expect(ledger.accounts().totals.transit).to.deep.equal({ forwardOctets: 300, reverseOctets: 600 })
  })

  it('adds what another run and another instance of the same session id carried', () => {
    const ledger = new Ledger()
    ledger.take('first', [snapshot(1, 100), snapshot(2, 10)], 0, false)
    ledger.take('second', [snapshot(1, 1000)], 0, false)
    expect(ledger.accounts().totals.transit.forwardOctets).to.equal(1110)
    expect(ledger.accounts().carried).to.deep.equal([{ member: HERE, forwardOctets: 1110, reverseOctets: 2220 }])
  })

  it('says for each hop what was sent over it, echoed, and came back over it', () => {
    const ledger = new Ledger()
    ledger.take(
      'run',
      [
        own(1, [
          { direction: 'forward', segments: [RELAY, THERE], octetsSent: 1000, octetsConfirmed: 900 },
          { direction: 'forward', segments: [THERE], octetsSent: 50, octetsConfirmed: 50 },
          { direction: 'reverse', segments: [RELAY, HERE], octetsReceived: 400 }
        ]),
        own(2, [{ direction: 'forward', segments: [RELAY, THERE], octetsSent: 10, octetsConfirmed: 10 }])
      ],
      0,
      false
    )
    expect(ledger.accounts().hops).to.deep.equal([{ hop: RELAY, egress: THERE, sentOctets: 1010, confirmedOctets: 910, receivedOctets: 400 }])
  })

  it('keeps every sum when sessions are folded, by age and by number', () => {
    const ledger = new Ledger()
    const paths: readonly PathOctets[] = [{ direction: 'forward', segments: [RELAY, THERE], octetsSent: 7, octetsConfirmed: 5 }]
    ledger.take('run', [snapshot(1, 100), own(2, paths)], 0, true)
    ledger.take('run', [snapshot(3, 1)], FOLDED_AFTER_MS, false)
    const before = ledger.accounts()
    ledger.fold(FOLDED_AFTER_MS)
    const after = ledger.accounts()
    expect(after.sessions.map(({ instance }) => instance)).to.deep.equal([3])
    expect({ ...after, sessions: [] }).to.deep.equal({ ...before, sessions: [] })
    ledger.take(
      'crowd',
      Array.from({ length: MAX_SESSIONS + 5 }, (_, index) => snapshot(index, 1)),
      FOLDED_AFTER_MS,
      false
    )
    ledger.fold(FOLDED_AFTER_MS)
    expect(ledger.state().sessions).to.have.length(MAX_SESSIONS)
    expect(ledger.accounts().totals.transit.forwardOctets).to.equal(101 + MAX_SESSIONS + 5)
  })

  it('counts each octet once under any order of looks, restarts from a checkpoint and foldings', () => {
    const step = fc.record({ run: fc.nat(2), instance: fc.nat(3), octets: fc.integer({ min: 1, max: 1000 }), restart: fc.boolean(), fold: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let ledger = new Ledger()
        const most = new Map<string, number>()
        for (const [index, { run, instance, octets, restart, fold }] of steps.entries()) {
          const name = `${run} ${instance}`
          most.set(name, Math.max(most.get(name) ?? 0, octets))
          ledger.take(`run ${run}`, [snapshot(instance, octets)], index, false)
          if (fold) ledger.fold(index)
          if (restart) ledger = new Ledger(ledger.state())
        }
        const sum = [...most.values()].reduce((total, octets) => total + octets, 0)
        expect(ledger.accounts().totals.transit.forwardOctets).to.equal(sum)
      })
    )
  })
})
