import { whyNoNamespaces } from '../../testing/privileges.js'
import { hasProgram } from '../../workshop/system-tools.js'
import { say, StopError, UnsupportedError } from '../../workshop/stages.js'
import { judge } from './acceptance.js'
import { Chain, removeAbandoned } from './chain.js'
import { readCpu, spentSince } from './cpu-reading.js'
import { Leavings } from './leavings.js'
import { describeMachine } from './machine.js'
import { congestionControl } from './congestion-control.js'
import { measureOwnTcp, measurePing, measureTcp, measureUdp } from './measurements.js'
import { keepReport, renderReport } from './report.js'
import { summarise } from './statistics.js'
import { mtuFound, startDatapath, startRaw, startWireGuard } from './systems.js'
import { buildFloodSender, measureFlood, UNPRIVILEGED, withDefaultBufferLimits } from './transit-defence.js'
import { findWireGuard } from './wireguard-program.js'

/** Chains by name, and the number of their transits. */
const CHAINS = { direct: 0, one: 1, two: 2, three: 3 }
/** Chains of more transits are measured with TCP only. */
const FULLY_MEASURED = 1
const UDP_SIZES = [64, 1370]
const SETTLE_SECONDS = 2

/** Chains on which UDP is measured, unless fewer are wanted. */
const UDP_CHAINS = ['direct', 'one']

/** What is measured and for how long; `--short` is the one-minute form. */
const FULL = { repetitions: 5, seconds: 4, udpSeconds: 2, pings: 300, udpRate: 10_000, install: true }
const SHORT = { repetitions: 1, seconds: 1, udpSeconds: 1, pings: 30, udpRate: 5000, install: false }

/**
 * The native datapath against wireguard-go and plain veth, interleaved in one run.
 *
 * @param {object} [options]
 * @param {boolean} [options.short]
 * @param {boolean} [options.keep] - write the history and the table under `bench`
 * @param {string[]} [options.chains] - names of chains; all by default
 * @param {string[]} [options.udpChains] - those on which UDP is measured too; by default the direct one and that of one transit
 * @param {number} [options.repetitions]
 * @param {number} [options.seconds] - of each TCP measurement
 * @param {number} [options.udpRate] - packets a second of the fixed-rate measurements
 */
export async function datapathBenchmark(options = {}) {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const plan = { ...(options.short === true ? SHORT : FULL), chains: Object.keys(CHAINS), udpChains: UDP_CHAINS, keep: true, ...given }
  await requireMachine(plan)
  const leavings = new Leavings()
  try {
    removeAbandoned()
    const result = await measureAll(plan, leavings)
    if (plan.keep) keepReport(result)
    return { ...result, text: renderReport(result) }
  } finally {
    leavings.clear()
  }
}

async function requireMachine(plan) {
  const reason = process.getuid?.() === 0 ? await whyNoNamespaces() : 'it needs root'
  if (reason !== undefined) throw new UnsupportedError(`the benchmark of the datapath builds network namespaces: ${reason}`)
  const absent = ['iperf3', 'ping', 'setpriv'].filter((program) => !hasProgram(program))
  if (absent.length > 0) throw new UnsupportedError(`the benchmark of the datapath needs ${absent.join(', ')}`)
  const unknown = [...plan.chains, ...plan.udpChains].filter((name) => !(name in CHAINS))
  if (unknown.length > 0) throw new StopError(`no such chain: ${unknown.join(', ')}; there are: ${Object.keys(CHAINS).join(', ')}`, 2)
}

async function measureAll(plan, leavings) {
  const machine = await describeMachine()
  const wireGuard = await findWireGuard(plan.install)
  const missing = wireGuard.missing === undefined ? [] : [`wireguard-go: ${wireGuard.missing}`]
  const sets = []
  for (const name of plan.chains) sets.push(await prepareChain(name, wireGuard, leavings))
  const defence = plan.chains.includes('one') ? await prepareDefence(sets, leavings, missing) : undefined
  await rest(sets, defence)
  const samples = new Map()
  for (let repetition = 1; repetition <= plan.repetitions; repetition++) {
    await repeatOnce(plan, sets, samples)
    if (defence !== undefined) await repeatDefence(plan, defence, samples)
    say(`  repetition ${repetition} of ${plan.repetitions}`)
  }
  for (const { systems } of sets) for (const system of systems) await system.check()
  const chains = summariseAll(samples)
  const { repetitions, seconds, udpSeconds, udpRate, pings } = plan
  const peers = [...(wireGuard.version === undefined ? [] : [wireGuard.version]), ...(await describeFeatures(sets, defence))]
  const overlayMtu = Object.fromEntries(await Promise.all(sets.map(async ({ name, chain }) => [name, await mtuFound(chain)])))
  const conditions = { repetitions, seconds, udpSeconds, udpRate, pings, overlayMtu, congestionControl: congestionControl(), peers }
  return { machine, conditions, missing, chains, acceptance: judge(chains, Object.fromEntries(plan.chains.map((name) => [name, CHAINS[name]]))) }
}

