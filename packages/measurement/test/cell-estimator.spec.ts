import { expect } from 'chai'
import fc from 'fast-check'
import { seededRandom } from '@srwan/clock'
import { ms, us } from '@srwan/interface'
import { CellEstimator } from '../src/cell-estimator.ts'
import type { CellEstimate } from '../src/cell-estimator.ts'

const INTERVAL = ms(10_000)

interface Scene {
  readonly offset: number
  /** Growth of the delay, ppm. */
  readonly slope: number
  /** Mean queueing, µs. */
  readonly noise: number
  readonly delay: (second: number) => number
  readonly seed: number
}

/** Feeds one sample per interval, each second one with its round trip. */
const feed = (estimator: CellEstimator, scene: Scene, from: number, count: number): void => {
  const random = seededRandom(scene.seed + from)
  const queueing = (): number => -Math.log(1 - random.next()) * scene.noise
  for (let k = from; k < from + count; k++) {
    const second = (k * INTERVAL) / 1000
    const forward = scene.delay(second) + queueing()
    estimator.add({
      at: us(second * 1e6),
      localAt: ms(second * 1000),
      delay: us(forward + scene.offset + scene.slope * second),
      ...(k % 2 === 0 ? { roundTrip: us(forward + 30_000 + queueing()) } : {}),
      sent: k,
      accepted: k
    })
  }
}

const truth = (scene: Scene, estimate: CellEstimate): number => scene.delay(estimate.at / 1e6) + scene.offset + (scene.slope * estimate.at) / 1e6

const judge = (estimator: CellEstimator, second: number): CellEstimate => {
  const estimate = estimator.estimate(ms(second * 1000))
  if (estimate === undefined) throw new Error('no estimate')
  return estimate
}

describe('cell estimator', () => {
  it('recovers delay and rate with clocks up to an hour apart, drifting up to ±100 ppm against each other', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3600, max: 3600 }), fc.integer({ min: -100, max: 100 }), fc.integer(), (offset, slope, seed) => {
        const scene = { offset: offset * 1e6, slope, noise: 50, delay: () => 40_000, seed }
        const estimator = new CellEstimator(INTERVAL, 1)
        feed(estimator, scene, 0, 30)
        const estimate = judge(estimator, 300)
        expect(Math.abs(estimate.rate.slope - slope)).to.be.below(2)
        expect(estimate.delay - truth(scene, estimate)).to.be.within(-60, 250)
      }),
      { numRuns: 60 }
    )
  })

  it('takes the least of noisy samples: queueing of 5 ms in the mean costs far less than 5 ms', () => {
    const errors = Array.from({ length: 50 }, (_, seed) => {
      const scene = { offset: -1e9, slope: 30, noise: 5000, delay: () => 40_000, seed }
      const estimator = new CellEstimator(INTERVAL, 1)
      feed(estimator, scene, 0, 30)
      const estimate = judge(estimator, 300)
      return Math.abs(estimate.delay - truth(scene, estimate))
    }).toSorted((a, b) => a - b)
    expect(errors[25]).to.be.below(3000)
  })

  it('believes no rate from few noisy samples', () => {
    const rates = Array.from({ length: 50 }, (_, seed) => {
      const estimator = new CellEstimator(INTERVAL, 1)
      feed(estimator, { offset: 0, slope: 0, noise: 20_000, delay: () => 40_000, seed }, 0, 5)
      return judge(estimator, 50).rate
    })
    expect(rates.filter((rate) => Math.abs(rate.slope) > 50)).to.have.lengthOf.below(5)
    expect(rates.filter((rate) => rate.uncertainty < 20)).to.have.lengthOf.below(5)
  })

  it('shows a rise of 10 ms at its second sample and a fall at its first', () => {
    const scene = { offset: 5e8, slope: -50, noise: 50, delay: (second: number) => (second < 200 ? 40_000 : second < 400 ? 50_000 : 38_000), seed: 3 }
    const estimator = new CellEstimator(INTERVAL, 1)
    feed(estimator, scene, 0, 22)
    const risen = judge(estimator, 210)
    expect(Math.abs(risen.delay - truth(scene, risen))).to.be.below(500)
    feed(estimator, scene, 22, 19)
    const fallen = judge(estimator, 400)
    expect(Math.abs(fallen.delay - truth(scene, fallen))).to.be.below(500)
  })

  it('a change of path is no drift', () => {
    for (let seed = 0; seed < 20; seed++) {
      const scene = { offset: 0, slope: 20, noise: 50, delay: (second: number) => (second < 150 ? 40_000 : 90_000), seed }
      const estimator = new CellEstimator(INTERVAL, 1)
      feed(estimator, scene, 0, 30)
      expect(Math.abs(judge(estimator, 290).rate.slope - 20), `seed ${seed}`).to.be.below(3)
    }
  })

  it('one-way loss from the counters, variation from consecutive delays with the drift removed', () => {
    const estimator = new CellEstimator(INTERVAL, 1)
    for (let k = 0; k < 10; k++) estimator.add({ at: us(k * 1e7), localAt: ms(k * 1e4), delay: us(1000 + (k % 2) * 300), roundTrip: us(2000), sent: 100 + 2 * k, accepted: 50 + k })
    const estimate = judge(estimator, 90)
    expect(estimate.loss).to.be.closeTo(0.5, 1e-9)
    expect(estimate.ipdv).to.be.closeTo(300, 40)
  })

  it('fresh, lost after two unanswered probes, fresh again with the next sample, stale after 3 intervals', () => {
    const estimator = new CellEstimator(INTERVAL, 1)
    const scene = { offset: 0, slope: 0, noise: 0, delay: () => 1000, seed: 1 }
    expect(estimator.estimate(ms(0))).to.equal(undefined)
    feed(estimator, scene, 0, 3)
    estimator.probeLost()
    expect(judge(estimator, 40).state).to.equal('fresh')
    estimator.probeLost()
    expect(judge(estimator, 40)).to.include({ state: 'lost', loss: 1 })
    feed(estimator, scene, 4, 1)
    expect(judge(estimator, 70).state).to.equal('fresh')
    expect(judge(estimator, 70.001).state).to.equal('stale')
  })

  it('a peer that counts from the start again is not mixed with what it was', () => {
    const estimator = new CellEstimator(INTERVAL, 1)
    feed(estimator, { offset: 9e9, slope: 0, noise: 0, delay: () => 1000, seed: 1 }, 5, 5)
    estimator.add({ at: us(2e8), localAt: ms(2e5), delay: us(7), sent: 1, accepted: 1 })
    expect(judge(estimator, 200)).to.include({ delay: 7, loss: undefined })
  })

  it('ignores a sample older than the last', () => {
    const estimator = new CellEstimator(INTERVAL, 1)
    estimator.add({ at: us(2e7), localAt: ms(2e4), delay: us(5000), sent: 2, accepted: 2 })
    estimator.add({ at: us(1e7), localAt: ms(1e4), delay: us(10), sent: 1, accepted: 1 })
    expect(judge(estimator, 20).delay).to.equal(5000)
  })
})
