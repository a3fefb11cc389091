import type { Clock } from '@srwan/interface'

/** How much at once, and how much a second in the long run. */
export interface Quota {
  readonly burst: number
  readonly perSecond: number
}

/** Allows a burst and a rate; counts in whatever unit its quota does. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'now'>
  readonly #quota: Quota
  #tokens: number
  #at: number

  constructor(clock: Pick<Clock, 'now'>, quota: Quota) {
    this.#clock = clock
    this.#quota = quota
    this.#tokens = quota.burst
    this.#at = clock.now()
  }

  /** Takes `amount` if that much is there. */
  take(amount: number): boolean {
    this.#fill()
    if (this.#tokens < amount) return false
    this.#tokens -= amount
    return true
  }

  /** Takes `amount` even below zero: for what has already come. @returns whether it stayed within the quota */
  charge(amount: number): boolean {
    this.#fill()
    this.#tokens -= amount
    return this.#tokens >= 0
  }

  /** Is it as full as on its first day, so that nothing is lost by forgetting it? */
  get full(): boolean {
    this.#fill()
    return this.#tokens >= this.#quota.burst
  }

  #fill(): void {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#quota.burst, this.#tokens + ((now - this.#at) / 1000) * this.#quota.perSecond)
    this.#at = now
  }
}
