import { expect } from 'chai'
import fc from 'fast-check'
import { seededRandom, systemRandom } from '../src/index.ts'

describe('randomness', () => {
  it('the same seed gives the same sequence and another seed another', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed)
      return Array.from({ length: 20 }, () => random.next())
    }
    expect(draw(7)).to.deep.equal(draw(7))
    expect(draw(7)).to.not.deep.equal(draw(8))
    expect([...seededRandom(3).bytes(8)]).to.deep.equal([...seededRandom(3).bytes(8)])
  })

  it('stays in [0, 1) for any seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed)
        for (let i = 0; i < 50; i++) {
          const value = random.next()
          if (value < 0 || value >= 1) return false
        }
        return true
      })
    )
  })

  for (const [name, random] of [
    ['seeded', seededRandom(1)],
    ['system', systemRandom()]
  ] as const) {
    it(`${name}: is uniform enough for jitter and loss`, () => {
      const bins = new Array<number>(10).fill(0)
      for (let i = 0; i < 20_000; i++) {
        const bin = Math.floor(random.next() * 10)
        bins[bin] = (bins[bin] ?? 0) + 1
      }
      // 7 standard deviations of a binomial (n = 20,000, p = 0.1)
      for (const count of bins) expect(count).to.be.within(1700, 2300)
      const bytes = random.bytes(4096)
      expect(bytes).to.have.length(4096)
      expect(new Set(bytes).size).to.be.greaterThan(200)
    })
  }
})
