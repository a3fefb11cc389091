import type { Milliseconds, PeerIdText } from '@srwan/interface'
import { ASKER_BURST, ASKER_RATE, MAX_ASKERS, TOTAL_BURST, TOTAL_RATE } from './constants.ts'

const MS_PER_SECOND = 1000

/** A token bucket: so many at once, so many a second. */
class Bucket {
  readonly #burst: number
  readonly #rate: number
  #tokens: number
  #at: number

  constructor(burst: number, rate: number, now: Milliseconds) {
    this.#burst = burst
    this.#rate = rate
    this.#tokens = burst
    this.#at = now
  }

  take(now: Milliseconds): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) * this.#rate) / MS_PER_SECOND)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

/** How often others may ask. */
export class RequestBudget {
  readonly #all: Bucket
  readonly #askers = new Map<PeerIdText, Bucket>()

  constructor(now: Milliseconds) {
    this.#all = new Bucket(TOTAL_BURST, TOTAL_RATE, now)
  }

  /** The asker's own tokens go first: one who floods takes nothing from the rest. */
  take(asker: PeerIdText, now: Milliseconds): boolean {
    const bucket = this.#askers.get(asker) ?? new Bucket(ASKER_BURST, ASKER_RATE, now)
    this.#askers.delete(asker)
    this.#askers.set(asker, bucket)
    for (const longestSilent of this.#askers.keys()) {
      if (this.#askers.size <= MAX_ASKERS) break
      this.#askers.delete(longestSilent)
    }
    return bucket.take(now) && this.#all.take(now)
  }
}
