import { ms, ratio, sid, us } from '@srwan/interface'
import type { DelayCell, DelayMatrix, Sid } from '@srwan/interface'
import { expect } from 'chai'
import { digestOf } from '../../src/beyond/group-digest.ts'

const sidOf = (index: number): Sid => sid(index.toString(16).padStart(16, '0'))

describe('the digest of a group', () => {
  it('is of the pairs that are members, and holds their vectors as they are', () => {
    const members = [1, 2].map(sidOf)
    const now = ms(1000)
    const cell = (delay: number): DelayCell => ({ oneWayDelay: us(delay), loss: ratio(0.5), ipdv: us(0), sampledAt: now })
    const matrix: DelayMatrix = {
      sids: [...members, sidOf(3)],
      cells: [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? undefined : cell(i + j === 1 ? 4000 : 90_000)))),
      rates: [0, 0, 0]
    }
    const digest = digestOf(members, matrix, { landmarks: [sidOf(9)], vectors: [[ms(1)], [undefined]] }, now)
    expect(digest.delayQuantiles).to.deep.equal([8, 8, 8, 8, 8])
    expect(digest.vectors).to.deep.equal([[1], [undefined]])
    expect(digest.loss).to.equal(0.5)
  })
})
