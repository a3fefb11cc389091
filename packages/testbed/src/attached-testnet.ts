import { spawn } from 'node:child_process'
import type { StdioOptions } from 'node:child_process'
import { constants } from 'node:os'
import { join, resolve as absolutePath } from 'node:path'
import { ms } from '@srwan/interface'
import type { Clock } from '@srwan/interface'
import { defaultDirectory, explainFileFailure, lockDirectory } from './directory.ts'
import { askEmulator } from './emulator-process.ts'
import type { EmulatorStatistics } from './emulator-process.ts'
import { TestnetFailedError, TestnetUnreachableError, UnknownNodeError } from './errors.ts'
import { askOnce } from './json-lines.ts'
import type { LinkChange } from './link-parameters.ts'
import { keepProcessAlive } from './keep-alive.ts'
import { isAlive, signalProcess } from './process-table.ts'
import type { SupervisorRequest } from './supervisor-socket.ts'
import { removeFiles, sweepProcesses } from './sweep.ts'
import { readState, TESTNET_FILES } from './testnet-state.ts'
import type { NodeRecord, TestnetState } from './testnet-state.ts'

/** How long a supervisor has to bring its testnet down before it is done for it. */
const DOWN_MS = 20_000
const POLL_MS = ms(50)

/** State of one node as `testnet status --json` prints it. */
export type TestnetNodeStatus = Pick<NodeRecord, 'name' | 'home' | 'sid' | 'peerId' | 'overlayAddress' | 'underlayAddress' | 'overlayIpv4' | 'state'>

/** The document of `testnet status --json`. */
export interface TestnetStatus {
  readonly schemaVersion: 1
  readonly dir: string
  readonly scenario: string
  /** `stopped` where nobody watches over it any more. */
  readonly phase: TestnetState['phase'] | 'stopped'
  readonly nodes: readonly TestnetNodeStatus[]
}

/** How `exec` runs a program. */
export interface ExecOptions {
  /** @default 'inherit' */
  readonly stdio?: StdioOptions
  readonly signal?: AbortSignal
}

/** A testnet as every shell sees it: by its directory. */
export interface AttachedTestnet {
  /** @throws TestnetUnreachableError where none is in the directory */
  status: () => TestnetStatus
  /** Runs a program inside a node's namespace. @returns its exit code, 128 + n after signal n. @throws UnknownNodeError, TestnetUnreachableError */
  exec: (node: string, command: readonly string[], options?: ExecOptions) => Promise<number>
  /** Changes the emulated Internet, now. @throws UnknownNodeError, TestnetUnreachableError */
  link: (from: string, to: string, change: LinkChange, options?: { readonly oneWay?: boolean }) => Promise<void>
  /** @throws UnknownNodeError, TestnetUnreachableError, TestnetFailedError */
  node: (name: string, action: 'stop' | 'start' | 'kill') => Promise<void>
  /** The emulator's own lateness and counters. @param links - with those of every pair */
  statistics: (links?: boolean) => Promise<EmulatorStatistics>
  /** Stops it and removes everything, also what a killed predecessor left; resolves to false where there was nothing. */
  down: () => Promise<boolean>
}

/** What is needed to find and talk to a testnet. */
export interface AttachInit {
  readonly dir: string
  /** Executable of the emulator. */
  readonly emulator: string
  readonly clock: Clock
}

/** The testnet in a directory; looks at nothing until the first call. */
export function attachTestnet(init: AttachInit): AttachedTestnet {
  return {
    status: () => statusOf(init.dir),
    exec: async (node, command, options = {}) => exec(init, node, command, options),
    link: async (from, to, change, options) => {
      knownNode(init.dir, from)
      knownNode(init.dir, to)
      await ask(init.dir, { op: 'link', from, to, oneWay: options?.oneWay ?? false, change })
    },
    node: async (name, action) => {
      knownNode(init.dir, name)
      await ask(init.dir, { op: 'node', node: name, action })
    },
    statistics: async (links = false) => (await askEmulator(join(init.dir, TESTNET_FILES.control), { op: 'stats', links })) as unknown as EmulatorStatistics,
    down: async () => {
      const release = keepProcessAlive()
      return down(init).finally(release)
    }
  }
}

