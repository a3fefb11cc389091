import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@srwan/clock'
import { BaseError } from '@srwan/interface'
import { TestnetFailedError } from './errors.ts'
import type { Scenario } from './scenario.ts'
import { createTestbed } from './testbed.ts'
import { TESTNET_FILES } from './testnet-state.ts'

/** Exit code of a process that was interrupted (style of shells: 128 + SIGINT). */
const INTERRUPTED = 130

export interface ForegroundInit {
  readonly dir: string
  readonly scenario: Scenario
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly report: (text: string) => void
  /** Called when every node is ready. */
  readonly ready: () => void
  /** This process was started by {@link runDetached}: it tells its parent, then goes on alone. */
  readonly supervised: boolean
  /** Program and first arguments of the daemon. */
  readonly entry?: readonly string[]
}

/** What a detached supervisor tells its parent. */
type Message = { readonly kind: 'progress'; readonly text: string } | { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly error: SentError }

interface SentError {
  readonly name: string
  readonly code?: string
  readonly message: string
  readonly remedy?: string
  readonly source?: string
}

/** An error of the other process, with all that is shown of it. */
class SupervisorError extends BaseError {
  override readonly name: string
  readonly code: string
  readonly source?: string

  constructor(sent: SentError) {
    super(sent.message, sent.remedy === undefined ? {} : { remedy: sent.remedy })
    this.name = sent.name
    this.code = sent.code ?? 'ERR_TESTNET_FAILED'
    if (sent.source !== undefined) this.source = sent.source
  }
}

/**
 * Runs a testnet until a signal or its end. The first signal asks for an orderly end, the second forces it.
 *
 * @returns the exit code: 130 after Ctrl-C, 0 after SIGTERM, 1 where it ended by itself
 * @throws what `up` throws, nothing being left
 */
export async function runForeground(init: ForegroundInit): Promise<number> {
  const parent = init.supervised ? parentChannel() : undefined
  const run: Run = { isReady: false }
  const report = reporter(init, parent, run)
  const testbed = createTestbed({ dir: init.dir, scenario: init.scenario, environment: init.environment, report, ...(init.entry === undefined ? {} : { entry: init.entry }) })
  const starting = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    if (run.exitCode !== undefined) {
      report('forced')
      testbed.down(true).catch(() => {
        process.exit(INTERRUPTED)
      })
      return
    }
    run.exitCode = signal === 'SIGINT' ? INTERRUPTED : 0
    report('stopping; once more to force it')
    starting.abort(Object.assign(new Error('interrupted'), { name: 'AbortError' }))
    if (run.isReady)
      testbed.down().catch((error: Error) => {
        report(error.message)
        process.exit(1)
      })
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  try {
    await testbed.up(starting.signal)
    run.isReady = true
    announce(init, parent, run)
    if (run.exitCode !== undefined) await testbed.down()
    await testbed.ended
    return run.exitCode ?? 1
  } catch (error) {
    if (run.exitCode !== undefined) return run.exitCode
    if (parent === undefined) throw error
    parent.send({ kind: 'failed', error: sentError(error as Error) })
    return 1
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    parent?.close()
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** How far a foreground run has come. */
interface Run {
  isReady: boolean
  /** Set by the first signal. */
  exitCode?: number
}

type ParentChannel = ReturnType<typeof parentChannel>

/** Progress goes to people or to the parent; what happens after `ready` under a parent, to the log. */
function reporter(init: ForegroundInit, parent: ParentChannel | undefined, run: Run): (text: string) => void {
  const clock = systemClock()
  return (text) => {
    if (parent === undefined) init.report(text)
    else if (run.isReady) appendFileSync(join(init.dir, TESTNET_FILES.log), `${new Date(clock.wallTime()).toISOString()} ${text}\n`)
    else parent.send({ kind: 'progress', text })
  }
}

function announce(init: ForegroundInit, parent: ParentChannel | undefined, run: Run): void {
  parent?.send({ kind: 'ready' })
  parent?.close()
  if (parent === undefined && run.exitCode === undefined) init.ready()
}

function parentChannel(): { send: (message: Message) => void; close: () => void } {
  return {
    send: (message) => {
      if (process.connected)
        process.send?.(message, undefined, undefined, () => {
          /* the parent may be gone */
        })
    },
    close: () => {
      if (process.connected) process.disconnect()
    }
  }
}

const sentError = (error: Error & Partial<SentError>): SentError => ({
  name: error.name,
  message: error.message,
  ...(error.code === undefined ? {} : { code: error.code }),
  ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
  ...(error.source === undefined ? {} : { source: error.source })
})

/**
 * Starts a supervisor that outlives this process and resolves when its testnet is ready.
 *
 * @param command - argument vector of the supervisor; it must call {@link runForeground} with `supervised`
 * @throws what its `up` threw
 */
export async function runDetached(command: readonly string[], report: (text: string) => void): Promise<void> {
  const [program, ...args] = command as [string, ...string[]]
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  await new Promise<void>((resolve, reject) => {
    const interrupt = (): void => {
      child.kill('SIGINT')
    }
    process.on('SIGINT', interrupt)
    const settle = (action: () => void): void => {
      process.off('SIGINT', interrupt)
      action()
    }
    child.on('message', (message: Message) => {
      if (message.kind === 'progress') report(message.text)
      else if (message.kind === 'ready') settle(resolve)
      else
        settle(() => {
          reject(new SupervisorError(message.error))
        })
    })
    child.once('error', (cause) => {
      settle(() => {
        reject(new TestnetFailedError('the supervisor cannot be started', { cause }))
      })
    })
    child.once('exit', (code, signal) => {
      settle(() => {
        reject(new TestnetFailedError(`the supervisor ended (${signal ?? `exit code ${code}`})`))
      })
    })
  })
  if (child.connected) child.disconnect()
  child.unref()
}
