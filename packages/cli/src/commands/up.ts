import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { DAEMON_FLAGS, EXIT } from '@srwan/api/light'
import { loadHome, refuseRunning } from '@srwan/daemon/light'
import { systemClock } from '@srwan/clock'
import type { Context } from '../context.ts'
import { DaemonFailedError, WaitTimeoutError } from '../errors.ts'
import { settingFlags } from '../setting-flags.ts'

/** Longest wait for a detached daemon to start. */
const START_TIMEOUT_MS = 30_000
const POLL_MS = 50
/** A stopped daemon's process ends by itself in this time, or is ended. */
const EXIT_GRACE_MS = 200
/** End of a failed daemon's log that is shown. */
const SHOWN_LOG_OCTETS = 4000

/** `srwan up [--detach]` */
export async function up(context: Context, _args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<number> {
  if (options['detach'] === true) return detach(context)
  // The daemon has signal handlers of its own.
  context.releaseSignals()
  const { runDaemon } = await import('@srwan/daemon')
  const exitCode = await runDaemon({
    home: context.options.home,
    environment: context.environment,
    flags: settingFlags(context),
    onStarted: ({ self }) =>
      context.note(
        `srwan: ${self.name} is up at ${self.overlayAddress}; ask it with \`srwan status${context.options.home === undefined ? '' : ` --home ${context.options.home}`}\``
      )
  })
  // Everything has stopped; a timer that a dependency forgot must not keep the process.
  setTimeout(() => process.exit(exitCode), EXIT_GRACE_MS).unref()
  return exitCode
}

async function detach(context: Context): Promise<number> {
  const { options, paths, environment } = context
  await loadHome({ home: options.home, environment, flags: settingFlags(context) }, systemClock().wallTime())
  await refuseRunning(paths.lock)
  const log = openSync(paths.log, 'a', 0o600)
  const before = statSync(paths.log).size
  const flags = [...(options.logLevel === undefined ? [] : ['--log-level', options.logLevel]), ...(options.network === undefined ? [] : ['--network', options.network])]
  const child = spawn(process.execPath, [...DAEMON_FLAGS, ...process.execArgv, process.argv[1] ?? '', 'up', '--home', paths.home, ...flags], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...environment }
  })
  closeSync(log)
  await started(context, child, () => readFileSync(paths.log).subarray(before).subarray(-SHOWN_LOG_OCTETS).toString('utf8'))
  child.unref()
  if (!context.json({ schemaVersion: 1, pid: child.pid, log: paths.log })) context.note(`srwan: started (process ${child.pid}, log ${paths.log})`)
  return EXIT.ok
}

/** Resolves when the daemon has started. @throws DaemonFailedError after its own message, where it ends before */
async function started(context: Context, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < START_TIMEOUT_MS / POLL_MS; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null) throw failed(context, child.exitCode, log())
    if (
      await context.client.probe('startedz', context.signal).then(
        ({ ok }) => ok,
        () => false
      )
    )
      return
    context.signal.throwIfAborted()
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS)
    })
  }
  throw new WaitTimeoutError(`process ${child.pid} has not started after ${START_TIMEOUT_MS / 1000} s`, { remedy: `See ${context.paths.log}, or stop it with \`srwan down\`.` })
}

function failed(context: Context, exitCode: number | null, log: string): DaemonFailedError {
  context.stderr.write(log)
  const error = new DaemonFailedError('the daemon ended before it had started', { remedy: `Its log is ${context.paths.log}.` })
  return Object.assign(error, { exitCode: exitCode ?? EXIT.failure })
}
