import { setTimeout as wait } from 'node:timers/promises'
import { removeAbandoned } from '../../bench/datapath/chain.js'
import { Leavings } from '../../bench/datapath/leavings.js'
import { whyNoNamespaces } from '../../testing/privileges.js'
import { hasProgram } from '../../workshop/system-tools.js'
import { StopError, UnsupportedError } from '../../workshop/stages.js'
import { Disturbance } from './disturbance.js'
import { kernelLosses } from './kernel-counters.js'
import { EnduranceNetwork, HOST_NAMES, overlay, REKEY_INTERVAL_MS, SESSION_LIFETIME_MS, sid } from './network.js'
import { SessionLedger } from './session-ledger.js'
import { carryTraffic } from './traffic.js'
import { judge } from './verdict.js'

const POLL_MS = 500
const MEMORY_EVERY = 4
const READY_SECONDS = 20
/** Packets under way arrive within that, for the links have no delay; the counters then stand still but for probes: a longer moment without one is long waited for. */
const QUIET_MS = 100
const QUIET_SECONDS = 15

/**
 * Full-rate traffic while keys, sessions, paths and members change all the time, and what must hold at its end.
 *
 * @param {{ seconds: number, single?: boolean }} options - `single`: links carry each datagram by itself; slower, but the kernel then counts each that it loses
 * @returns {Promise<{ seconds: number, single: boolean, checks: { what: string, held: boolean, figures: any }[] }>}
 */
export async function endure({ seconds, single = false }) {
  await requireMachine()
  const leavings = new Leavings()
  try {
    removeAbandoned()
    const network = await EnduranceNetwork.start({ leavings, single })
    return { seconds, single, checks: judge(await observe(network, { seconds, single })) }
  } finally {
    leavings.clear()
  }
}

async function requireMachine() {
  const reason = process.getuid?.() === 0 ? await whyNoNamespaces() : 'it needs root'
  if (reason !== undefined) throw new UnsupportedError(`the endurance run builds network namespaces: ${reason}`)
  const absent = ['iperf3', 'ping'].filter((program) => !hasProgram(program))
  if (absent.length > 0) throw new UnsupportedError(`the endurance run needs ${absent.join(', ')}`)
}

async function observe(network, { seconds, single }) {
  const disturbance = new Disturbance(network)
  await disturbance.settle()
  await reachable(network)
  const ledger = new SessionLedger()
  const memory = HOST_NAMES.map(() => [])
  const ending = new AbortController()
  const startedAt = performance.now()
  const side = [disturbance.run(ending.signal), watch(network, { ledger, memory, signal: ending.signal })]
  const traffic = await Promise.race([carryTraffic(network.chain, seconds), failed(side)])
  const endedAt = performance.now()
  ending.abort()
  await Promise.all(side)
  const hosts = await atRest(network, ledger)
  const absent = await network.takenByAbsent()
  const namespaces = network.chain.hosts.map(({ namespace }) => namespace)
  return {
    ...traffic,
    seconds,
    single,
    startedAt,
    endedAt,
    names: HOST_NAMES,
    rekeyIntervalMs: REKEY_INTERVAL_MS,
    lifetimeMs: SESSION_LIFETIME_MS,
    disturbance: disturbance.figures,
    absent,
    ledger: ledger.balances(sid(0), sid(2)),
    hosts: hosts.map((counters, host) => ({ counters, memory: memory[host], kernel: kernelLosses(network.pids[host], namespaces[host]) }))
  }
}

/** Never resolves; rejects where one of the promises does. */
const failed = (promises) => new Promise((_, reject) => promises.forEach((each) => each.catch(reject)))

async function reachable(network) {
  for (const from = performance.now(); performance.now() - from < READY_SECONDS * 1000; ) {
    if ((await network.chain.first.run('ping', '-c', '1', '-W', '1', overlay(2))).code === 0) return
  }
  throw new StopError('the far end does not answer')
}

/** Sessions often enough to have each one's last word before it goes, memory now and then. */
async function watch(network, { ledger, memory, signal }) {
  for (let round = 0; !signal.aborted; round++) {
    for (const [host, snapshots] of (await network.askAll({ do: 'sessions' })).entries()) ledger.note(host, snapshots)
    if (round % MEMORY_EVERY === 0) {
      for (const [host, octets] of (await network.askAll({ do: 'memory' })).entries()) memory[host].push({ at: performance.now(), octets: octets.resident, heap: octets.heap })
    }
    await wait(POLL_MS)
  }
}

/** Reads counters and sessions of all hosts at a moment when nothing is under way. */
async function atRest(network, ledger) {
  let before = ''
  for (const from = performance.now(); performance.now() - from < QUIET_SECONDS * 1000; ) {
    const snapshots = await network.askAll({ do: 'sessions' })
    const counters = await network.askAll({ do: 'counters' })
    const now = JSON.stringify(counters.map((each) => Object.entries(each).filter(([name]) => name.endsWith('Packets'))))
    for (const [host, list] of snapshots.entries()) ledger.note(host, list)
    if (now === before) return counters
    before = now
    await wait(QUIET_MS)
  }
  throw new StopError('the network does not come to rest')
}
