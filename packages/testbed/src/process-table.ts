import { readdirSync, readFileSync, statSync } from 'node:fs'

/** A process that cannot be taken for a later one with the same number. */
export interface ProcessId {
  readonly pid: number
  /** In clock ticks since boot, field 22 of /proc/PID/stat (proc(5)). */
  readonly startTime: string
}

/** A network namespace of a testnet: inode numbers are used again by the kernel, the marker tells whose it is. */
export interface NamespaceId {
  readonly inode: number
  /** The 127.0.0.0/8 address on `lo` that only this testnet's namespaces have. */
  readonly marker: string
}

interface ProcessFacts {
  readonly state: string
  readonly startTime: string
}

function factsOf(pid: number): ProcessFacts | undefined {
  try {
    // the name in parentheses may hold anything: fields are counted after the last one
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return { state: fields[0] as string, startTime: fields[19] as string }
  } catch {
    return undefined
  }
}

/** @returns `undefined` where there is no such process */
export function processId(pid: number): ProcessId | undefined {
  const facts = factsOf(pid)
  return facts === undefined ? undefined : { pid, startTime: facts.startTime }
}

/** Is it still the same process, and not a zombie? */
export function isAlive(process: ProcessId | undefined): boolean {
  if (process === undefined) return false
  const facts = factsOf(process.pid)
  return facts !== undefined && facts.startTime === process.startTime && facts.state !== 'Z' && facts.state !== 'X'
}

/** Inode of a process's network namespace; `undefined` where it ended or is not ours to see. */
export function namespaceInode(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino
  } catch {
    return undefined
  }
}

function hasMarker(pid: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/net/fib_trie`, 'utf8').includes(`|-- ${marker}\n`)
  } catch {
    return false
  }
}

/** Every live process in one of the namespaces. */
export function processesIn(namespaces: readonly NamespaceId[]): ProcessId[] {
  const markers = new Map(namespaces.map(({ inode, marker }) => [inode, marker]))
  if (markers.size === 0) return []
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  return pids.flatMap((pid) => {
    const marker = markers.get(namespaceInode(pid) ?? -1)
    if (marker === undefined || !hasMarker(pid, marker)) return []
    const found = processId(pid)
    return found === undefined || !isAlive(found) ? [] : [found]
  })
}

/** Sends a signal unless the process has ended. */
export function signalProcess(process: ProcessId, signal: NodeJS.Signals): void {
  if (!isAlive(process)) return
  try {
    globalThis.process.kill(process.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
