import { EXIT } from '@srwan/api/light'
import { systemClock } from '@srwan/clock'

import type { Context } from '../context.ts'
import { WaitTimeoutError } from '../errors.ts'
import { durationOption } from '../option-values.ts'

/** Time between two questions. */
const POLL_MS = 200
const MAX_TIMEOUT_MS = 86_400_000

/** One question: true, or what is still missing. */
type Question = (context: Context) => Promise<true | string>

const QUESTIONS: Readonly<Record<string, Question>> = {
  started: async ({ client, signal }) => {
    const { ok, state } = await client.probe('startedz', signal)
    return ok || `it is ${state}`
  },
  ready: async ({ client, signal }) => {
    const { ok, state } = await client.probe('readyz', signal)
    return ok || `it is ${state}`
  },
  matrix: async ({ client, signal }) => {
    const { oneWayDelayMs } = await client.matrix(signal)
    const missing = oneWayDelayMs.flatMap((row, i) => row.filter((cell, j) => i !== j && cell === null)).length
    return oneWayDelayMs.length < 2 ? 'there is no other member' : missing === 0 || `${missing} cells are missing`
  }
}

const answers =
  (destination: string): Question =>
  async ({ client, signal }) => {
    const { roundTripMs } = await client.ping(destination, { count: 1, intervalMs: 10 }, signal)
    return roundTripMs !== null || `${destination} does not answer`
  }

/** `srwan wait --for ready|started|matrix|DST`: exit code 4 on timeout, 3 where no daemon runs then. */
export async function wait(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  const what = String(options['for'])
  const timeout = durationOption('--timeout', options['timeout'], { minimum: 0, maximum: MAX_TIMEOUT_MS })
  const question = QUESTIONS[what] ?? answers(what)
  const clock = systemClock()
  const end = clock.now() + timeout
  for (;;) {
    const outcome = await question(context).catch((error: unknown) => error as Error)
    context.signal.throwIfAborted()
    if (outcome === true) return EXIT.ok
    if (clock.now() >= end) throw failure(what, String(options['timeout']), outcome)
    await new Promise((resolve) => {
      setTimeout(resolve, Math.min(POLL_MS, Math.max(1, end - clock.now())))
    })
  }
}

/** Errors that waiting may mend are reported as timeout, with what stood at the end; a missing daemon as that. */
function failure(what: string, timeout: string, outcome: string | Error): Error {
  const { code } = outcome as { code?: unknown }
  if (code === 'ERR_DAEMON_UNREACHABLE') return outcome as Error
  const reason = typeof outcome === 'string' ? outcome : outcome.message
  return new WaitTimeoutError(`not ${what} after ${timeout}: ${reason}`, { remedy: 'See `srwan status`, or wait longer with --timeout.' })
}
