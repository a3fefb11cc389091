import { expect } from 'chai'
import { disjointStandby, sharedTransits } from '../src/index.ts'
import { sidOf } from './matrices.ts'

const path = (...indexes: number[]): { segments: ReturnType<typeof sidOf>[] } => ({ segments: indexes.map(sidOf) })

describe('disjoint standby', () => {
  it('shares as few transits as possible with the path in use, and is the best of those', () => {
    const candidates = [path(2, 3, 9), path(2, 9), path(3, 4, 9), path(5, 9), path(9)]
    expect(disjointStandby(candidates, [sidOf(2), sidOf(3), sidOf(9)])).to.equal(candidates[3])
    expect(disjointStandby(candidates, [sidOf(9)])).to.equal(candidates[0])
  })

  it('is never the path in use', () => {
    expect(disjointStandby([path(9)], [sidOf(9)])).to.equal(undefined)
    expect(disjointStandby([path(2, 9), path(9)], [sidOf(2), sidOf(9)])?.segments).to.deep.equal([sidOf(9)])
  })

  it('counts transits, not the endpoint', () => {
    expect(sharedTransits([sidOf(1), sidOf(9)], [sidOf(1), sidOf(2), sidOf(9)])).to.equal(1)
    expect(sharedTransits([sidOf(9)], [sidOf(9)])).to.equal(0)
  })
})
