import { ns, sid } from '@srwan/interface'
import type { PathProbeSample } from '@srwan/interface'
import { expect } from 'chai'
import { judgeProbes } from '../src/probe-judgement.ts'

const [A, B, E, I] = [sid('a'), sid('b'), sid('e'), sid('1')]
const PLAIN = { forward: [E], reverse: [I] }
const sample = (forward: number, reverse: number): PathProbeSample => ({
  forward: ns(BigInt(forward * 1e6)),
  reverse: ns(BigInt(reverse * 1e6)),
  roundTrip: ns(BigInt((forward + reverse) * 1e6))
})

describe('judging probes', () => {
  it('takes the lowest sample of each direction and the share that was lost', () => {
    const judgement = judgeProbes([PLAIN, { forward: [A, E], reverse: [B, I] }], {
      samples: [
        [sample(103, 50), sample(100, 55), undefined, sample(101, 51)],
        [undefined, undefined, undefined, undefined]
      ]
    })
    expect(judgement.forward).to.deep.equal([
      { segments: [E], delay: 100, loss: 0.25 },
      { segments: [A, E], delay: undefined, loss: 1 }
    ])
    expect(judgement.reverse[0]).to.deep.equal({ segments: [I], delay: 50, loss: 0.25 })
    expect(judgement.disturbed).to.equal(false)
  })

  it('does not blame a list for the other one of its pair where it answered elsewhere', () => {
    const judgement = judgeProbes([PLAIN, { forward: [E], reverse: [B, I] }], { samples: [[sample(100, 50)], [undefined]] })
    expect(judgement.forward).to.deep.equal([{ segments: [E], delay: 100, loss: 0 }])
    expect(judgement.reverse.map(({ loss }) => loss)).to.deep.equal([0, 1])
  })

  it('notices a clock step between two probes and drops a sample that a step went through', () => {
    const stepped = judgeProbes([PLAIN], { samples: [[sample(100, 50), sample(1100, -950)]] })
    expect(stepped.disturbed).to.equal(true)
    const torn: PathProbeSample = { forward: ns(-900_000_000n), reverse: ns(50_000_000n), roundTrip: ns(-850_000_000n) }
    const judgement = judgeProbes([PLAIN], { samples: [[torn, sample(100, 50)]] })
    expect(judgement.forward[0]).to.deep.equal({ segments: [E], delay: 100, loss: 0.5 })
  })

  it('an answer with fewer samples than paths counts as lost', () => {
    expect(judgeProbes([PLAIN], { samples: [] }).forward[0]).to.deep.equal({ segments: [E], delay: undefined, loss: 1 })
  })
})
