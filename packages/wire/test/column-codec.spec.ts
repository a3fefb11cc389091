import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_COLUMN_PART, MAX_DATAGRAM, ppm, ratio, sid, us } from '@srwan/interface'
import {
  MAX_COLUMN_IN_PULSE,
  MAX_PULSE,
  MAX_PULSE_BODY,
  decodeColumnPart,
  decodeColumnRequest,
  decodeFullColumn,
  decodePulse,
  encodeColumnPart,
  encodeFullColumn,
  encodePulse,
  fullColumnLength,
  sealPulse
} from '../src/index.ts'
import type { ColumnCell, ColumnPart, FullColumn, Pulse } from '../src/index.ts'

const uint = (bits: number, min = 0): fc.Arbitrary<number> => fc.integer({ min, max: 2 ** bits - 1 })
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const delay = optional(fc.integer({ min: -(2 ** 47) + 1, max: 2 ** 47 - 1 }).map(us))

/** Values that the wire keeps exactly. */
const cell: fc.Arbitrary<ColumnCell> = fc.record({
  delay,
  rate: fc.integer({ min: -127, max: 127 }).map(ppm),
  loss: optional(fc.integer({ min: 0, max: 254 }).map((steps) => ratio(steps / 254))),
  ipdv: optional(fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 14 })).map(([e, m]) => us((e === 0 ? m : (16 + m) * 2 ** (e - 1)) * 4))),
  senderEpoch: uint(4),
  age: uint(3)
})
const column: fc.Arbitrary<FullColumn> = fc.record({
  number: uint(16, 1),
  fingerprint: uint(24),
  clockEpoch: uint(16),
  base: uint(32),
  cells: fc.array(cell, { minLength: 1, maxLength: 99 })
})
const part: fc.Arbitrary<ColumnPart> = fc.record({
  number: uint(16, 1),
  fingerprint: uint(24),
  base: uint(32),
  absolute: fc.array(fc.record({ index: uint(8), delay, senderEpoch: uint(4) }), { maxLength: 3 }),
  deltas: fc.array(fc.record({ index: uint(8), delta: optional(fc.integer({ min: -32767, max: 32767 })) }), { maxLength: 10 })
})
const pulse: fc.Arbitrary<Pulse> = fc.record({
  sender: uint(32).map((n) => sid(n.toString(16).padStart(16, '0'))),
  descriptorNumber: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  counter: uint(32),
  fingerprint: uint(24),
  clockEpoch: uint(16),
  columnNumber: uint(16),
  root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  badNews: fc.boolean(),
  body: fc.oneof(
    fc.constant({ kind: 'none' as const, data: new Uint8Array(0) }),
    fc.record({ kind: fc.constantFrom('column' as const, 'part' as const), data: fc.uint8Array({ minLength: 1, maxLength: MAX_PULSE_BODY }) })
  )
})

/** Decoders throw only their own error, on anything. */
const neverUnexpected = (decode: (data: Uint8Array) => unknown, lengths: { minLength?: number; maxLength: number }, first?: number): void => {
  fc.assert(
    fc.property(fc.uint8Array(lengths), (data) => {
      if (first !== undefined && data.length > 0) data[0] = first
      try {
        decode(data)
      } catch (error) {
        expect(error).to.have.property('code', 'ERR_MALFORMED_MESSAGE')
      }
    }),
    { numRuns: 2000 }
  )
}

