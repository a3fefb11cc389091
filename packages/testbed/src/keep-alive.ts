import { MessageChannel } from 'node:worker_threads'

/**
 * Keeps this process alive while it waits on timers of a `Clock`, which never do.
 *
 * @returns what ends it; idempotent
 */
export function keepProcessAlive(): () => void {
  const { port1 } = new MessageChannel()
  port1.ref()
  port1.on('message', () => {})
  return () => {
    port1.close()
  }
}
