import { EXIT } from '@srwan/api/light'
import { holderOf, runs } from '@srwan/daemon/light'
import type { Context } from '../context.ts'
import { WaitTimeoutError } from '../errors.ts'

/** Longer than the daemon takes for its orderly stop. */
const STOP_TIMEOUT_MS = 15_000
const POLL_MS = 50

/** `srwan down`: returns when the process is gone; exit code 3 where none ran. */
export async function down(context: Context): Promise<number> {
  const { client, paths, signal } = context
  const holder = await holderOf(paths.lock)
  try {
    await client.stop(signal)
  } catch (error) {
    if (holder === undefined) throw error
    process.kill(holder.pid, 'SIGTERM')
  }
  const attempts = STOP_TIMEOUT_MS / POLL_MS
  for (let attempt = 0; attempt < attempts; attempt++) {
    signal.throwIfAborted()
    if (holder === undefined ? (await holderOf(paths.lock)) === undefined : !runs(holder)) {
      if (!context.json({ schemaVersion: 1, stopped: true })) context.note('stopped')
      return EXIT.ok
    }
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS)
    })
  }
  throw new WaitTimeoutError(`process ${holder?.pid ?? ''} has not stopped after ${STOP_TIMEOUT_MS / 1000} s`, {
    remedy: `End it with \`kill -9 ${holder?.pid ?? 'PID'}\`; the next start cleans up.`
  })
}
