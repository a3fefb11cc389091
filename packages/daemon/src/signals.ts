import { EXIT } from '@srwan/api'

/** Signals that stop a daemon: the first in order, the second at once. */
export interface StopSignals {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal
  /** Stops as a first signal does. */
  readonly request: () => void
  /** Gives the signals back. */
  readonly dispose: () => void
}

/** @param onForce - called before the process ends by force: nothing asynchronous can happen any more */
export function watchSignals(onForce: () => void, announce: (text: string) => void): StopSignals {
  const controller = new AbortController()
  const stop = (name: NodeJS.Signals): void => {
    if (!controller.signal.aborted) {
      announce(`${name}: stopping; once more to force`)
      controller.abort()
      return
    }
    onForce()
    process.exit(EXIT.interrupted)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    request: () => controller.abort(),
    dispose: () => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  }
}
