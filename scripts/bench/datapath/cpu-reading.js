import { readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { median } from './statistics.js'

/** Unit of the times in /proc, the same on every Linux that Node runs on. */
const USER_HZ = 100
/** Kernel threads are children of this one. */
const KERNEL_THREADS = 2
const MAX_ANCESTORS = 64

/** @returns {Map<number, { parent: number, own: number, reaped: number }>} CPU seconds of every process, and of the children that it outlived */
function processTimes() {
  const times = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = text
        .slice(text.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number)
      times.set(Number(name), { parent: fields[1], own: (fields[11] + fields[12]) / USER_HZ, reaped: (fields[13] + fields[14]) / USER_HZ })
    } catch {
      // it ended between listing and reading; what it used is in its parent's `reaped`
    }
  }
  return times
}

function isOursOrKernel(times, pid) {
  let current = pid
  for (let steps = 0; steps < MAX_ANCESTORS; steps++) {
    const parent = times.get(current)?.parent
    if (current === KERNEL_THREADS || parent === KERNEL_THREADS || parent === process.pid) return true
    if (parent === undefined || parent === 0) return false
    current = parent
  }
  return false
}

/** A process that ends while the list is read may be counted twice or not at all, with all that it ever used; the middle of three readings has neither. */
const READINGS = 3

function foreignSeconds() {
  return median(Array.from({ length: READINGS }, readForeignSeconds))
}

/** CPU seconds of processes that are not part of the measurement, this one included. */
function readForeignSeconds() {
  const times = processTimes()
  let sum = 0
  for (const [pid, { own, reaped }] of times) {
    if (pid === process.pid) sum += own
    else if (!isOursOrKernel(times, pid)) sum += own + reaped
  }
  return sum
}

/** CPU seconds since boot in which the machine did nothing, or was not given the CPU by its host. Exact on kernels that stop the tick of an idle CPU. */
function idleSeconds() {
  const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))[1].split(' ').map(Number)
  const [, , , idle, iowait, , , steal] = fields
  return (idle + iowait + steal) / USER_HZ
}

/** A moment's CPU accounts, to be compared with {@link spentSince}. */
export function readCpu() {
  return { at: Number(process.hrtime.bigint()) / 1e9, idle: idleSeconds(), foreign: foreignSeconds() }
}

/**
 * CPU that the measured programs and the kernel's work for them took since a reading: everything that was not idle, interrupts and softirq of whatever
 * context included, less what unrelated processes took. (Softirq that happened to run on top of an unrelated process counts as that one's.)
 *
 * @param {ReturnType<typeof readCpu>} from
 * @param {number} baseline - CPU seconds a second that the machine takes at rest
 * @returns {{ seconds: number, elapsed: number, foreign: number }} CPU seconds, wall seconds, CPU seconds of unrelated processes
 */
export function spentSince(from, baseline = 0) {
  const to = readCpu()
  const elapsed = to.at - from.at
  const foreign = to.foreign - from.foreign
  const busy = elapsed * cpus().length - (to.idle - from.idle)
  return { seconds: Math.max(busy - foreign - baseline * elapsed, 0), elapsed, foreign }
}