describe('column codecs', () => {
  it('a full column survives the wire', () => {
    fc.assert(
      fc.property(column, (value) => {
        expect(decodeFullColumn(encodeFullColumn(value))).to.deep.equal(value)
      })
    )
  })

  it('100 members fit one datagram, 13 fit a pulse', () => {
    expect(fullColumnLength(100)).to.equal(991).and.at.most(MAX_DATAGRAM)
    expect(fullColumnLength(MAX_COLUMN_IN_PULSE)).to.equal(MAX_PULSE_BODY)
  })

  it('values between the steps are rounded, those out of range saturate', () => {
    const through = (value: Partial<ColumnCell>): ColumnCell => {
      const whole = { delay: us(0), rate: ppm(0), loss: ratio(0), ipdv: us(0), senderEpoch: 0, age: 0, ...value }
      return decodeFullColumn(encodeFullColumn({ number: 1, fingerprint: 0, clockEpoch: 0, base: 0, cells: [whole] })).cells[0] as ColumnCell
    }
    expect(through({ delay: us(-12.6) }).delay).to.equal(-13)
    expect(through({ delay: us(2 ** 47) }).delay).to.equal(undefined)
    expect(through({ delay: us(NaN) }).delay).to.equal(undefined)
    expect(through({ rate: ppm(-400) }).rate).to.equal(-127)
    expect(through({ loss: ratio(1.5) }).loss).to.equal(1)
    expect(through({ ipdv: us(1e9) }).ipdv).to.be.closeTo(1.97e6, 5e4)
    expect(through({ age: 99 }).age).to.equal(7)
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1.9e6, noNaN: true }), (ipdv) => {
        expect(Math.abs((through({ ipdv: us(ipdv) }).ipdv ?? NaN) - ipdv)).to.be.at.most(Math.max(2, ipdv / 32))
      })
    )
  })

  it('one meaning has one encoding: padding bits must be zero', () => {
    const data = encodeFullColumn({
      number: 1,
      fingerprint: 0,
      clockEpoch: 0,
      base: 0,
      cells: [{ delay: us(0), rate: ppm(0), loss: ratio(0), ipdv: us(0), senderEpoch: 0, age: 0 }]
    })
    data[data.length - 1] = (data.at(-1) ?? 0) | 1
    expect(() => decodeFullColumn(data))
      .to.throw()
      .with.property('code', 'ERR_MALFORMED_MESSAGE')
  })

  it('a part survives the wire, padding included, and never exceeds its bound', () => {
    fc.assert(
      fc.property(part, (value) => {
        const padded = new Uint8Array(MAX_COLUMN_PART)
        const octets = lengthOf(value)
        if (octets > MAX_COLUMN_PART) {
          expect(() => encodeColumnPart(value)).to.throw(RangeError)
          return
        }
        padded.set(encodeColumnPart(value))
        expect(decodeColumnPart(padded)).to.deep.equal(value)
      })
    )
  })

  it('no part: no octets, or zeros only', () => {
    expect(decodeColumnPart(new Uint8Array(0))).to.equal(undefined)
    expect(decodeColumnPart(new Uint8Array(MAX_COLUMN_PART))).to.equal(undefined)
  })

  it('a pulse survives the wire', () => {
    fc.assert(
      fc.property(pulse, (value) => {
        const unsigned = encodePulse(value)
        const signature = new Uint8Array(64).fill(1)
        expect(decodePulse(sealPulse(unsigned, signature))).to.deep.equal({ pulse: value, unsigned, signature })
      })
    )
  })

  it('a cut or extended message is refused', () => {
    fc.assert(
      fc.property(column, pulse, fc.integer({ min: 1, max: 500 }), (value, beat, cut) => {
        const octets = encodeFullColumn(value)
        const message = sealPulse(encodePulse(beat), new Uint8Array(64))
        expect(() => decodeFullColumn(octets.subarray(0, Math.max(octets.length - cut, 0))))
          .to.throw()
          .with.property('code', 'ERR_MALFORMED_MESSAGE')
        expect(() => decodeFullColumn(Uint8Array.from([...octets, 0])))
          .to.throw()
          .with.property('code', 'ERR_MALFORMED_MESSAGE')
        expect(() => decodePulse(message.subarray(0, Math.max(message.length - cut, 0))))
          .to.throw()
          .with.property('code', 'ERR_MALFORMED_MESSAGE')
        expect(() => decodePulse(Uint8Array.from([...message, 0])))
          .to.throw()
          .with.property('code', 'ERR_MALFORMED_MESSAGE')
      })
    )
  })

  it('no octets make a decoder fail otherwise', () => {
    neverUnexpected(decodeFullColumn, { maxLength: 1000 }, 2)
    neverUnexpected(decodeColumnPart, { maxLength: MAX_COLUMN_PART + 2 })
    neverUnexpected(decodeColumnRequest, { maxLength: 8 }, 1)
    neverUnexpected(decodePulse, { minLength: 120, maxLength: MAX_PULSE + 4 }, 1)
  })
})

function lengthOf(value: ColumnPart): number {
  return 10 + 8 * value.absolute.length + 3 * value.deltas.length
}
