import assert from 'node:assert/strict'
import { seededRandom } from '@srwan/clock'
import type { QuarantineVerdict } from '@srwan/interface'
import { judge } from '../src/index.ts'
import type { Testimony } from '../src/index.ts'
import { PARAMETERS, aGroup, after, says, sidOf } from './a-group.ts'

const SIZE = 50
const LIARS = 10
const FRAMED = 20
const HOLE = 21
const MINUTES = 60

/** Words of an hour: each fifth router lies in each minute, about the framed one and for the black hole; the honest see what is, now and then wrongly. */
function anHour(seed: number, isHole: boolean): readonly Testimony[] {
  const random = seededRandom(seed)
  const words: Testimony[] = []
  for (let minute = 0; minute < MINUTES; minute += 4) {
    for (let observer = 0; observer < SIZE; observer++) {
      const second = minute * 60 + Math.floor(random.next() * 60)
      const isLiar = observer < LIARS
      if (observer !== FRAMED && (isLiar || random.next() < 0.2)) words.push(says(observer, FRAMED, second, { holds: isLiar || random.next() < 0.02 }))
      if (observer !== HOLE && isHole && (isLiar || random.next() < 0.6)) words.push(says(observer, HOLE, second, { holds: !isLiar }))
    }
  }
  return words
}

/** Verdicts as they stand each minute. */
function timeline(testimony: readonly Testimony[]): readonly (readonly QuarantineVerdict[])[] {
  return Array.from({ length: MINUTES / 6 }, (_, step) => judge({ testimony, forks: [], witnesses: aGroup(SIZE), now: after((step + 1) * 360), parameters: PARAMETERS }))
}

describe('a fifth of liars', () => {
  it('never frames an honest router, whatever the chance, nor does the framed one lose a path', () => {
    for (const seed of [1, 2]) {
      for (const verdicts of timeline(anHour(seed, false))) {
        assert.ok(!verdicts.some(({ router, isAvoided }) => router === sidOf(FRAMED) && isAvoided), `seed ${seed}`)
      }
    }
  })

  it('cannot keep a black hole in the paths by vouching for it', () => {
    const states = timeline(anHour(4, true)).map((verdicts) => verdicts.find(({ router }) => router === sidOf(HOLE))?.isAvoided)
    assert.ok(
      states.every((isAvoided) => isAvoided === true),
      JSON.stringify(states)
    )
  })

  it('frames one where it is more than a quarter: the bound is where the document says', () => {
    const liars = (count: number): Testimony[] => Array.from({ length: count }, (_, observer) => says(observer, FRAMED, 0))
    const isFramed = (count: number): boolean =>
      judge({ testimony: liars(count), forks: [], witnesses: aGroup(SIZE), now: after(1), parameters: PARAMETERS }).some(({ isAvoided }) => isAvoided)
    assert.equal(isFramed(12), false)
    assert.equal(isFramed(13), true)
  })
})
