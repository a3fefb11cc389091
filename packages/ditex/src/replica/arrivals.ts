import { scopeNumber } from '../entry/bounds.ts'
import type { LogPlace, LogScope } from '@srwan/interface'

/** Arrivals remembered for each scope: what a member missed in hours; who missed more compares heads. */
export const MAX_ARRIVALS = 65_536

/** One thing that arrived: an entry, or a fork of a log. */
export interface Arrival {
  readonly place: LogPlace
  /** `undefined`: a fork of that incarnation became known. */
  readonly seq: number | undefined
  readonly incarnation: number
}

/** The last arrivals of each scope in order, under running numbers. */
export class ArrivalOrder {
  readonly #rings: readonly Ring[] = [new Ring(), new Ring(), new Ring()]

  add(arrival: Arrival): void {
    this.#rings[scopeNumber(arrival.place.scope)]!.add(arrival)
  }

  count(scope: LogScope): number {
    return this.#rings[scopeNumber(scope)]!.count
  }

  /** @returns `undefined` where the cursor was never given or is forgotten */
  since(scope: LogScope, cursor: number, limit: number): readonly Arrival[] | undefined {
    return this.#rings[scopeNumber(scope)]!.since(cursor, limit)
  }
}

class Ring {
  readonly #slots: Arrival[] = []
  count = 0

  add(arrival: Arrival): void {
    this.#slots[this.count % MAX_ARRIVALS] = arrival
    this.count++
  }

  since(cursor: number, limit: number): Arrival[] | undefined {
    if (!Number.isInteger(cursor) || cursor > this.count || cursor < this.count - this.#slots.length) return undefined
    const arrivals: Arrival[] = []
    for (let at = cursor; at < this.count && arrivals.length < limit; at++) arrivals.push(this.#slots[at % MAX_ARRIVALS]!)
    return arrivals
  }
}
