import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createClient } from '@srwan/api/light'
import { nodePaths } from '@srwan/config'
import { ms } from '@srwan/interface'
import type { Clock, Milliseconds } from '@srwan/interface'
import { TestnetFailedError, TestnetTimeoutError } from './errors.ts'
import { processId } from './process-table.ts'
import type { ProcessId } from './process-table.ts'

/** How often a starting daemon is asked whether it is ready. */
const POLL_MS = ms(50)
/** Longest wait for one answer. */
const ANSWER_TIMEOUT_MS = 5000
/** A daemon that has not ended this long after SIGTERM is killed. */
const STOP_GRACE_MS = ms(8000)
/** Of a failed daemon's log, shown in the message. */
const LOG_TAIL_LINES = 6

export interface NodeDaemonInit {
  readonly name: string
  readonly home: string
  /** Program and arguments that run a command inside the node's namespace and end it with this process. */
  readonly enter: readonly string[]
  /** The daemon's program and first arguments; `up --home HOME` is added. */
  readonly entry: readonly string[]
  readonly clock: Clock
  /** Called when the daemon ended without having been asked to. */
  readonly onExit: (how: string) => void
}

/** One node's daemon: started, watched, ended. */
export class NodeDaemon {
  readonly #init: NodeDaemonInit
  #process: ProcessId | undefined
  #ended: Promise<string> = Promise.resolve('never started')
  #running = false
  #asked = false

  constructor(init: NodeDaemonInit) {
    this.#init = init
  }

  get process(): ProcessId | undefined {
    return this.#process
  }

  get isRunning(): boolean {
    return this.#running
  }

  /** Starts the process; output is appended to the node's log. */
  launch(): void {
    const { home, enter, entry, name } = this.#init
    const paths = nodePaths({ home, environment: {} })
    rmSync(paths.socket, { force: true })
    const log = openSync(paths.log, 'a', 0o600)
    const [program = '', ...args]: readonly string[] = [...enter, ...entry, 'up', '--home', home]
    // a session of its own: Ctrl-C at the terminal reaches the supervisor, which ends the daemons in order
    const child = spawn(program, args, { stdio: ['ignore', log, log], detached: true, env: daemonEnvironment(process.env) })
    closeSync(log)
    this.#asked = false
    this.#running = true
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        resolve(error.message)
      })
      child.once('exit', (code, signal) => {
        resolve(signal === null ? `exit code ${code}` : signal)
      })
    })
    void this.#ended.then((how) => {
      this.#running = false
      if (!this.#asked) this.#init.onExit(how)
    })
    if (child.pid === undefined) throw new TestnetFailedError(`the daemon of ${name} cannot be started`)
    this.#process = processId(child.pid)
  }

  /** Resolves when the daemon answers `/startedz`. @throws TestnetFailedError where it ends first, TestnetTimeoutError */
  async ready(timeout: Milliseconds, signal?: AbortSignal): Promise<void> {
    const { clock, name, home } = this.#init
    const client = createClient({ socket: nodePaths({ home, environment: {} }).socket, timeoutMs: ANSWER_TIMEOUT_MS })
    const until = clock.now() + timeout
    for (;;) {
      signal?.throwIfAborted()
      if (!this.#running) throw new TestnetFailedError(`the daemon of ${name} ended before it was ready (${await this.#ended})${this.#logTail()}`)
      const answer = await client.probe('startedz', signal).catch(() => undefined)
      if (answer?.ok === true) return
      if (clock.now() > until) throw new TestnetTimeoutError(`the daemon of ${name} was not ready after ${timeout / 1000} s${this.#logTail()}`)
      await clock.sleep(POLL_MS, signal)
    }
  }

  /** SIGTERM, and SIGKILL to one that does not end. */
  async stop(): Promise<void> {
    this.#send('SIGTERM')
    const grace = this.#init.clock.setTimeout(() => {
      this.#send('SIGKILL')
    }, STOP_GRACE_MS)
    await this.#ended
    grace.cancel()
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#send('SIGKILL')
    await this.#ended
  }

  async stepClock(step: Milliseconds): Promise<void> {
    await createClient({ socket: nodePaths({ home: this.#init.home, environment: {} }).socket, timeoutMs: ANSWER_TIMEOUT_MS }).adjustClock({ stepMs: step })
  }

  #send(signal: NodeJS.Signals): void {
    this.#asked = true
    if (!this.#running || this.#process === undefined) return
    try {
      process.kill(this.#process.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  #logTail(): string {
    try {
      const lines = readFileSync(nodePaths({ home: this.#init.home, environment: {} }).log, 'utf8')
        .trimEnd()
        .split('\n')
        .slice(-LOG_TAIL_LINES)
      return lines[0] === '' ? '' : `; its log ends:\n  ${lines.join('\n  ')}`
    } catch {
      return ''
    }
  }
}

/** Settings of the person who runs the testnet must not reach its nodes. */
function daemonEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !OWN_DIRECTORIES.has(name) && (!name.startsWith('SRWAN_') || name === 'SRWAN_DATAPATH_ADDON')))
}

const OWN_DIRECTORIES = new Set(['STATE_DIRECTORY', 'CONFIGURATION_DIRECTORY', 'RUNTIME_DIRECTORY', 'NOTIFY_SOCKET'])
