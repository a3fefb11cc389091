import { ms, sid } from '@srwan/interface'
import type { Sid } from '@srwan/interface'
import { expect } from 'chai'
import { LandmarkBook, alignVector } from '../../src/beyond/landmark-book.ts'

const sidOf = (index: number): Sid => sid(index.toString(16).padStart(16, '0'))
const range = (from: number, count: number): readonly Sid[] => Array.from({ length: count }, (_, i) => sidOf(from + i))
const [SELF, PEER] = [sidOf(1), sidOf(2)]
const OLD = range(100, 8)
const NEXT = range(200, 8)
const NOW = ms(1000)

function measured(self: Sid, landmarks: readonly Sid[], trip: number): LandmarkBook {
  const book = new LandmarkBook(self)
  book.setLandmarks(landmarks)
  for (const landmark of landmarks) book.setOwn(landmark, ms(trip), NOW)
  return book
}

describe('round trips to the landmarks, while these change', () => {
  it('those before go on being told and compared until the new ones are measured', () => {
    const book = measured(SELF, OLD, 10)
    book.receive(PEER, measured(PEER, OLD, 20).message())
    expect(book.setLandmarks(NEXT)).to.equal(true)
    expect(book.landmarks).to.deep.equal(NEXT)
    expect(book.table([SELF, PEER]).landmarks, 'nothing of the new ones is known').to.deep.equal(OLD)
    const edition = book.editionFor(OLD)
    expect(book.own(edition)).to.deep.equal(OLD.map(() => 10))
    expect(book.vectorOf(PEER, edition)).to.deep.equal(OLD.map(() => 20))
    for (const landmark of NEXT) book.setOwn(landmark, ms(11), NOW)
    book.receive(PEER, measured(PEER, NEXT, 21).message())
    expect(book.table([SELF, PEER])).to.deep.equal({ landmarks: NEXT, vectors: [NEXT.map(() => 11), NEXT.map(() => 21)] })
    expect(book.vectorOf(PEER, book.editionFor(OLD)), 'who has not changed over yet is compared as before').to.deep.equal(OLD.map(() => 20))
    expect(book.editionFor(NEXT).landmarks).to.deep.equal(NEXT)
  })

  it('what a member tells of the next ones before they are chosen here counts when they are; of a third choice nothing is kept', () => {
    const book = measured(SELF, OLD, 10)
    book.receive(PEER, measured(PEER, OLD, 20).message())
    book.receive(PEER, measured(PEER, NEXT, 21).message())
    expect(book.vectorOf(PEER)).to.deep.equal(OLD.map(() => 20))
    book.setLandmarks(NEXT)
    expect(book.vectorOf(PEER)).to.deep.equal(NEXT.map(() => 21))
    book.setLandmarks(range(300, 8))
    expect(
      OLD.map((landmark) => book.measuredAt(landmark)),
      'of the choice before the last'
    ).to.deep.equal(OLD.map(() => undefined))
    book.retain(() => false)
    expect(book.vectorOf(PEER, book.editionFor(NEXT))).to.equal(undefined)
  })

  it('a vector of other landmarks is compared by those that are shared', () => {
    const book = measured(SELF, OLD, 10)
    const others = [...OLD.slice(4), ...range(900, 4)]
    expect(alignVector(book.editionFor(others), others, [1, 2, 3, 4, 5, 6, 7, 8].map(ms))).to.deep.equal([undefined, undefined, undefined, undefined, 1, 2, 3, 4])
  })
})
