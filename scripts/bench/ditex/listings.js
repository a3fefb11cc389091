import { readFileSync } from 'node:fs'

/** What both systems write: the listing of a segment, as an operator would put it on offer. */
export function listing(index) {
  return {
    key: (index % 200).toString(16).padStart(32, '0'),
    body: { from: '0011223344556677', to: '8899aabbccddeeff', colour: index % 4, price: 12.5 + index, capacity: 1_000_000, window: [500_000, 500_024] }
  }
}

/** A listing under a key that no other has. */
export function ownListing(index) {
  return { ...listing(index), key: index.toString(16).padStart(32, '0') }
}

/** Wall and CPU seconds of work, all threads of the process. */
export async function timed(work) {
  const cpu = process.cpuUsage()
  const from = performance.now()
  const result = await work()
  const spent = process.cpuUsage(cpu)
  return { result, wall: (performance.now() - from) / 1000, cpu: (spent.user + spent.system) / 1e6 }
}

/** Entries a second by the clock on the wall and by CPU time: the second is what one core does when nothing else runs. */
export function rates(name, entries, { wall, cpu }) {
  return { [`${name}AWallSecond`]: entries / wall, [`${name}ACpuSecond`]: entries / cpu }
}

/** Median and 99th percentile of how long the questions took, in ms; what is done between them is not counted. */
export async function askedOften(times, ask, between = async () => {}) {
  const took = []
  for (let index = 0; index < times; index++) {
    const from = performance.now()
    await ask(index)
    took.push(performance.now() - from)
    await between()
  }
  took.sort((a, b) => a - b)
  return { p50Ms: took[times >> 1], p99Ms: took[Math.floor(times * 0.99)] }
}

/** The most memory that this process ever had. What the kernel says of a child's usage begins with its parent's; this does not. */
export function peakMebibytes() {
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return peak === undefined ? Number.NaN : Number(peak) / 1024
}

/** Entries that each of the authors wrote who are behind, and one in how many is. */
const BEHIND_BY = 3
const BEHIND_OF = 100

/** The logs without the last three entries of one author in a hundred. */
export function behindLogs(logs) {
  return logs.map((log, author) => (author % BEHIND_OF === 0 ? log.slice(0, -BEHIND_BY) : log))
}
