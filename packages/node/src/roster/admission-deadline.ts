import { ms } from '@srwan/interface'
import type { Clock } from '@srwan/interface'

/** Within this a connection must have shown a membership. */
export const ADMISSION_TIMEOUT = ms(10_000)

/** Aborts when the time to show a membership is over, unless it is cancelled before. */
export function admissionDeadline(clock: Clock): { readonly signal: AbortSignal; readonly cancel: () => void } {
  const controller = new AbortController()
  const timer = clock.setTimeout(() => {
    controller.abort(new Error('no membership shown in time'))
  }, ADMISSION_TIMEOUT)
  return {
    signal: controller.signal,
    cancel: () => {
      timer.cancel()
    }
  }
}
