import { ms, sid } from '@srwan/interface'
import type { EvidenceFinding, PathDecision, Sid } from '@srwan/interface'
import { isConclusive } from '@srwan/quarantine'
import type { Observation } from '@srwan/quarantine'
import { expect } from 'chai'
import { DelayWatch } from '../../src/quarantine/delay-watch.ts'

const [SELF, SUBJECT, OTHER, ANNA, BERT, CLEO] = [1, 2, 3, 4, 5, 6].map((index) => sid(`000000000000000${index}`)) as [Sid, Sid, Sid, Sid, Sid, Sid]
const ROUTERS = [SUBJECT, OTHER, ANNA, BERT, CLEO]
const EGRESS = CLEO

const roundTrip = (from: Sid, to: Sid): EvidenceFinding => ({ kind: 'round-trip', from, to, boundMs: 40, excessMs: 15.25 })
const tooFast = (from: Sid, to: Sid): EvidenceFinding => ({ kind: 'light-speed', from, to, boundMs: 103, excessMs: 63 })
/** The place of the subject is wrong, nobody else's. */
const ELSEWHERE = [tooFast(SELF, SUBJECT), tooFast(SUBJECT, ANNA), tooFast(BERT, SUBJECT)]

/** What `intervals` pulse intervals with these findings say of the subject in the last. */
function lastOf(watch: DelayWatch, findings: readonly EvidenceFinding[], intervals: number, routers = ROUTERS): readonly Omit<Observation, 'at'>[] {
  let seen: readonly Omit<Observation, 'at'>[] = []
  for (let i = 0; i < intervals; i++) seen = watch.take(findings, routers)
  for (const one of seen) expect(isConclusive({ ...one, at: ms(0) }), JSON.stringify(one)).to.equal(true)
  return seen.filter(({ subject }) => subject === SUBJECT)
}

/** A round of probes to the egress: by how much each path took longer than its delays promise, ms. */
function round(excess: Readonly<Record<string, number>>): [PathDecision, (segments: readonly Sid[]) => number] {
  const candidates = Object.entries(excess).map(([transit, by]) => ({ segments: [transit, EGRESS], cost: -60 + by }))
  return [{ endpoint: EGRESS, forward: { candidates: [{ segments: [EGRESS], cost: 0 }, ...candidates] } } as unknown as PathDecision, () => -60]
}

const CLEARED = [{ subject: SUBJECT, class: 'latency-lie', holds: false, windowSeconds: 60, seenWith: [SELF], figures: { samples: 3 } }]

describe('the watch over delays', () => {
  for (const [from, to] of [
    [SELF, SUBJECT],
    [SUBJECT, SELF]
  ] as const) {
    it(`tells of a round trip that the columns undercut three times in a row, with the figures to recompute it (${from} to ${to})`, () => {
      const watch = new DelayWatch(SELF)
      expect(lastOf(watch, [roundTrip(from, to)], 2)).to.deep.equal([])
      expect(lastOf(watch, [roundTrip(from, to)], 1)).to.deep.equal([
        {
          subject: SUBJECT,
          class: 'latency-lie',
          holds: true,
          windowSeconds: 60,
          seenWith: [SELF],
          figures: { samples: 3, excessMicroseconds: 15_250, roundTripMicroseconds: 40_000 }
        }
      ])
    })
  }

  it('says nothing where it does not last, nor of pairs that this node is not in', () => {
    const watch = new DelayWatch(SELF)
    for (let i = 0; i < 6; i++) expect(lastOf(watch, i % 3 === 2 ? [] : [roundTrip(SELF, SUBJECT)], 1)).to.deep.equal([])
    const other = new DelayWatch(SELF)
    expect(lastOf(other, [roundTrip(SUBJECT, ANNA)], 4)).to.deep.equal(CLEARED)
  })

  it('clears after three samples without, and forgets who left', () => {
    const watch = new DelayWatch(SELF)
    lastOf(watch, [roundTrip(SELF, SUBJECT)], 5)
    expect(lastOf(watch, [], 2)).to.deep.equal([])
    expect(lastOf(watch, [], 1)).to.deep.equal(CLEARED)
    lastOf(watch, [], 1, [OTHER])
    expect(lastOf(watch, [], 2)).to.deep.equal([])
  })

  it('blames the one whose place is wrong where light is outrun with three, not the three, and does not clear it for its round trips', () => {
    const watch = new DelayWatch(SELF)
    expect(lastOf(watch, ELSEWHERE, 2)).to.deep.equal([])
    expect(lastOf(watch, ELSEWHERE, 1)).to.deep.equal([
      { subject: SUBJECT, class: 'light-speed', holds: true, windowSeconds: 60, seenWith: [SELF, ANNA, BERT], figures: { pairs: 3, excessMicroseconds: 63_000 } }
    ])
    expect(
      watch.take(ELSEWHERE, ROUTERS).filter(({ holds }) => holds),
      'the others'
    ).to.have.length(1)
    expect(lastOf(new DelayWatch(SELF), ELSEWHERE.slice(1), 5), 'two are not enough').to.deep.equal(CLEARED)
    expect(lastOf(watch, [], 2)).to.deep.equal([])
    expect(lastOf(watch, [], 1)).to.deep.equal(CLEARED)
  })

  it('tells of a transit over which three rounds took longer than its delays promise, while another keeps its promise', () => {
    const watch = new DelayWatch(SELF)
    for (const expected of [0, 0, 1]) expect(watch.takeRound(...round({ [SUBJECT]: 14, [OTHER]: 1 }))).to.have.length(expected)
    expect(watch.takeRound(...round({ [SUBJECT]: 14, [OTHER]: 1 }))).to.deep.equal([
      { subject: SUBJECT, class: 'latency-lie', holds: true, windowSeconds: 60, seenWith: [EGRESS], figures: { samples: 4, excessMicroseconds: 14_000 } }
    ])
    const egress = new DelayWatch(SELF)
    for (let i = 0; i < 5; i++) expect(egress.takeRound(...round({ [SUBJECT]: 14, [OTHER]: 14 })), 'the column of the egress may be wrong').to.deep.equal([])
    const kept = new DelayWatch(SELF)
    for (let i = 0; i < 5; i++) expect(kept.takeRound(...round({ [SUBJECT]: 9, [OTHER]: 1 }))).to.deep.equal([])
  })

  it('does not take a broken promise back for columns in order; a round over it does, or a first sentence without any', () => {
    const broken = (): DelayWatch => {
      const watch = new DelayWatch(SELF)
      lastOf(watch, [], 5)
      for (let i = 0; i < 3; i++) watch.takeRound(...round({ [SUBJECT]: 14, [OTHER]: 1 }))
      return watch
    }
    const leftOut = broken()
    expect(lastOf(leftOut, [], 6)).to.deep.equal([])
    expect(lastOf(leftOut, [], 1)).to.deep.equal(CLEARED)
    const mended = broken()
    mended.takeRound(...round({ [SUBJECT]: 1, [OTHER]: 1 }))
    expect(lastOf(mended, [], 1)).to.deep.equal(CLEARED)
  })
})
