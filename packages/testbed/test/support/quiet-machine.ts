import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** The accuracy is promised for a machine on which nothing but a packet generator runs: this share of it must be idle, or busy with what gives way, before one starts. */
const IDLE_SHARE = 0.85
const LOOK_MS = 300
/** A machine that is never quiet gets its measurement all the same, and the test says what came of it. */
const PATIENCE_MS = 5000

/** Resolves as soon as the machine has nothing else to do. */
export async function quietMachine(): Promise<void> {
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
    const before = await cpuTimes()
    await wait(LOOK_MS)
    const after = await cpuTimes()
    if ((after.idle - before.idle) / (after.all - before.all) >= IDLE_SHARE) return
  }
}

/** Ticks of all processors together since the start. */
async function cpuTimes(): Promise<{ readonly idle: number; readonly all: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n')
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, ...rest] = line.trim().split(/\s+/).slice(1).map(Number)
  return { idle: nice + idle + iowait, all: user + nice + system + idle + iowait + rest.slice(0, 3).reduce((sum, ticks) => sum + ticks, 0) }
}
