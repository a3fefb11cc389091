import { EXIT } from '@srwan/api/light'

/**
 * Runs something that Ctrl-C aborts; a second Ctrl-C ends the process at once.
 *
 * @param work - gets a signal that is aborted by SIGINT or SIGTERM, unless it installs handlers of its own
 */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}
