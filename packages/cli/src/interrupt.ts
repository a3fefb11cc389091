import { EXIT } from '@srwan/api/light'

/**
 * Runs something that Ctrl-C aborts; a second Ctrl-C ends the process at once.
 *
 * @param work - gets a signal that is aborted by SIGINT or SIGTERM, and a function that gives the signals up to handlers of its own
 */
export async function withInterrupt<T>(work: (signal: AbortSignal, release: () => void) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const release = (): void => {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
  try {
    return await work(controller.signal, release)
  } finally {
    release()
  }
}
