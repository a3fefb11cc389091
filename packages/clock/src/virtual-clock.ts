import { ms } from '@srwan/interface'
import type { Clock, Milliseconds, Timer } from '@srwan/interface'
import { sleepOn, usableDelay } from './sleep.ts'
import { TimerQueue } from './timer-queue.ts'
import type { QueuedTimer } from './timer-queue.ts'

/** 2026-01-01T00:00:00Z: a fixed calendar, so that virtual runs repeat. */
const DEFAULT_WALL_START = ms(1_767_225_600_000)
const DEFAULT_LIMIT = ms(24 * 3_600_000)
/** Rounds of the real event loop that `runUntil` grants to work outside the virtual clock (hashing, signing) before it gives up. */
const IDLE_ROUNDS = 200

/** What a virtual clock starts with. */
export interface VirtualClockInit {
  /** First value of `now`. @default 0 ms */
  readonly start?: Milliseconds
  /** First value of `wallTime`. @default 2026-01-01T00:00:00Z */
  readonly wallStart?: Milliseconds
}

/** A clock that stands still until it is told to go on. Callbacks run ordered by time, then by order of creation; promises settle in between. */
export interface VirtualClock extends Clock {
  /** Runs everything due within `duration`, then stands at exactly `now + duration`. */
  advance: (duration: Milliseconds | number) => Promise<void>
  /**
   * Runs until the promise settles and returns its outcome.
   *
   * @param limit - virtual time to spend at most. @default 24 h
   * @throws Error where nothing is left to run, or where the limit is reached, and the promise is still pending
   */
  runUntil: <T>(promise: Promise<T>, limit?: Milliseconds | number) => Promise<T>
}

/** A clock for tests and simulators: hours in milliseconds, the same each time. */
export function createVirtualClock(init: VirtualClockInit = {}): VirtualClock {
  return new Machine(init)
}

class Machine implements VirtualClock {
  readonly #queue = new TimerQueue()
  readonly #wallOffset: number
  #now: number
  #sequence = 0

  constructor(init: VirtualClockInit) {
    this.#now = init.start ?? 0
    this.#wallOffset = (init.wallStart ?? DEFAULT_WALL_START) - this.#now
  }

  readonly now = (): Milliseconds => ms(this.#now)
  readonly wallTime = (): Milliseconds => ms(this.#now + this.#wallOffset)
  readonly sleep = (delay: Milliseconds, signal?: AbortSignal): Promise<void> => sleepOn(this.setTimeout, delay, signal)

  readonly setTimeout = (callback: () => void, delay: Milliseconds): Timer => {
    const timer = this.#enqueue(callback, usableDelay(delay))
    return {
      cancel: () => {
        timer.cancelled = true
      }
    }
  }

  readonly setInterval = (callback: () => void, period: Milliseconds): Timer => {
    const step = Math.max(period, 1)
    let timer: QueuedTimer
    let cancelled = false
    const tick = (): void => {
      timer = this.#enqueue(tick, step)
      if (cancelled) timer.cancelled = true
      else callback()
    }
    timer = this.#enqueue(tick, step)
    return {
      cancel: () => {
        cancelled = true
        timer.cancelled = true
      }
    }
  }

  readonly advance = async (duration: number): Promise<void> => {
    const end = this.#now + usableDelay(duration)
    await settle()
    for (let next = this.#queue.peek(); next !== undefined && next.at <= end; next = this.#queue.peek()) {
      await this.#runNext()
    }
    this.#now = end
  }

  readonly runUntil = async <T>(promise: Promise<T>, limit: number = DEFAULT_LIMIT): Promise<T> => {
    const end = this.#now + limit
    let settled = false
    const note = (): void => {
      settled = true
    }
    promise.then(note, note)
    await settle()
    for (let idle = 0; !settled; ) {
      const next = this.#queue.peek()
      if (next !== undefined && next.at > end) throw new Error(`virtual clock: still pending after ${limit} ms of virtual time`)
      if (next === undefined && ++idle > IDLE_ROUNDS) throw new Error('virtual clock: nothing is left to run and the promise is still pending')
      if (next !== undefined) idle = 0
      await this.#runNext()
    }
    return promise
  }

  #enqueue(callback: () => void, delay: number): QueuedTimer {
    const timer = { at: this.#now + delay, sequence: this.#sequence++, cancelled: false, callback }
    this.#queue.push(timer)
    return timer
  }

  async #runNext(): Promise<void> {
    const next = this.#queue.pop()
    if (next !== undefined) {
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    await settle()
  }
}

/** Lets every promise that can settle do so before virtual time goes on. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
