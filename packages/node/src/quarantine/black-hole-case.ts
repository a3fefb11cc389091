import type { Milliseconds, Sid } from '@srwan/interface'
import type { Observation } from '@srwan/quarantine'
import type { Carriage } from './carriage-watch.ts'

/** How long the data on the path taken instead is waited for. */
const SIBLING_WAIT = 12_000
/** A router that carried well this recently is no suspect. */
const PROVEN = 5000
/** Cases that are open at once. */
const MAX_CASES = 64
/** Share of what was sent that arrived at most where the group is told. */
const TOLD_SHARE = 0.25

/** Data was lost over a list; the path taken instead has yet to show that it arrives there. */
interface OpenCase {
  readonly lost: Carriage
  readonly suspects: readonly Sid[]
  readonly at: Milliseconds
}

/** What follows from one sample. */
export interface CarriageFindings {
  /** To be left out at once. */
  readonly avoid: readonly Sid[]
  /** The fault was not theirs. */
  readonly relieve: readonly Sid[]
  /** To tell the group. */
  readonly observations: readonly Omit<Observation, 'at'>[]
  /** Carried data well in this window. */
  readonly carried: ReadonlyMap<Sid, Carriage>
}

/** Blames the transits of lists that lose data, and clears or convicts them by what the sibling path does with the same flow. */
export class BlackHoleCases {
  readonly #cases = new Map<string, OpenCase>()
  readonly #proven = new Map<Sid, Milliseconds>()

  take(carriages: readonly Carriage[], now: Milliseconds): CarriageFindings {
    const carried = new Map<Sid, Carriage>()
    for (const carriage of carriages) if (carriage.outcome === 'carried') for (const transit of carriage.segments.slice(0, -1)) carried.set(transit, carriage)
    for (const transit of carried.keys()) this.#proven.set(transit, now)
    for (const [transit, at] of this.#proven) if (now - at > PROVEN) this.#proven.delete(transit)
    for (const [key, { at }] of this.#cases) if (now - at > SIBLING_WAIT) this.#cases.delete(key)
    const judged = this.#judgeSiblings(carriages)
    return { carried, ...judged, avoid: this.#openCases(carriages, now) }
  }

  #openCases(carriages: readonly Carriage[], now: Milliseconds): readonly Sid[] {
    const avoid = new Set<Sid>()
    for (const lost of carriages) {
      const suspects = lost.segments.slice(0, -1).filter((transit) => !this.#proven.has(transit))
      const key = lost.segments.join('>')
      if (lost.outcome !== 'lost' || suspects.length === 0 || this.#cases.has(key) || this.#cases.size >= MAX_CASES) continue
      // the default path beside it loses as well: no transit did that
      if (carriages.some(({ endpoint, segments, outcome }) => endpoint === lost.endpoint && segments.length === 1 && outcome === 'lost')) continue
      this.#cases.set(key, { lost, suspects, at: now })
      for (const suspect of suspects) avoid.add(suspect)
    }
    return [...avoid]
  }

  #judgeSiblings(carriages: readonly Carriage[]): Pick<CarriageFindings, 'relieve' | 'observations'> {
    const relieve: Sid[] = []
    const observations: Omit<Observation, 'at'>[] = []
    for (const [key, { lost, suspects }] of this.#cases) {
      const siblings = carriages.filter(({ endpoint, segments }) => endpoint === lost.endpoint && !segments.some((segment) => suspects.includes(segment)))
      const good = siblings.find(({ outcome }) => outcome === 'carried')
      if (good === undefined && siblings.length === 0) continue
      this.#cases.delete(key)
      if (good === undefined) relieve.push(...suspects)
      else if (suspects.length === 1 && lost.arrived <= TOLD_SHARE * lost.sent) observations.push(observationOf(suspects[0] as Sid, lost, good))
    }
    return { relieve, observations }
  }
}

function observationOf(subject: Sid, lost: Carriage, sibling: Carriage): Omit<Observation, 'at'> {
  const figures = { octetsSent: lost.sent, octetsArrived: lost.arrived, siblingSent: sibling.sent, siblingArrived: sibling.arrived }
  return { subject, class: 'black-hole', holds: true, windowSeconds: 3, seenWith: [lost.endpoint], figures }
}
