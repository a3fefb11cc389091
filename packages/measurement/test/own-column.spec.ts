import { expect } from 'chai'
import fc from 'fast-check'
import { MAX_COLUMN_PART, ms, ppm, sid, us } from '@srwan/interface'
import type { Sid } from '@srwan/interface'
import { decodeColumnPart, decodeFullColumn, encodeFullColumn } from '@srwan/wire'
import type { CellEstimate } from '../src/cell-estimator.ts'
import { ColumnView } from '../src/column-view.ts'
import { OwnColumn } from '../src/own-column.ts'

const INTERVAL = ms(10_000)
const SIDS: Sid[] = Array.from({ length: 40 }, (_, i) => sid(i.toString(16).padStart(16, '0')))
const SELF = SIDS[7] as Sid

const estimateOf = (
  delay: number,
  slope: number,
  at: number,
  { senderEpoch = 5, state = 'fresh' }: { senderEpoch?: number; state?: CellEstimate['state'] } = {}
): CellEstimate => ({
  state,
  senderEpoch,
  delay: us(delay),
  at: us(at * 1000),
  localAt: ms(at),
  rate: { slope: ppm(slope), uncertainty: ppm(1) },
  loss: undefined,
  ipdv: undefined,
  roundTrip: undefined
})

const momentAt = (now: number, estimate: (sid: Sid) => CellEstimate | undefined) => ({ now: ms(now), clockNow: BigInt(now) * 1_000_000n, clockEpoch: 3, estimate })

const receive = (octets: Uint8Array): ColumnView => new ColumnView(decodeFullColumn(octets), SIDS.indexOf(SELF))

describe('own column', () => {
  it('says nothing more while all goes as the rates predict', () => {
    const own = new OwnColumn(INTERVAL, 9)
    const steady = (now: number) => momentAt(now, () => estimateOf(5e9 + (40 * now) / 1000, 40, now))
    own.renew(SIDS, SELF, 77, steady(1000))
    expect(own.number).to.equal(10)
    const part = decodeColumnPart(own.part(steady(300_000)))
    expect(part).to.deep.include({ number: 10, fingerprint: 77, base: 300_000, absolute: [], deltas: [] })
  })

  it('receivers follow every change through parts alone, the worst first, all within a few intervals', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 39 }), fc.integer({ min: -1_500_000, max: 1_500_000 })), { maxLength: 12 }), (changes) => {
        const own = new OwnColumn(INTERVAL, 1)
        const delays = SIDS.map((_, i) => i * 1e6)
        const moment = (now: number) => momentAt(now, (sender) => estimateOf(delays[SIDS.indexOf(sender)] ?? 0, 0, now))
        const view = receive(encodeFullColumn(own.renew(SIDS, SELF, 1, moment(0))))
        for (const [index, change] of changes) delays[index] = index * 1e6 + change
        const octets = own.part(moment(5000))
        expect(octets.length).to.be.at.most(MAX_COLUMN_PART)
        const part = decodeColumnPart(octets)
        if (part === undefined) throw new Error('no part')
        expect(view.apply(part)).to.equal(true)
        for (const [index, delay] of delays.entries()) {
          if (SIDS[index] !== SELF) expect(Math.abs((view.delayAt(index, 5000) ?? NaN) - delay)).to.be.at.most(500)
        }
      })
    )
  })

  it('what does not fit is left out by urgency, and a full column is asked for', () => {
    const own = new OwnColumn(INTERVAL, 1)
    own.renew(
      SIDS,
      SELF,
      1,
      momentAt(0, () => estimateOf(0, 0, 0))
    )
    const part = decodeColumnPart(own.part(momentAt(1000, (sender) => estimateOf(1000 * (1 + SIDS.indexOf(sender)), 0, 1000))))
    expect(part?.deltas.map((cell) => cell.index)).to.deep.equal(Array.from({ length: 12 }, (_, i) => 39 - i))
    expect(own.overflow).to.equal(true)
  })

  it('tells of lost cells, and of cells under a new clock epoch absolutely', () => {
    const own = new OwnColumn(INTERVAL, 1)
    const view = receive(
      encodeFullColumn(
        own.renew(
          SIDS,
          SELF,
          1,
          momentAt(0, () => estimateOf(100, 0, 0))
        )
      )
    )
    const later = momentAt(1000, (sender) => {
      if (sender === SIDS[1]) return estimateOf(100, 0, 1000, { state: 'lost' })
      if (sender === SIDS[2]) return estimateOf(-9e12, 0, 1000, { senderEpoch: 6 })
      return estimateOf(100, 0, 1000)
    })
    const part = decodeColumnPart(own.part(later))
    expect(part?.deltas).to.deep.equal([{ index: 1, delta: undefined }])
    expect(part?.absolute).to.deep.equal([{ index: 2, delay: -9e12, senderEpoch: 6 }])
    if (part !== undefined) view.apply(part)
    expect(view.cell(1)?.delay).to.equal(undefined)
    expect(view.cell(2)).to.include({ delay: -9e12, senderEpoch: 6 })
  })

  it('a receiver ignores a part of another column, for a cell that does not exist, and one that comes late', () => {
    const own = new OwnColumn(INTERVAL, 1)
    const view = receive(
      encodeFullColumn(
        own.renew(
          SIDS,
          SELF,
          1,
          momentAt(0, () => estimateOf(100, 0, 0))
        )
      )
    )
    const head = { number: 2, fingerprint: 1, base: 5000, absolute: [], deltas: [{ index: 0, delta: 10 }] }
    expect(view.apply({ ...head, number: 3 })).to.equal(false)
    expect(view.apply({ ...head, fingerprint: 2 })).to.equal(false)
    expect(
      view.apply({
        ...head,
        deltas: [
          { index: 0, delta: 1 },
          { index: 40, delta: 1 }
        ]
      })
    ).to.equal(false)
    expect(view.apply({ ...head, deltas: [{ index: 7, delta: 1 }] }), 'the owner has no cell').to.equal(false)
    expect(view.delayAt(0, 5000)).to.equal(100)
    expect(view.apply(head)).to.equal(true)
    expect(view.delayAt(0, 5000)).to.equal(600)
    expect(view.apply({ ...head, base: 4000, deltas: [] })).to.equal(true)
    expect(view.latest).to.equal(5000)
  })

  it('numbers go on after 65,535 with 1', () => {
    const own = new OwnColumn(INTERVAL, 65534)
    own.renew(
      SIDS,
      SELF,
      1,
      momentAt(0, () => undefined)
    )
    expect(own.number).to.equal(65535)
    own.renew(
      SIDS,
      SELF,
      1,
      momentAt(0, () => undefined)
    )
    expect(own.number).to.equal(1)
  })
})
