import { ms } from '@srwan/interface'
import type { DatapathEvents, SegmentList, Sid } from '@srwan/interface'
import { expect } from 'chai'
import { NARROW_MEMORY } from '../src/constants.ts'
import { NarrowPaths } from '../src/narrow-paths.ts'
import type { Judgement } from '../src/probe-judgement.ts'

const sid = (digit: number): Sid => String(digit).padStart(16, '0') as Sid
const endpoint = sid(1)
const direct: SegmentList = [endpoint]
const relayed: SegmentList = [sid(2), endpoint]
const policy = { endpoint, color: 'latency' as const }
const event = (mtu: number, path = relayed): DatapathEvents['pathMtu'] => ({ endpoint, color: 1, direction: 'forward', path, mtu })
const judged = (segments: SegmentList): Judgement['forward'][number] => ({ segments, delay: ms(10), loss: 0 })
const judgement: Judgement = { forward: [judged(direct), judged(relayed)], reverse: [judged([sid(0)]), judged(relayed)], disturbed: false }

describe('narrow paths', () => {
  it('have lost all in their direction only', () => {
    const narrow = new NarrowPaths()
    expect(narrow.note(event(0), ms(0))).to.equal(true)
    const without = narrow.without(judgement, policy, ms(1))
    expect(without.forward).to.deep.equal([judged(direct), { segments: relayed, delay: undefined, loss: 1 }])
    expect(without.reverse).to.deep.equal(judgement.reverse)
    expect(narrow.without(judgement, { ...policy, endpoint: sid(7) }, ms(1)).forward).to.deep.equal(judgement.forward)
  })

  it('are forgotten when the datapath takes it back, and after ten minutes', () => {
    const narrow = new NarrowPaths()
    narrow.note(event(0), ms(0))
    expect(narrow.note(event(0), ms(1)), 'known already').to.equal(false)
    expect(narrow.note(event(1280), ms(2))).to.equal(false)
    expect(narrow.without(judgement, policy, ms(3)).forward).to.deep.equal(judgement.forward)
    expect(narrow.note(event(0), ms(4))).to.equal(true)
    expect(narrow.without(judgement, policy, ms(3 + NARROW_MEMORY)).forward[1]?.loss).to.equal(1)
    expect(narrow.without(judgement, policy, ms(4 + NARROW_MEMORY)).forward).to.deep.equal(judgement.forward)
  })
})
