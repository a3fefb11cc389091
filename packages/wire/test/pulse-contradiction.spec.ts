import { expect } from 'chai'
import fc from 'fast-check'
import { sid } from '@srwan/interface'
import { decodePulse, encodePulse, openContradiction, sealPulse } from '../src/index.ts'
import type { Pulse } from '../src/index.ts'

const HONEST: Pulse = {
  sender: sid('00000000000000aa'),
  descriptorNumber: 5,
  counter: 1000,
  fingerprint: 1,
  clockEpoch: 3,
  columnNumber: 7,
  root: new Uint8Array(32).fill(1),
  badNews: false,
  body: { kind: 'none', data: new Uint8Array(0) }
}
const messageOf = (change: Partial<Pulse>, signature = 0): Uint8Array => sealPulse(encodePulse({ ...HONEST, ...change }), new Uint8Array(64).fill(signature))
const isContradiction = (one: Partial<Pulse>, other: Partial<Pulse>): boolean => openContradiction([messageOf(one), messageOf(other)]) !== undefined
const OTHER_ROOT = new Uint8Array(32).fill(2)

describe('two pulses that cannot both be true', () => {
  it('say different things under one counter, or name two roots for one column', () => {
    expect(isContradiction({}, { badNews: true })).to.equal(true)
    expect(isContradiction({}, { root: OTHER_ROOT })).to.equal(true)
    expect(isContradiction({}, { counter: 1001, root: OTHER_ROOT })).to.equal(true)
    expect(isContradiction({ counter: 1255 }, { root: OTHER_ROOT }), 'in any order').to.equal(true)
    expect(openContradiction([messageOf({}), messageOf({ root: OTHER_ROOT })])?.map(({ pulse }) => pulse.counter)).to.deep.equal([1000, 1000])
  })

  it('are not those of two lives, clocks, columns or senders, one pulse twice, or column numbers that came round', () => {
    for (const other of [
      {},
      { descriptorNumber: 6, root: OTHER_ROOT },
      { counter: 1001, columnNumber: 8, root: OTHER_ROOT },
      { counter: 1001, clockEpoch: 4, root: OTHER_ROOT },
      { counter: 1001, columnNumber: 0, root: OTHER_ROOT },
      { counter: 1256, root: OTHER_ROOT },
      { sender: sid('00000000000000bb'), root: OTHER_ROOT }
    ])
      expect(isContradiction({}, other), JSON.stringify(other)).to.equal(false)
    expect(openContradiction([messageOf({}), messageOf({}, 9)]), 'two signatures of one statement').to.equal(undefined)
    expect(openContradiction([messageOf({ columnNumber: 0 }), messageOf({ counter: 1001, columnNumber: 0, root: OTHER_ROOT })]), 'no column at all').to.equal(undefined)
    expect(openContradiction([messageOf({})])).to.equal(undefined)
    expect(openContradiction([messageOf({}), new Uint8Array(100)])).to.equal(undefined)
  })

  it('no two pulses of a member that counts as it should contradict each other, however often it renews its column', () => {
    const steps = fc.array(fc.record({ renew: fc.nat(12), restart: fc.boolean(), jump: fc.boolean() }), { minLength: 2, maxLength: 40 })
    fc.assert(
      fc.property(steps, fc.nat(65_534), (life, start) => {
        let at = { descriptorNumber: 1, counter: 0, columnNumber: start + 1, clockEpoch: 1, made: 0 }
        const pulses = life.map(({ renew, restart, jump }) => {
          at = {
            descriptorNumber: at.descriptorNumber + (restart ? 1 : 0),
            counter: restart ? 1 : at.counter + 1,
            columnNumber: ((at.columnNumber - 1 + renew) % 65_535) + 1,
            clockEpoch: at.clockEpoch + (jump ? 1 : 0),
            made: at.made + renew + (jump || restart ? 1 : 0)
          }
          const root = new Uint8Array(32)
          new DataView(root.buffer).setUint32(0, at.made)
          // A column of another clock or life is another number, too.
          if ((jump || restart) && renew === 0) at.columnNumber = (at.columnNumber % 65_535) + 1
          return decodePulse(messageOf({ ...at, root }))
        })
        for (const one of pulses)
          for (const other of pulses)
            if (one !== other && openContradiction([sealPulse(one.unsigned, one.signature), sealPulse(other.unsigned, other.signature)]) !== undefined) return false
        return true
      })
    )
  })
})
