import { setTimeout as wait } from 'node:timers/promises'
import { StopError } from '../../workshop/stages.js'
import { listens, processNanoseconds } from './chain.js'
import { congestionControl } from './congestion-control.js'
import { readCpu, spentSince } from './cpu-reading.js'
import { quantile } from './statistics.js'

const IPERF_PORT = 5201
const LISTEN_MS = 5000
const POLL_MS = 10
/** A run that stalls is given up this long after it should have ended. */
const GRACE_SECONDS = 10
/** A run that fails, because its control connection starved or the server's end came late, is repeated. */
const ATTEMPTS = 3
/** IPv6 and UDP headers: sizes of UDP packets are those of the inner IP packet, so that they mean the same under every overlay. */
const INNER_HEADERS = 48
const PING_INTERVAL_SECONDS = 0.01
const LOAD_LEAD_MS = 300

async function server(host) {
  const child = host.spawn(['iperf3', '-s', '-1'], { stdio: 'ignore' })
  for (const from = performance.now(); !listens(child.pid, IPERF_PORT); await wait(POLL_MS)) {
    if (performance.now() - from > LISTEN_MS) throw new StopError('iperf3 does not listen')
  }
  return child
}

async function iperf(chain, system, seconds, args) {
  let last = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const serving = await server(chain.last)
    const transitsBefore = system.transitPids.map(processNanoseconds)
    const before = readCpu()
    const { stdout, stderr } = await chain.first.run('timeout', String(seconds + GRACE_SECONDS), 'iperf3', '-c', system.address, '-J', '-t', String(seconds), ...args)
    const spent = spentSince(before, system.baseline)
    const transitSeconds = system.transitPids.map((pid, index) => (processNanoseconds(pid) - transitsBefore[index]) / 1e9)
    await ended(serving)
    const end = parsed(stdout)
    if (end !== undefined) return { end, spent, transitSeconds }
    last = stdout + stderr
  }
  throw new StopError(`iperf3 over ${system.name} on ${chain.name} failed\n${last.slice(-2000)}`)
}

/** A server whose client failed may go on waiting. */
async function ended(child) {
  for (const from = performance.now(); child.exitCode === null && child.signalCode === null; await wait(POLL_MS)) {
    if (performance.now() - from > 500) child.kill('SIGKILL')
  }
}

function parsed(text) {
  try {
    const { end, error } = JSON.parse(text)
    return error === undefined && (end.sum_received?.bytes > 0 || end.sum?.packets > 0) ? end : undefined
  } catch {
    return undefined
  }
}

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
/** Figures that only systems with a transit process have. */
const perTransit = (name, transitSeconds, divisor) => (transitSeconds.length === 0 ? {} : { [name]: mean(transitSeconds) / divisor })
const noise = (spent) => ({ foreignCores: spent.foreign / spent.elapsed })

/** One TCP stream from first to last under the chain's congestion control: rate, and CPU of all processes and of one transit's. */
export const measureTcp = (chain, system, seconds) => measureStream(chain, system, seconds, 'tcp')

/** The same under what this machine gives every program, where that is something else. */
export async function measureOwnTcp(chain, system, seconds) {
  const { used, own } = congestionControl()
  await chain.useCongestionControl(own)
  try {
    return await measureStream(chain, system, seconds, 'ownTcp')
  } finally {
    await chain.useCongestionControl(used)
  }
}

async function measureStream(chain, system, seconds, name) {
  const { end, spent, transitSeconds } = await iperf(chain, system, seconds, [])
  const gigabits = (end.sum_received.bytes * 8) / 1e9
  return {
    [`${name}GigabitsPerSecond`]: end.sum_received.bits_per_second / 1e9,
    [`${name}CpuSecondsPerGigabit`]: spent.seconds / gigabits,
    ...perTransit(`${name}TransitCpuSecondsPerGigabit`, transitSeconds, gigabits),
    [`${name}Retransmits`]: end.sum_sent.retransmits,
    ...noise(spent)
  }
}

/**
 * UDP packets from first to last.
 *
 * @param {{ octets: number, rate: number, seconds: number }} options - size of the inner IP packet; packets a second, 0 = as many as the sender can
 */
export async function measureUdp(chain, system, { octets, rate, seconds }) {
  const payload = octets - INNER_HEADERS
  const { end, spent, transitSeconds } = await iperf(chain, system, seconds, ['-u', '-l', String(payload), '-b', String(rate * payload * 8)])
  const { packets, lost_packets: lost } = end.sum
  const received = Math.max(packets - lost, 1)
  const name = `udp${octets}${rate === 0 ? 'Unlimited' : ''}`
  return {
    [`${name}PacketsPerSecond`]: received / end.sum.seconds,
    [`${name}Loss`]: lost / packets,
    [`${name}CpuMicrosecondsPerPacket`]: (spent.seconds / received) * 1e6,
    ...perTransit(`${name}TransitCpuMicrosecondsPerPacket`, transitSeconds, received / 1e6),
    ...noise(spent)
  }
}

async function ping(chain, system, count) {
  const { stdout } = await chain.first.run('ping', '-n', '-c', String(count), '-i', String(PING_INTERVAL_SECONDS), '-W', '1', system.address)
  const times = [...stdout.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1]))
  if (times.length === 0) throw new StopError(`no ping over ${system.name} on ${chain.name} was answered\n${stdout}`)
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), lost: 1 - times.length / count }
}

/** Round trips 10 ms apart, of an otherwise idle network and beside one TCP stream. */
export async function measurePing(chain, system, count) {
  const idle = await ping(chain, system, count)
  const load = iperf(chain, system, Math.ceil(count * PING_INTERVAL_SECONDS + (2 * LOAD_LEAD_MS) / 1000), [])
  const [, loaded] = await Promise.all([load, wait(LOAD_LEAD_MS).then(() => ping(chain, system, count))])
  return { pingP50Ms: idle.p50, pingP99Ms: idle.p99, pingLoss: idle.lost, pingLoadedP50Ms: loaded.p50, pingLoadedP99Ms: loaded.p99, pingLoadedLoss: loaded.lost }
}
