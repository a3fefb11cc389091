import { createVirtualClock } from '@srwan/clock'
import { ms, ppm, sid, us } from '@srwan/interface'
import type { DelayMatrix, Sid } from '@srwan/interface'
import type { Observation } from '@srwan/quarantine'
import { isConclusive } from '@srwan/quarantine'
import { expect } from 'chai'
import { AnswerWatch } from '../../src/quarantine/answer-watch.ts'

const [SELF, SUBJECT, ANNA, BERT] = [sid('0000000000000001'), sid('0000000000000002'), sid('0000000000000003'), sid('0000000000000004')]
const SIDS = [SELF, SUBJECT, ANNA, BERT]
/** Two pulse intervals of 10 s. */
const HEARD = 20_000

/** Everybody hears everybody, but for those pairs. */
function matrix(...deaf: readonly (readonly [Sid, Sid])[]): DelayMatrix {
  const cell = (from: Sid, to: Sid): DelayMatrix['cells'][number][number] =>
    from === to ? undefined : { oneWayDelay: deaf.some(([a, b]) => a === from && b === to) ? undefined : us(1), loss: undefined, ipdv: undefined, sampledAt: ms(0) }
  return { sids: SIDS, cells: SIDS.map((from) => SIDS.map((to) => cell(from, to))), rates: SIDS.map(() => ppm(0)) }
}

/** A watch on a clock of its own, fed as the node feeds it. */
function watching() {
  const clock = createVirtualClock({ start: ms(1_000_000) })
  const watch = new AnswerWatch()
  const times = () => ({ now: clock.now(), heardSince: ms(clock.now() - HEARD) })
  return {
    clock,
    watch,
    hears: (from = SUBJECT) => watch.answered({ from }, clock.now()),
    session: (state: 'open' | 'failed' | 'closed', endpoint = SUBJECT) => watch.session({ endpoint, state }, times()),
    pulse: (...deaf: readonly (readonly [Sid, Sid])[]) => watch.observations(matrix(...deaf), SELF, times())
  }
}
const saysWhat = (seen: readonly Omit<Observation, 'at'>[]): string[] => seen.map(({ subject, class: name, holds }) => `${subject} ${name} ${holds}`)
const REFUSES = [`${SUBJECT} refused-session true`]
const OPENS = [`${SUBJECT} refused-session false`]

describe('the watch over answers', () => {
  it('accuses who answers probes of refusing at the third session in a row, at once, and again with each that follows', async () => {
    const { clock, hears, session, pulse } = watching()
    for (const expected of [[], [], REFUSES, REFUSES]) {
      await clock.advance(5000)
      hears()
      const seen = session('failed')
      expect(saysWhat(seen)).to.deep.equal(expected)
      for (const one of seen) expect(isConclusive({ ...one, at: ms(0) }), JSON.stringify(one)).to.equal(true)
      expect(saysWhat(pulse()), 'not by itself').to.deep.equal([])
    }
    expect(session('failed')).to.deep.equal([{ subject: SUBJECT, class: 'refused-session', holds: true, windowSeconds: 15, seenWith: [], figures: { attempts: 5, answered: 1 } }])
  })

  it('accuses nobody who does not answer probes, who opened one in between, or of failures that lie far apart', async () => {
    const silent = watching()
    for (let i = 0; i < 5; i++) expect(silent.session('failed')).to.deep.equal([])
    silent.hears()
    await silent.clock.advance(HEARD + 1)
    expect(silent.session('failed'), 'answered too long ago').to.deep.equal([])

    const mixed = watching()
    mixed.hears()
    for (const state of ['failed', 'failed', 'open', 'failed', 'failed', 'closed'] as const) expect(saysWhat(mixed.session(state))).to.not.deep.equal(REFUSES)

    const rare = watching()
    for (let i = 0; i < 6; i++) {
      rare.hears()
      expect(rare.session('failed')).to.deep.equal([])
      await rare.clock.advance(301_000)
    }
  })

  it('clears who opens a session; who refused before, with each pulse as long as the last one opened, an hour at most', async () => {
    const { clock, hears, session, pulse } = watching()
    expect(saysWhat(session('open'))).to.deep.equal(OPENS)
    expect(pulse(), 'it never refused').to.deep.equal([])
    hears()
    for (let i = 0; i < 3; i++) session('failed')
    expect(saysWhat(session('open'))).to.deep.equal(OPENS)
    await clock.advance(60_000)
    expect(pulse()).to.deep.equal([{ subject: SUBJECT, class: 'refused-session', holds: false, windowSeconds: 60, seenWith: [], figures: { attempts: 1, opened: 1 } }])
    session('closed')
    expect(saysWhat(pulse()), 'a session that ended did open').to.deep.equal(OPENS)
    session('failed')
    expect(pulse(), 'nor refuses nor opens').to.deep.equal([])
    session('open')
    await clock.advance(3_600_000)
    expect(pulse()).to.deep.equal([])
  })

  it('tells of who loses six probes in a row while two others and it hear each other', () => {
    const { watch, hears, pulse } = watching()
    for (let i = 0; i < 5; i++) watch.lost({ to: SUBJECT })
    expect(pulse()).to.deep.equal([])
    watch.lost({ to: SUBJECT })
    expect(pulse()).to.deep.equal([{ subject: SUBJECT, class: 'unresponsive', holds: true, windowSeconds: 60, seenWith: [ANNA, BERT], figures: { lost: 6, heardBy: 2 } }])
    expect(pulse([SUBJECT, BERT]), 'one other says nothing').to.deep.equal([])
    expect(pulse([ANNA, SUBJECT]), 'both directions').to.deep.equal([])
    hears()
    expect(pulse()).to.deep.equal([])
    watch.lost({ to: SUBJECT })
    expect(pulse(), 'from the beginning').to.deep.equal([])
  })

  it('forgets who is not in the roster', () => {
    const { watch, clock, hears, session, pulse } = watching()
    hears()
    for (let i = 0; i < 3; i++) session('failed')
    session('open')
    watch.keepOnly(new Set([ANNA]))
    expect(watch.isHeardSince(SUBJECT, ms(clock.now() - HEARD))).to.equal(false)
    expect(pulse()).to.deep.equal([])
  })
})
