import type { Sid } from '@srwan/interface'
import type { ObservationFamily } from './observation.ts'
import { LEAST_PLACES, observersNeeded, removalBudget } from './parameters.ts'
import type { Witness, Word } from './testimony.ts'

/** The last words in force at one instant: of each (subject, family) by observer. */
export type WordsInForce = ReadonlyMap<Sid, ReadonlyMap<ObservationFamily, ReadonlyMap<Sid, Word>>>

/** What the group says of one router in one family, in independent observers: once by all words and, where data was seen lost, once by those about data alone. */
export interface Balance {
  readonly family: ObservationFamily
  readonly accused: number
  readonly cleared: number
  /** Those whose accusation stands. */
  readonly accusers: readonly Word[]
}

/** Accusations an observer may make at once and be heard in full; beyond, they share its weight. */
const allowance = (size: number): number => Math.max(2, removalBudget(size))

/**
 * Weighs the words of one instant. An observer who accuses many is discounted. Where two accuse each other, only the word of the one whom fewer others accuse stands; of equals neither. No place (ASN)
 * counts for more than a third of those needed, no /24 for more than one.
 */
export function weigh(words: WordsInForce, witnesses: ReadonlyMap<Sid, Witness>): ReadonlyMap<Sid, readonly Balance[]> {
  const accusers = accusersOf(words)
  const accusations = new Map<Sid, number>()
  for (const observers of accusers.values()) for (const observer of observers) accusations.set(observer, (accusations.get(observer) ?? 0) + 1)
  const scale = allowance(witnesses.size)
  const weightOf = (observer: Sid): number => Math.min(1, scale / (accusations.get(observer) ?? 1))
  const stands = (word: Word): boolean => {
    if (accusers.get(word.observer)?.has(word.subject) !== true) return true
    // each has the other among its accusers, so comparing the sizes compares what third parties say
    return (accusers.get(word.observer)?.size ?? 0) < (accusers.get(word.subject)?.size ?? 0)
  }
  return new Map(
    [...words].map(([subject, families]) => [
      subject,
      [...families].flatMap(([family, byObserver]) => {
        const said = [...byObserver.values()]
        const balanceOf = (heard: readonly Word[]): Balance => {
          const standing = heard.filter((word) => word.observation.holds && stands(word))
          const clearing = heard.filter((word) => !word.observation.holds)
          return { family, accused: independent(standing, witnesses, weightOf), cleared: independent(clearing, witnesses, () => 1), accusers: standing }
        }
        const byData = said.filter(isByData)
        return byData.some(({ observation }) => observation.holds) ? [balanceOf(said), balanceOf(byData)] : [balanceOf(said)]
      })
    ])
  )
}

/** What was seen of data itself: only data refutes it, for who drops data may well let probes pass. */
const isByData = ({ observation }: Word): boolean => (observation.figures['octetsSent'] ?? 0) > 0

function accusersOf(words: WordsInForce): ReadonlyMap<Sid, ReadonlySet<Sid>> {
  return new Map(
    [...words].map(([subject, families]) => [
      subject,
      new Set([...families.values()].flatMap((byObserver) => [...byObserver.values()].filter(({ observation }) => observation.holds).map(({ observer }) => observer)))
    ])
  )
}

/** Sum of the weights, no /24 more than 1, no place more than its part. */
function independent(words: readonly Word[], witnesses: ReadonlyMap<Sid, Witness>, weightOf: (observer: Sid) => number): number {
  const most = Math.max(1, Math.floor(observersNeeded(witnesses.size) / LEAST_PLACES))
  const networks = new Map<string, { place: string; weight: number }>()
  for (const { observer } of words.toSorted((a, b) => (a.observer < b.observer ? -1 : 1))) {
    const { asn, network } = witnesses.get(observer) as Witness
    const place = asn === undefined ? `network ${network ?? 'unknown'}` : `AS ${asn}`
    const key = network ?? (asn === undefined ? 'unknown' : observer)
    const known = networks.get(key)
    // the first place of a network stands for all in it: who shares a /24 cannot be in several ASNs
    networks.set(key, { place: known?.place ?? place, weight: Math.min(1, (known?.weight ?? 0) + weightOf(observer)) })
  }
  const places = new Map<string, number>()
  for (const { place, weight } of networks.values()) places.set(place, Math.min(most, (places.get(place) ?? 0) + weight))
  return [...places.values()].reduce((sum, weight) => sum + weight, 0)
}
