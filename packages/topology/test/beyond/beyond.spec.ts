import { ms } from '@srwan/interface'
import { expect } from 'chai'
import fc from 'fast-check'
import { LANDMARKS, LANDMARK_POOL, chooseLandmarks, estimateRoundTrip, reconcileColumns, roundTripsWith, shortlistRelays } from '../../src/index.ts'
import type { LandmarkVector } from '../../src/index.ts'
import { matrixOf, sidOf } from '../matrices.ts'
import { relayGains, syntheticRoundTrips } from './three-groups.ts'

const vector = (...trips: (number | undefined)[]): LandmarkVector => trips.map((trip) => (trip === undefined ? undefined : ms(trip)))
const BEACON = new Uint8Array(32).fill(7)

describe('beyond the group', function () {
  this.timeout(30_000)

  describe('estimate of a round trip', () => {
    it('lies between the two triangle bounds, whoever asks', () => {
      expect(estimateRoundTrip(vector(10, 50, undefined), vector(30, 20, 5))).to.deep.equal({ lower: 30, upper: 40, estimate: Math.sqrt(1200) })
      const trips = fc.array(fc.option(fc.double({ min: 0.1, max: 500, noNaN: true }), { nil: undefined }), { minLength: 1, maxLength: 8 })
      fc.assert(
        fc.property(trips, trips, (one, other) => {
          const estimate = estimateRoundTrip(vector(...one), vector(...other))
          expect(estimateRoundTrip(vector(...other), vector(...one))).to.deep.equal(estimate)
          if (estimate === undefined) return
          expect(estimate.estimate).to.be.at.least(Math.min(estimate.lower, estimate.upper) - 1e-9)
          expect(estimate.estimate).to.be.at.most(Math.max(estimate.lower, estimate.upper) + 1e-9)
        })
      )
    })

    it('brackets the truth wherever the triangle inequality holds', () => {
      const coordinate = fc.tuple(fc.double({ min: 0, max: 100, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }))
      fc.assert(
        fc.property(coordinate, coordinate, fc.array(coordinate, { minLength: 1, maxLength: 8 }), (a, b, landmarks) => {
          const distance = (p: readonly number[], q: readonly number[]): number => 1 + Math.hypot((p[0] ?? 0) - (q[0] ?? 0), (p[1] ?? 0) - (q[1] ?? 0))
          const estimate = estimateRoundTrip(vector(...landmarks.map((l) => distance(a, l))), vector(...landmarks.map((l) => distance(b, l))))
          expect(estimate?.lower).to.be.at.most(distance(a, b) + 1e-9)
          expect(estimate?.upper).to.be.at.least(distance(a, b) - 1e-9)
        })
      )
    })

    it('is exact where one of the two is a landmark, and nothing where they share none', () => {
      expect(estimateRoundTrip(vector(0, 40), vector(33, 1))?.estimate).to.equal(33)
      expect(estimateRoundTrip(vector(10, undefined), vector(undefined, 10))).to.equal(undefined)
      expect(estimateRoundTrip([], [])).to.equal(undefined)
    })
  })

  describe('landmarks', () => {
    const routers = Array.from({ length: 200 }, (_, index) => sidOf(index))

    it('are the same for every order of the routers, and others under another beacon', () => {
      const chosen = chooseLandmarks({ routers, beacon: BEACON })
      expect(chosen).to.have.lengthOf(LANDMARKS)
      expect(chooseLandmarks({ routers: [...routers].reverse(), beacon: BEACON })).to.deep.equal(chosen)
      expect(chooseLandmarks({ routers, beacon: BEACON.map((octet) => octet + 1) })).to.not.deep.equal(chosen)
    })

    it('are all there are where there are few', () => {
      expect(chooseLandmarks({ routers: routers.slice(0, 5), beacon: BEACON })).to.deep.equal(routers.slice(0, 5))
      expect(chooseLandmarks({ routers: [], beacon: BEACON })).to.deep.equal([])
    })

    it('stand in every region by the digests before, where chance leaves some out', () => {
      // eight regions 100 ms apart, each router at home in the one that its number says
      const region = (sid: string): number => Number.parseInt(sid, 16) % LANDMARKS
      const vectorOf = (sid: string): LandmarkVector => vector(...Array.from({ length: LANDMARKS }, (_, k) => (k === region(sid) ? 5 : 100)))
      let byChance = 0
      for (let beacon = 0; beacon < 3; beacon++) {
        const query = { routers, beacon: new Uint8Array([beacon]) }
        expect(new Set(chooseLandmarks({ ...query, vectorOf }).map(region)).size, `beacon ${beacon}`).to.equal(LANDMARKS)
        byChance += new Set(chooseLandmarks(query).map(region)).size
      }
      expect(byChance).to.be.below(3 * LANDMARKS - 3)
    })

    it('come out of what the beacon drew, whatever a router says of itself', () => {
      const drawn = new Set(chooseLandmarks({ routers, beacon: BEACON, count: LANDMARK_POOL }))
      const outside = routers.find((sid) => !drawn.has(sid))
      const everywhere = (sid: string): LandmarkVector => (sid === outside ? vector(1, 1, 1, 1) : vector(100, 50, 100, 70))
      expect(chooseLandmarks({ routers, beacon: BEACON, vectorOf: everywhere })).to.not.include(outside)
    })
  })

  describe('shortlist of relays', () => {
    it('takes the best of either group by what is measured and what is estimated', () => {
      const relay = (index: number, roundTrip: number, ...trips: number[]): { sid: ReturnType<typeof sidOf>; roundTrip: ReturnType<typeof ms>; vector: LandmarkVector } => ({
        sid: sidOf(index),
        roundTrip: ms(roundTrip),
        vector: vector(...trips)
      })
      const listed = shortlistRelays({
        headend: vector(10, 100),
        egress: vector(100, 10),
        own: [relay(1, 5, 12, 98), relay(2, 50, 90, 12), relay(3, 20, 40, 40)],
        other: [relay(4, 10, 90, 15), relay(5, 30, 30, 60)],
        count: 1
      })
      expect(listed.map(({ sid, group }) => [sid, group])).to.deep.equal([
        [sidOf(2), 'own'],
        [sidOf(5), 'other']
      ])
    })

    it('leaves out whom no landmark connects', () => {
      expect(shortlistRelays({ headend: [], egress: [], own: [{ sid: sidOf(1), roundTrip: ms(1), vector: [] }], other: [] })).to.deep.equal([])
    })

    it('finds at least three quarters of what the best relay would gain, and more than as many by chance', () => {
      const gains = relayGains(syntheticRoundTrips(90, 11), 1, 6)
      expect(gains.pairs).to.be.above(100)
      expect(gains.shortlisted / gains.best).to.be.at.least(0.75)
      expect(gains.shortlisted / gains.best).to.be.above(gains.random / gains.best + 0.1)
    })
  })

  describe('round trips out of a matrix', () => {
    it('are free of offsets and drift, and leave out what is known in one direction only', () => {
      const delays = [
        [0, 10_000, 20_000],
        [12_000, 0, undefined],
        [22_000, 9000, 0]
      ]
      const clocks = { offsets: [0, 3.6e9, -5e8], rates: [0, 40, -30], age: (from: number, to: number) => 1000 * from + 500 * to }
      const trips = roundTripsWith(matrixOf(delays, clocks), sidOf(0), ms(100_000))
      expect(trips.get(sidOf(1))).to.be.closeTo(22, 0.001)
      expect(trips.get(sidOf(2))).to.be.closeTo(42, 0.001)
      expect([...roundTripsWith(matrixOf(delays), sidOf(1), ms(100_000)).keys()]).to.deep.equal([sidOf(0)])
      expect(roundTripsWith(matrixOf(delays), sidOf(9), ms(0)).size).to.equal(0)
    })
  })

  describe('two members on one column', () => {
    const column = (...trips: [number, number][]): ReadonlyMap<ReturnType<typeof sidOf>, ReturnType<typeof ms>> => new Map(trips.map(([index, trip]) => [sidOf(index), ms(trip)]))

    it('agree within drift, and the greater word counts', () => {
      const { roundTrips, differences } = reconcileColumns(column([1, 100], [2, 20]), column([1, 104], [3, 50]))
      expect([...roundTrips]).to.deep.equal([...column([1, 104], [2, 20], [3, 50])])
      expect(differences).to.deep.equal([])
    })

    it('and a difference beyond drift is evidence', () => {
      const { roundTrips, differences } = reconcileColumns(column([1, 100], [2, 20]), column([1, 30], [2, 20]))
      expect(roundTrips.get(sidOf(1))).to.equal(100)
      expect(differences).to.deep.equal([{ sid: sidOf(1), one: 100, other: 30 }])
    })
  })
})
