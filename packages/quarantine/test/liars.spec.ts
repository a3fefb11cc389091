import assert from 'node:assert/strict'
import { seededRandom } from '@srwan/clock'
import type { QuarantineVerdict } from '@srwan/interface'
import { isConclusive, judge, observersNeeded } from '../src/index.ts'
import type { Observation, ObservationClass, ObservationFamily, Testimony } from '../src/index.ts'
import { PARAMETERS, aGroup, after, says, sidOf } from './a-group.ts'

const SIZES = [5, 12, 50, 100]
const SEEDS = [1, 2, 3]
/** Observations speak for ten minutes: whoever is in the group has one in force all the time. */
const ROUNDS = 4
const ROUND_SECONDS = 240

/** Figures that bear what is said: those of who lies are no worse than true ones. */
const FIGURES: Readonly<Record<ObservationClass, readonly [holds: Observation['figures'], not: Observation['figures']]>> = {
  'black-hole': [
    { octetsSent: 1e6, octetsArrived: 0, siblingSent: 1e6, siblingArrived: 1e6 },
    { octetsSent: 1e6, octetsArrived: 1e6 }
  ],
  unresponsive: [{ lost: 6, heardBy: 2 }, { answered: 1 }],
  'refused-session': [
    { attempts: 3, answered: 1 },
    { attempts: 1, opened: 1 }
  ],
  'latency-lie': [{ samples: 3, excessMicroseconds: 15_000, roundTripMicroseconds: 40_000 }, { samples: 3 }],
  'light-speed': [{ pairs: 3, excessMicroseconds: 15_000 }, { pairs: 0 }]
}
const FAMILIES: Readonly<Record<ObservationFamily, readonly ObservationClass[]>> = {
  service: ['black-hole', 'unresponsive'],
  sessions: ['refused-session'],
  delays: ['latency-lie', 'light-speed']
}

interface Trial {
  readonly size: number
  readonly family: ObservationFamily
  readonly seed: number
  readonly subject: number
}
const trialsOf = (size: number): readonly Trial[] =>
  (Object.keys(FAMILIES) as ObservationFamily[]).flatMap((family) => SEEDS.map((seed) => ({ size, family, seed, subject: size - 1 - (seed % 3) })))

/** Words of a quarter of an hour about one router: a fifth says the opposite of what is, in each round, by any class of the family; of the others some say what is, now and then wrongly. */
function words({ size, family, seed, subject }: Trial, { isBad, isSaid, isWrong }: { isBad: boolean; isSaid: number; isWrong: number }): readonly Testimony[] {
  const random = seededRandom(seed)
  const said: Testimony[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (let observer = 0; observer < size; observer++) {
      const isLiar = observer < Math.floor(size / 5)
      if (observer === subject || !(isLiar || random.next() < isSaid)) continue
      const holds = isLiar || random.next() < isWrong ? !isBad : isBad
      const name = FAMILIES[family][Math.floor(random.next() * FAMILIES[family].length)] as ObservationClass
      const seenWith = [0, 1, 2, 3].filter((other) => other !== subject).map(sidOf)
      said.push(says(observer, subject, round * ROUND_SECONDS + 10 * Math.floor(random.next() * 6), { class: name, holds, seenWith, figures: FIGURES[name][holds ? 0 : 1] }))
    }
  }
  return said
}

/** Is the subject left out, at the end of these rounds? */
function isAvoided({ size, subject }: Trial, testimony: readonly Testimony[], rounds: readonly number[]): readonly boolean[] {
  assert.ok(testimony.every(({ observation }) => isConclusive(observation)))
  return rounds.map((round) => {
    const now = after((round + 1) * ROUND_SECONDS - 1)
    const verdicts: readonly QuarantineVerdict[] = judge({ testimony, forks: [], witnesses: aGroup(size), now, parameters: PARAMETERS })
    return verdicts.some(({ router, isAvoided: isOut }) => router === sidOf(subject) && isOut)
  })
}

for (const size of SIZES) {
  describe(`a fifth of liars in a group of ${size}`, function () {
    this.timeout(60_000)

    it('never frames an honest router, whatever the family and the chance', () => {
      for (const trial of trialsOf(size)) {
        const avoided = isAvoided(trial, words(trial, { isBad: false, isSaid: 0.2, isWrong: 0.02 }), [0, 1, 2, 3])
        assert.ok(!avoided.includes(true), `${trial.family}, seed ${trial.seed}: ${avoided.join()}`)
      }
    })

    it('cannot keep a bad one in the paths by vouching for it', () => {
      // of five all three honest must have looked: k is three
      const isSaid = size === 5 ? 1 : 0.7
      for (const trial of trialsOf(size)) {
        const avoided = isAvoided(trial, words(trial, { isBad: true, isSaid, isWrong: 0 }), [0, ROUNDS - 1])
        assert.ok(!avoided.includes(false), `${trial.family}, seed ${trial.seed}: ${avoided.join()}`)
      }
    })

    it('is less than it takes: the bound is where the document says', () => {
      const needed = observersNeeded(size)
      assert.ok(needed > size / 5)
      const subject = size - 1
      const isFramedBy = (liars: number): boolean => {
        const testimony = Array.from({ length: liars }, (_, observer) => says(observer, subject, 0))
        return judge({ testimony, forks: [], witnesses: aGroup(size), now: after(1), parameters: PARAMETERS }).some(({ isAvoided: isOut }) => isOut)
      }
      assert.equal(isFramedBy(needed - 1), false)
      assert.equal(isFramedBy(needed), true)
    })
  })
}
