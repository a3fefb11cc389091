import { ms, ratio, sid } from '@srwan/interface'
import type { Sid } from '@srwan/interface'
import type { GroupDigest } from '@srwan/wire'
import { expect } from 'chai'
import { anchoredVectors, isReporter } from '../../src/beyond/group-digest.ts'

const sidOf = (index: number): Sid => sid(index.toString(16).padStart(16, '0'))
const digest = (members: readonly number[], landmarks: readonly number[], trip: number | undefined): GroupDigest => ({
  members: members.map(sidOf),
  landmarks: landmarks.map(sidOf),
  vectors: members.map(() => landmarks.map(() => (trip === undefined ? undefined : ms(trip)))),
  delayQuantiles: [ms(1), ms(2), ms(3), ms(4), ms(5)],
  loss: ratio(0)
})

describe('digests of groups', () => {
  it('one liar among three reporters moves nothing, and a word that is missing is no zero', () => {
    const vectors = anchoredVectors([
      [digest([1, 2], [8, 9], 40), digest([1, 2], [8, 9], 1), digest([1, 2], [8, 9], 42)],
      [digest([3], [8, 9], undefined), digest([3], [8, 9], 7)]
    ])
    expect(vectors.get(sidOf(1))).to.deep.equal([40, 40])
    expect(vectors.get(sidOf(3))).to.deep.equal([7, 7])
  })

  it('of groups that measured different landmarks those count that most measured', () => {
    const vectors = anchoredVectors([[digest([1], [8, 9], 40)], [digest([2], [8, 7], 1)], [digest([3], [8, 9], 7)], []])
    expect([...vectors.keys()]).to.deep.equal([sidOf(1), sidOf(3)])
    expect(anchoredVectors([]).size).to.equal(0)
  })

  it('three members report, others under another beacon', () => {
    const members = Array.from({ length: 50 }, (_, index) => sidOf(index))
    const reporters = (beacon: number): readonly Sid[] => members.filter((member) => isReporter(member, members, Uint8Array.of(beacon)))
    expect(reporters(1)).to.have.lengthOf(3)
    expect(reporters(2)).to.not.deep.equal(reporters(1))
    expect(isReporter(sidOf(99), members, Uint8Array.of(1))).to.equal(false)
  })
})
