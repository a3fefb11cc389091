import { ms } from '@srwan/interface'
import type { Clock, Milliseconds, Timer } from '@srwan/interface'
import { sleepOn, usableDelay } from './sleep.ts'

/** Node fires a longer timer at once; longer delays are waited for in pieces of this. */
const LONGEST_TIMER = 2 ** 31 - 1

/**
 * The machine's own clock. `now` is monotonic with sub-millisecond resolution; timers are unreferenced: they never keep a process alive.
 */
export function systemClock(): Clock {
  return {
    now: () => ms(performance.now()),
    wallTime: () => ms(Date.now()),
    setTimeout: startTimeout,
    setInterval: startInterval,
    sleep: (delay, signal) => sleepOn(startTimeout, delay, signal)
  }
}

function startTimeout(callback: () => void, delay: Milliseconds): Timer {
  let handle: NodeJS.Timeout
  const arm = (remaining: number): void => {
    const piece = Math.min(remaining, LONGEST_TIMER)
    handle = setTimeout(() => {
      if (remaining > piece) arm(remaining - piece)
      else callback()
    }, piece)
    handle.unref()
  }
  arm(usableDelay(delay))
  return {
    cancel: () => {
      clearTimeout(handle)
    }
  }
}

function startInterval(callback: () => void, period: Milliseconds): Timer {
  const handle = setInterval(callback, Math.min(Math.max(period, 1), LONGEST_TIMER))
  handle.unref()
  return {
    cancel: () => {
      clearInterval(handle)
    }
  }
}
