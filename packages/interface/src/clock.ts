import type { Milliseconds } from './units.ts'

/** Time, injected everywhere so that a simulator can run the same code on a virtual clock. */
export interface Clock {
  /** Monotonic; its zero means nothing. */
  now: () => Milliseconds
  /** Milliseconds since 1970 of the machine's own calendar; for expiries and for people, never for measurement. */
  wallTime: () => Milliseconds
  setTimeout: (callback: () => void, delay: Milliseconds) => Timer
  setInterval: (callback: () => void, period: Milliseconds) => Timer
  /** Resolves after `delay`; rejects with the signal's reason when aborted. */
  sleep: (delay: Milliseconds, signal?: AbortSignal) => Promise<void>
}

/** A pending timer; `cancel` is idempotent. Timers never keep a process alive by themselves. */
export interface Timer {
  cancel: () => void
}

/** Randomness, injected and seedable. */
export interface Random {
  /** Uniform in [0, 1). */
  next: () => number
  bytes: (length: number) => Uint8Array
}