/** What the machine let each kind of datapath process use. */
async function describeFeatures(sets, defence) {
  const own = ({ systems }) => systems.find(({ name }) => name === 'srwan')
  const describe = async (what, system, host) => {
    const found = Object.entries(await system.features(host)).map(([name, value]) => `${name} ${value}`)
    return `srwan, ${what}: ${found.join(', ')}`
  }
  const lines = [await describe('ends', own(sets[0]), 0)]
  if (defence !== undefined) lines.push(await describe('transit', defence.privileged, 1), await describe('transit without privileges', defence.unprivileged, 1))
  return lines
}

async function prepareChain(name, wireGuard, leavings) {
  const chain = new Chain({ name, transits: CHAINS[name], leavings })
  const systems = [await startRaw(chain)]
  if (wireGuard.program !== undefined) systems.push(await startWireGuard(chain, wireGuard.program, leavings))
  systems.push(await startDatapath(chain))
  return { name, chain, systems }
}

/** A second chain whose transit has no privileges, and a stranger at the first's transit. */
async function prepareDefence(sets, leavings, missing) {
  const { chain, systems } = sets.find(({ name }) => name === 'one')
  const program = await buildFloodSender(leavings)
  if (program === undefined) missing.push('the flood: no C++ compiler')
  const stranger = chain.attach(1, leavings)
  const bare = new Chain({ name: 'unprivileged', transits: 1, leavings })
  const unprivileged = await withDefaultBufferLimits(leavings, () => startDatapath(bare, { transitWrapper: UNPRIVILEGED }))
  return { chain, privileged: systems.find(({ name }) => name === 'srwan'), program, stranger, bare, unprivileged }
}

/** What the machine takes with everything up and nothing to do counts for nobody. */
async function rest(sets, defence) {
  const from = readCpu()
  await new Promise((resolve) => {
    setTimeout(resolve, SETTLE_SECONDS * 1000)
  })
  const { seconds, elapsed } = spentSince(from)
  for (const system of [...sets.flatMap(({ systems }) => systems), ...(defence === undefined ? [] : [defence.unprivileged])]) system.baseline = seconds / elapsed
}

/** Each kind of measurement goes through all systems before the next begins: what disturbs the machine for a while disturbs them alike. */
async function repeatOnce(plan, sets, samples) {
  const { used, own } = congestionControl()
  const ownDiffers = used !== own
  for (const { name, chain, systems } of sets) {
    const forAll = async (measure) => {
      for (const system of systems) keep(samples, name, system.name, await measure(system))
    }
    await forAll((system) => measureTcp(chain, system, plan.seconds))
    if (chain.transitCount > FULLY_MEASURED) continue
    if (ownDiffers) await forAll((system) => measureOwnTcp(chain, system, plan.seconds))
    for (const octets of plan.udpChains.includes(name) ? UDP_SIZES : []) {
      for (const rate of [plan.udpRate, 0]) await forAll((system) => measureUdp(chain, system, { octets, rate, seconds: plan.udpSeconds }))
    }
    await forAll((system) => measurePing(chain, system, plan.pings))
  }
}

async function repeatDefence(plan, { chain, privileged, program, stranger, bare, unprivileged }, samples) {
  keep(samples, 'unprivileged', 'srwan', await measureTcp(bare, unprivileged, plan.seconds))
  if (program === undefined) return
  const figures = await measureFlood(chain, privileged, { stranger, program, rate: plan.udpRate, octets: UDP_SIZES.at(-1), seconds: plan.udpSeconds })
  keep(samples, 'one', 'srwan', figures)
}

function keep(samples, chain, system, figures) {
  const key = `${chain}\n${system}`
  samples.set(key, [...(samples.get(key) ?? []), figures])
}

function summariseAll(samples) {
  const chains = {}
  for (const [key, repetitions] of samples) {
    const [chain, system] = key.split('\n')
    chains[chain] = { ...chains[chain], [system]: summarise(repetitions) }
  }
  return chains
}
