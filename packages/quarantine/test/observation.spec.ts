import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MAX_SEEN_WITH, observationBody, observationKey, parseObservation } from '../src/index.ts'
import type { Observation } from '../src/index.ts'
import { says, sidOf } from './a-group.ts'

const { observation } = says(2, 1, 0)
const parsed = (change: Partial<Observation>): Observation | undefined => parseObservation(observationBody({ ...observation, ...change }))

describe('an observation', () => {
  it('comes out of its body as it went in', () => {
    assert.deepEqual(parsed({}), observation)
    assert.equal(observationKey(observation), `${sidOf(1)}/black-hole/${observation.at / 1000}`)
  })

  it('is none where a field or a figure is missing, unknown, too large or not of its class', () => {
    const body = observationBody(observation)
    const bad: unknown[] = [
      null,
      1,
      'x',
      [],
      {},
      { ...body, more: 1 },
      { ...body, subject: 'x' },
      { ...body, class: 'evil' },
      { ...body, holds: 1 },
      { ...body, at: -1 },
      { ...body, at: 1.5 }
    ]
    bad.push({ ...body, window: 0 }, { ...body, window: 3601 }, { ...body, with: [sidOf(1)] }, { ...body, with: [sidOf(3), sidOf(3)] }, { ...body, figures: { octetsSent: -1 } })
    bad.push({ ...body, figures: { ...observation.figures, lost: 1 } }, { ...body, with: Array.from({ length: MAX_SEEN_WITH + 1 }, (_, index) => sidOf(index + 2)) })
    for (const one of bad) assert.equal(parseObservation(one), undefined, JSON.stringify(one))
  })

  it('is none where its figures do not bear it', () => {
    const { figures } = observation
    assert.equal(parsed({ figures: { ...figures, octetsSent: 16_000 } }), undefined)
    assert.equal(parsed({ figures: { ...figures, octetsArrived: 5000 } }), undefined)
    assert.equal(parsed({ figures: { ...figures, siblingArrived: 8000 } }), undefined)
    assert.equal(parsed({ holds: false }), undefined)
    const probes = { probesSent: 8, probesArrived: 0, siblingSent: 8, siblingArrived: 8 }
    assert.equal(parsed({ figures: probes }), undefined, 'one egress')
    assert.ok(parsed({ figures: probes, seenWith: [sidOf(3), sidOf(4)] }))
    assert.ok(parsed({ class: 'refused-session', figures: { attempts: 3, answered: 1 } }))
    assert.equal(parsed({ class: 'refused-session', figures: { attempts: 3 } }), undefined)
    assert.equal(parsed({ class: 'unresponsive', figures: { lost: 9, heardBy: 1 } }), undefined)
    assert.equal(parsed({ class: 'light-speed', figures: { pairs: 3, excessMicroseconds: 9000 } }), undefined)
    assert.equal(parsed({ class: 'latency-lie', figures: { samples: 2, excessMicroseconds: 9000 } }), undefined)
    assert.equal(parsed({ class: 'latency-lie', figures: { samples: 3, excessMicroseconds: 1999 } }), undefined, 'that may be measurement')
    assert.ok(parsed({ class: 'latency-lie', figures: { samples: 3, excessMicroseconds: 2000, roundTripMicroseconds: 40_000 } }))
    const three = [sidOf(3), sidOf(4), sidOf(5)]
    assert.equal(parsed({ class: 'light-speed', seenWith: three, figures: { pairs: 3, excessMicroseconds: 1999 } }), undefined)
    assert.ok(parsed({ class: 'light-speed', seenWith: three, figures: { pairs: 3, excessMicroseconds: 2000 } }))
  })

  it('never throws on what peers send', () => {
    fc.assert(fc.property(fc.anything(), (value) => parseObservation(value) === undefined))
    const record = fc.record({
      subject: fc.anything(),
      class: fc.anything(),
      holds: fc.anything(),
      at: fc.anything(),
      window: fc.anything(),
      with: fc.anything(),
      figures: fc.anything()
    })
    fc.assert(fc.property(record, (value) => parseObservation(value) === undefined))
  })
})
