/** What both systems write: the listing of a segment, as an operator would put it on offer. */
export function listing(index) {
  return {
    key: (index % 200).toString(16).padStart(32, '0'),
    body: { from: '0011223344556677', to: '8899aabbccddeeff', colour: index % 4, price: 12.5 + index, capacity: 1_000_000, window: [500_000, 500_024] }
  }
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