function presentState(dir: string): TestnetState {
  const state = readState(dir)
  if (state === undefined) throw new TestnetUnreachableError(`no testnet runs in ${dir}`, { remedy: 'Start one with `srwan testnet up`, or name its directory with --dir.' })
  return state
}

function knownNode(dir: string, name: string): NodeRecord {
  const { nodes } = presentState(dir)
  const found = nodes.find((node) => node.name === name)
  if (found === undefined)
    throw new UnknownNodeError(
      name,
      nodes.map((node) => node.name)
    )
  return found
}

function statusOf(dir: string): TestnetStatus {
  const state = presentState(dir)
  const watched = isAlive(state.supervisor)
  const nodes = state.nodes.map(
    ({ name, home, sid, peerId, overlayAddress, underlayAddress, overlayIpv4, state, daemon }): TestnetNodeStatus => ({
      name,
      home,
      sid,
      peerId,
      overlayAddress,
      underlayAddress,
      overlayIpv4,
      state: state === 'running' && !isAlive(daemon) ? 'exited' : state
    })
  )
  return { schemaVersion: 1, dir, scenario: state.scenario, phase: watched ? state.phase : 'stopped', nodes }
}

async function ask(dir: string, request: SupervisorRequest): Promise<void> {
  const answer = await askOnce(join(dir, TESTNET_FILES.supervisor), request)
  if (answer['ok'] === true) return
  const remedy = answer['remedy']
  throw new TestnetFailedError(String(answer['message']), typeof remedy === 'string' ? { remedy } : {})
}

async function exec({ dir, emulator }: AttachInit, name: string, command: readonly string[], options: ExecOptions): Promise<number> {
  const { holder, home } = knownNode(dir, name)
  if (holder === undefined || !isAlive(holder))
    throw new TestnetUnreachableError(`the namespace of ${name} is gone`, { remedy: 'Clean up with `srwan testnet down`, then start again.' })
  const child = spawn(emulator, ['enter', String(holder.pid), '--', ...command], {
    stdio: options.stdio ?? 'inherit',
    env: { ...process.env, SRWAN_HOME: home },
    ...(options.signal === undefined ? {} : { signal: options.signal })
  })
  return new Promise((resolve, reject) => {
    // what is sent to this process is meant for the program; Ctrl-C reaches it through the terminal as well
    const forward = (signal: NodeJS.Signals): void => {
      child.kill(signal)
    }
    const ignore = (): void => {}
    const signals = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
    for (const signal of signals) process.on(signal, forward)
    process.on('SIGINT', process.stdin.isTTY ? ignore : forward)
    const settle = (): void => {
      for (const signal of signals) process.off(signal, forward)
      process.off('SIGINT', forward)
      process.off('SIGINT', ignore)
    }
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('close', (code, signal) => {
      settle()
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

async function down({ dir, clock }: AttachInit): Promise<boolean> {
  const state = readState(dir)
  if (state === undefined) return false
  if (isAlive(state.supervisor) && state.supervisor.pid !== process.pid) {
    signalProcess(state.supervisor, 'SIGTERM')
    const until = clock.now() + DOWN_MS
    while (isAlive(state.supervisor) && readState(dir) !== undefined && clock.now() < until) await clock.sleep(POLL_MS)
  }
  await cleanUp(dir, clock)
  return true
}

async function cleanUp(dir: string, clock: Clock): Promise<void> {
  const left = readState(dir)
  if (left === undefined) return
  // a supervisor that does not end would hold the lock
  if (isAlive(left.supervisor)) signalProcess(left.supervisor, 'SIGKILL')
  try {
    await sweepProcesses(left, { clock, force: true })
    const lock = await lockDirectory(dir)
    await removeFiles(dir, left.createdRoot)
    await lock.release()
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : explainFileFailure(dir, error as NodeJS.ErrnoException)
  }
}

/**
 * Names of a testnet's nodes, for completion while somebody types.
 *
 * @param dir - by default that of the environment
 * @returns none where no testnet is
 */
export function testnetNodeNames(dir: string | undefined, environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return readState(absolutePath(dir ?? defaultDirectory(environment)))?.nodes.map(({ name }) => name) ?? []
}
