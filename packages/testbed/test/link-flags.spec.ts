import { expect } from 'chai'
import { linkChangeOf } from '../src/link-flags.ts'

describe('the flags of testnet link', () => {
  it('become a change of only what was given', () => {
    expect(linkChangeOf({ delay: '45ms', loss: '100%' })).to.deep.equal({ delay: 45, loss: 1 })
    expect(linkChangeOf({ jitter: '0ms', rate: '10mbit' })).to.deep.equal({ jitter: 0, rate: 1e7 })
    expect(linkChangeOf({ down: true })).to.deep.equal({ up: false })
    expect(linkChangeOf({ up: true })).to.deep.equal({ up: true })
  })

  for (const [flags, words] of [
    [{}, /nothing to change/],
    [{ up: true, down: true }, /not both/],
    [{ delay: '45' }, /--delay: expected a duration.*found "45"/],
    [{ delay: '-1ms' }, /--delay/],
    [{ jitter: '2h' }, /--jitter/],
    [{ loss: '101%' }, /--loss/],
    [{ rate: '0mbit' }, /--rate/],
    [{ rate: 'fast' }, /--rate/]
  ] as const) {
    it(`are refused: ${JSON.stringify(flags)}`, () => {
      expect(() => linkChangeOf(flags))
        .to.throw(words)
        .with.property('code', 'ERR_INVALID_INPUT')
    })
  }
})
