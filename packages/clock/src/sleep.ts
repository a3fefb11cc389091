import { ms } from '@srwan/interface'
import type { Clock, Milliseconds } from '@srwan/interface'

/** `Clock.sleep` in terms of its `setTimeout`: leaves no listener behind on a signal that outlives it. */
export function sleepOn(setTimer: Clock['setTimeout'], delay: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = setTimer(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, usableDelay(delay))
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Negative and undefined delays fire at the next occasion, as the system's own timers do. */
export function usableDelay(delay: number): Milliseconds {
  return ms(delay > 0 ? delay : 0)
}
