import { MalformedMessageError, ms, peerIdText, ratio, sid } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'
import { expect } from 'chai'
import fc from 'fast-check'
import {
  MAX_ENVELOPE_PAYLOAD,
  columnBody,
  decodeGroupColumn,
  decodeLandmarkVector,
  decodeMeasureReply,
  decodeMeasureRequest,
  digestBody,
  encodeGroupColumn,
  encodeLandmarkVector,
  encodeMeasureReply,
  encodeMeasureRequest,
  fullColumnLength,
  readColumnBody,
  readDigestBody,
  summariseGroup
} from '../src/index.ts'

const sids = (count: number, from = 1): Sid[] => Array.from({ length: count }, (_, index) => sid((from + index).toString(16).padStart(16, '0')))
const trip = fc.option(
  fc.integer({ min: 0, max: 65_534 }).map((units) => ms(units * 0.05)),
  { nil: undefined }
)
const table = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 8 })).chain(([members, landmarks]) =>
  fc.record({
    members: fc.constant(sids(members)),
    landmarks: fc.constant(sids(landmarks, 500)),
    trips: fc.array(trip, { minLength: members, maxLength: members }),
    vectors: fc.array(fc.array(trip, { minLength: landmarks, maxLength: landmarks }), { minLength: members, maxLength: members })
  })
)
/** Decoders refuse bytes with one error and no other. */
const onlyMalformed = (decode: (bytes: Uint8Array) => unknown): void => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decode(bytes)
      } catch (error) {
        expect(error).to.be.instanceOf(MalformedMessageError)
      }
    })
  )
}

describe('messages between groups', function () {
  this.timeout(20_000)

  it('a column comes out as it went in, and fits an envelope at 100 members', () => {
    fc.assert(
      fc.property(table, ({ members, landmarks, trips, vectors }) => {
        const column = { router: members[0] as Sid, at: ms(1234), members, trips, landmarks, vectors }
        expect(decodeGroupColumn('net', encodeGroupColumn('net', column))).to.deep.equal(column)
      })
    )
    const full = {
      router: sids(1)[0] as Sid,
      at: ms(0),
      members: sids(100),
      trips: sids(100).map(() => ms(100)),
      landmarks: sids(8),
      vectors: sids(100).map(() => sids(8).map(() => ms(5)))
    }
    const octets = encodeGroupColumn('n'.repeat(32), full)
    expect(octets.length).to.be.below(MAX_ENVELOPE_PAYLOAD)
    expect(() => decodeGroupColumn('other', octets)).to.throw(MalformedMessageError)
    onlyMalformed((bytes) => decodeGroupColumn('net', bytes))
  })

  it('a column of a stranger, or of members out of order, is refused', () => {
    const column = { router: sid('00000000000000ff'), at: ms(0), members: sids(2), trips: [undefined, ms(1)], landmarks: [], vectors: [[], []] }
    expect(() => decodeGroupColumn('net', encodeGroupColumn('net', column))).to.throw(MalformedMessageError)
    const reversed = { ...column, router: sids(1)[0] as Sid, members: sids(2).reverse() }
    expect(() => decodeGroupColumn('net', encodeGroupColumn('net', reversed))).to.throw(MalformedMessageError)
  })

  it('requests and replies come out as they went in', () => {
    const guests = ['a', 'b'].map(peerIdText)
    for (const request of [{ kind: 'lease', guests }, { kind: 'column', router: guests[0] as (typeof guests)[0] & string }, { kind: 'echo' }] as const) {
      expect(decodeMeasureRequest(encodeMeasureRequest(request))).to.deep.equal(request)
    }
    const reply = { refusal: 'full', granted: guests, duration: 180_000, column: Uint8Array.of(1, 2) }
    expect(decodeMeasureReply(encodeMeasureReply(reply))).to.deep.equal(reply)
    expect(() => encodeMeasureRequest({ kind: 'lease', guests: Array.from({ length: 6 }, () => peerIdText('x')) })).to.throw(MalformedMessageError)
    onlyMalformed(decodeMeasureRequest)
    onlyMalformed(decodeMeasureReply)
  })

  it('a landmark vector keeps what is not measured apart from zero', () => {
    const message = { landmarks: 0xfedcba98, trips: [ms(0), undefined, ms(12.35), ms(3276)] }
    expect(decodeLandmarkVector(encodeLandmarkVector(message)).trips.map((value) => value?.toFixed(2))).to.deep.equal(['0.00', undefined, '12.35', '3276.00'])
    expect(decodeLandmarkVector(encodeLandmarkVector({ ...message, trips: [ms(4000)] })).trips).to.deep.equal([undefined])
    expect(() => decodeLandmarkVector(encodeLandmarkVector({ landmarks: 1, trips: Array.from({ length: 9 }, () => undefined) }))).to.throw(MalformedMessageError)
    onlyMalformed(decodeLandmarkVector)
  })

  it('bodies of DiTEx entries come out as they went in, and nothing else is taken for one', () => {
    fc.assert(
      fc.property(table, ({ members, landmarks, trips, vectors }) => {
        const known = trips.filter((value): value is Milliseconds => value !== undefined)
        const digest = summariseGroup(members, { landmarks, vectors }, { trips: known, losses: known.length === 0 ? [] : [ratio(0.25)] })
        expect(readDigestBody(digestBody(digest))).to.deep.equal(digest)
        const stated = { ...digest, shard: { epoch: 7, root: new Uint8Array(32).fill(3) } }
        expect(readDigestBody(digestBody(stated))).to.deep.equal(stated)
        for (const shard of [null, {}, { epoch: -1, root: stated.shard.root }, { epoch: 7, root: new Uint8Array(31) }])
          expect(() => readDigestBody({ ...digestBody(digest), shard })).to.throw(MalformedMessageError)
        if (members.length < 2) return
        const column = { members, column: new Uint8Array(fullColumnLength(members.length)), trips }
        expect(readColumnBody(columnBody(column))).to.deep.equal(column)
      })
    )
    fc.assert(
      fc.property(fc.anything(), (body) => {
        expect(() => readDigestBody(body)).to.throw(MalformedMessageError)
        expect(() => readColumnBody(body)).to.throw(MalformedMessageError)
      })
    )
  })

  it('a digest tells the quantiles of the round trips', () => {
    const trips = Array.from({ length: 101 }, (_, index) => ms(100 - index))
    const { delayQuantiles, loss } = summariseGroup(sids(2), { landmarks: [], vectors: [[], []] }, { trips, losses: [ratio(0), ratio(0.5)] })
    expect(delayQuantiles).to.deep.equal([5, 25, 50, 75, 95])
    expect(loss).to.equal(0.25)
  })
})
