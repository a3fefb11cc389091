import { link, open, readFile, rename, unlink } from 'node:fs/promises'
import { readFileSync, unlinkSync } from 'node:fs'
import { UnavailableResourceError } from '@srwan/interface'

/** Who holds a home. */
export interface LockHolder {
  readonly pid: number
  /** Start of the process in clock ticks since boot: a reused pid is another process. */
  readonly startTicks: string
}

/** One daemon runs per home while this is held. */
export interface HomeLock {
  /** Idempotent, synchronous: safe in an exit handler. */
  readonly release: () => void
}

/** Attempts to take a lock over from processes that died. */
const MAX_ATTEMPTS = 5

/**
 * Takes the lock of a home; that of a process that no longer runs is taken over.
 *
 * @throws UnavailableResourceError `ERR_ALREADY_RUNNING`
 */
export async function lockHome(file: string): Promise<HomeLock> {
  const own = JSON.stringify({ pid: process.pid, startTicks: startTicksOf(process.pid) ?? '0' })
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (await create(file, own)) return { release: () => release(file, own) }
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const holder = parseHolder(text)
    if (holder !== undefined && runs(holder)) throw alreadyRunning(file, holder)
    await discard(file, text)
  }
  throw new UnavailableResourceError('ERR_ALREADY_RUNNING', `several daemons try to start with ${file} at once`, { remedy: 'Start one only.' })
}

/** @returns the running holder of a home, if any */
export async function holderOf(file: string): Promise<LockHolder | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  const holder = text === undefined ? undefined : parseHolder(text)
  return holder !== undefined && runs(holder) ? holder : undefined
}

/** @throws UnavailableResourceError `ERR_ALREADY_RUNNING` where a daemon holds the home; nothing is taken */
export async function refuseRunning(file: string): Promise<void> {
  const holder = await holderOf(file)
  if (holder !== undefined) throw alreadyRunning(file, holder)
}

function alreadyRunning(file: string, holder: LockHolder): UnavailableResourceError {
  return new UnavailableResourceError('ERR_ALREADY_RUNNING', `a daemon already runs with this home (process ${holder.pid}, ${file})`, {
    remedy: 'Ask it with `srwan status`, stop it with `srwan down`, or choose another --home.'
  })
}

async function create(file: string, content: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`
  const handle = await open(draft, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.close()
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await handle.close().catch(() => {})
    await unlink(draft).catch(() => {})
  }
}

/** Moves a dead lock away; puts it back where somebody else has replaced it meanwhile. */
async function discard(file: string, expected: string): Promise<void> {
  const aside = `${file}.stale.${process.pid}`
  try {
    await rename(file, aside)
  } catch {
    return
  }
  if ((await readFile(aside, 'utf8')) !== expected) await link(aside, file).catch(() => {})
  await unlink(aside).catch(() => {})
}

function release(file: string, own: string): void {
  try {
    if (readFileSync(file, 'utf8') === own) unlinkSync(file)
  } catch {
    /* gone already: nothing is held */
  }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, startTicks } = JSON.parse(text) as Partial<LockHolder>
    return typeof pid === 'number' && Number.isInteger(pid) && pid > 0 && typeof startTicks === 'string' ? { pid, startTicks } : undefined
  } catch {
    return undefined
  }
}

/** Is it still the same process? */
export const runs = (holder: LockHolder): boolean => startTicksOf(holder.pid) === holder.startTicks

/** Field 22 of /proc/PID/stat; the command in field 2 may hold spaces and parentheses. `undefined`: no such process, or a zombie. */
function startTicksOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
