import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepository } from '../../workshop/repository.js'
import { run } from '../../workshop/run.js'
import { hasProgram } from '../../workshop/system-tools.js'
import { measureTcp, measureUdp } from './measurements.js'

const SENDER_SOURCE = inRepository('scripts/bench/datapath/flood-sender.cc')
const RECEIVE_LIMIT = '/proc/sys/net/core/rmem_max'
const SEND_LIMIT = '/proc/sys/net/core/wmem_max'
/** What kernels have unless somebody changed it. */
const DEFAULT_LIMIT = '212992'
/** Nobody's user and group. */
const NOBODY = '65534'
export const UNPRIVILEGED = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs']

/** Runs something while the kernel's limits of socket buffers are the default ones; sockets keep what they got. */
export async function withDefaultBufferLimits(leavings, work) {
  const before = [RECEIVE_LIMIT, SEND_LIMIT].map((file) => [file, readFileSync(file, 'utf8').trim()])
  const restore = () => {
    for (const [file, value] of before) writeFileSync(file, value)
  }
  leavings.add(restore)
  try {
    for (const [file] of before) writeFileSync(file, DEFAULT_LIMIT)
    return await work()
  } finally {
    restore()
  }
}

/** @returns {Promise<string | undefined>} path of the built generator; nothing where there is no compiler */
export async function buildFloodSender(leavings) {
  const compiler = ['g++', 'c++', 'clang++'].find(hasProgram)
  if (compiler === undefined) return undefined
  const directory = mkdtempSync(join(tmpdir(), 'srwan-bench-'))
  leavings.add(() => rmSync(directory, { recursive: true, force: true }))
  const program = join(directory, 'flood-sender')
  const { code } = await run(compiler, ['-O2', '-std=c++20', '-o', program, SENDER_SOURCE])
  return code === 0 ? program : undefined
}

const residentOctets = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024
const badPackets = (counters) => Object.entries(counters).reduce((sum, [name, count]) => (name.startsWith('drop') ? sum + count : sum), 0)

/**
 * The same traffic through a transit without and with a stranger's flood on a link of the transit's own.
 *
 * @param {object} options
 * @param {{ host: object, address: string }} options.stranger - the further host, and the transit's address there
 * @param {string} options.program - the generator
 * @param {number} options.rate - packets a second, of the traffic and of the flood
 * @param {number} options.octets - of every packet
 * @param {number} options.seconds
 */
export async function measureFlood(chain, system, { stranger, program, rate, octets, seconds }) {
  const traffic = { rate, octets, seconds }
  const name = `udp${octets}`
  const flood = (packets) => stranger.host.must(program, stranger.address, String(system.port), String(seconds + 1), String(packets), String(octets))
  const quiet = await measureUdp(chain, system, traffic)
  const residentBefore = residentOctets(system.transitPids[0])
  const droppedBefore = badPackets(await system.counters(1))
  const [flooded, sent] = await Promise.all([measureUdp(chain, system, traffic), flood(rate)])
  const dropped = badPackets(await system.counters(1)) - droppedBefore
  const resident = residentOctets(system.transitPids[0])
  const goodput = (figures) => figures[`${name}PacketsPerSecond`]
  return {
    floodGoodputRatio: goodput(flooded) / goodput(quiet),
    floodLoss: flooded[`${name}Loss`],
    floodPacketsPerSecond: Number(sent) / (seconds + 1),
    floodSeenShare: dropped / Number(sent),
    residentMebibytesBefore: residentBefore / 2 ** 20,
    residentMebibytesGrowth: (resident - residentBefore) / 2 ** 20,
    ...(await tcpUnderFlood(chain, system, { flood, seconds }))
  }
}

/** At full rate sender, generator and transit share the machine's CPUs: this also shows what the generator takes. */
async function tcpUnderFlood(chain, system, { flood, seconds }) {
  const packetsBefore = (await system.counters(1)).transitPackets
  const quiet = await measureTcp(chain, system, seconds)
  const rate = Math.round(((await system.counters(1)).transitPackets - packetsBefore) / seconds)
  const [flooded] = await Promise.all([measureTcp(chain, system, seconds), flood(rate)])
  return { floodTcpPacketsPerSecond: rate, floodTcpRatio: flooded.tcpGigabitsPerSecond / quiet.tcpGigabitsPerSecond }
}
