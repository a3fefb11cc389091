import type { Clock, Milliseconds } from '@srwan/interface'

/** Trials on the word of others. */
export const TRIALS_PER_HOUR = 12
const BURST = 4
const HOUR = 3_600_000

/** Keeps accusations from making everybody probe all the time. */
export class TrialBudget {
  readonly #clock: Clock
  #tokens = BURST
  #at: Milliseconds

  constructor(clock: Clock) {
    this.#clock = clock
    this.#at = clock.now()
  }

  /** @returns whether a trial may take place */
  take(): boolean {
    const now = this.#clock.now()
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#at) * TRIALS_PER_HOUR) / HOUR)
    this.#at = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
