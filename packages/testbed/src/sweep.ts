import { rmdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ms } from '@srwan/interface'
import type { Clock } from '@srwan/interface'
import { TestnetFailedError } from './errors.ts'
import { isAlive, processesIn, signalProcess } from './process-table.ts'
import type { NamespaceId, ProcessId } from './process-table.ts'
import { currentBootId, TESTNET_FILES } from './testnet-state.ts'
import type { TestnetState } from './testnet-state.ts'

/** How long processes have to end after SIGTERM, and then after SIGKILL. */
const GRACE_MS = 4000
const KILL_MS = 4000
const POLL_MS = ms(20)

/** The network namespaces that a state names. */
export function namespacesOf(state: TestnetState): NamespaceId[] {
  return state.nodes.flatMap(({ namespaceInode }) => (namespaceInode === undefined ? [] : [{ inode: namespaceInode, marker: state.marker }]))
}

/** Everything of a testnet that is alive, this process and `except` not included; empty after a reboot. */
export function survivors(state: TestnetState, except: readonly number[] = []): ProcessId[] {
  if (state.bootId !== currentBootId()) return []
  const recorded = [state.supervisor, state.emulator, ...state.nodes.flatMap(({ daemon, holder }) => [daemon, holder])]
  const all = [...recorded.filter((one) => one !== undefined), ...processesIn(namespacesOf(state))]
  const seen = new Set([process.pid, ...except])
  return all.filter((one) => {
    if (seen.has(one.pid) || !isAlive(one)) return false
    seen.add(one.pid)
    return true
  })
}

/** What of a testnet to end, and how long to wait for it. */
export interface SweepOptions {
  readonly clock: Clock
  /** Straight to SIGKILL. */
  readonly force?: boolean
}

/**
 * Ends every process of a testnet: SIGTERM, then SIGKILL.
 *
 * @throws TestnetFailedError where one will not die
 */
export async function sweepProcesses(state: TestnetState, { clock, force = false }: SweepOptions): Promise<void> {
  const holders = new Set(state.nodes.map(({ holder }) => holder?.pid))
  const programs = (): ProcessId[] => survivors(state).filter(({ pid }) => !holders.has(pid) && pid !== state.emulator?.pid)
  // the emulated Internet goes last, so that daemons can still take leave of each other
  if (!force) await end(programs, 'SIGTERM', GRACE_MS, clock)
  await end(() => survivors(state), 'SIGKILL', KILL_MS, clock)
  const left = survivors(state)
  if (left.length > 0) throw new TestnetFailedError(`processes ${left.map(({ pid }) => pid).join(', ')} of the testnet will not end`)
}

async function end(targets: () => ProcessId[], signal: NodeJS.Signals, patience: number, clock: Clock): Promise<void> {
  const until = clock.now() + patience
  const told = new Set<number>()
  for (;;) {
    const alive = targets()
    if (alive.length === 0 || clock.now() > until) return
    for (const one of alive) {
      if (!told.has(one.pid)) signalProcess(one, signal)
      told.add(one.pid)
    }
    await clock.sleep(POLL_MS)
  }
}

/** Removes every file of a testnet, and the directories that were made for it. */
export async function removeFiles(dir: string, createdRoot?: string): Promise<void> {
  const { nodes, state, control, supervisor, log } = TESTNET_FILES
  await rm(join(dir, nodes), { recursive: true, force: true })
  // the state last: until then the next `down` still knows what to do
  for (const file of [control, supervisor, log, `${state}.new`, state]) await rm(join(dir, file), { force: true })
  if (createdRoot !== undefined) removeEmpty(dir, createdRoot)
}

function removeEmpty(dir: string, root: string): void {
  for (let directory = dir; directory.startsWith(root); directory = dirname(directory)) {
    try {
      rmdirSync(directory)
    } catch {
      return
    }
    if (directory === root) return
  }
}
