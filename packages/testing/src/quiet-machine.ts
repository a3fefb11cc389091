import { readFile } from 'node:fs/promises'
import { getPriority } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

/** The accuracy is promised for a machine on which nothing but a packet generator runs: this share of it must be idle, or busy with what gives way, before one starts. */
const IDLE_SHARE = 0.85
const LOOK_MS = 300
/** A machine that is never quiet gets its measurement all the same, and the test says what came of it. */
const PATIENCE_MS = 5000

/** Resolves as soon as the machine has nothing else to do. */
export async function quietMachine(): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) if ((await idleShare()) >= IDLE_SHARE) return
}

/** Looks for a moment. @returns what share of the machine nothing uses that would keep a test waiting, 0 to 1 */
export async function idleShare(): Promise<number> {
  const before = await cpuTimes()
  await wait(LOOK_MS)
  const after = await cpuTimes()
  return (after.idle - before.idle) / (after.all - before.all)
}

/** Ticks of all processors together since the start. */
async function cpuTimes(): Promise<{ readonly idle: number; readonly all: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, ...rest] = line.trim().split(/\s+/).slice(1).map(Number)
  // What gives way does so to others, not to a test that gives way itself.
  const givingWay = getPriority() > 0 ? 0 : nice
  return { idle: givingWay + idle + iowait, all: user + nice + system + idle + iowait + rest.slice(0, 3).reduce((sum, ticks) => sum + ticks, 0) }
}
