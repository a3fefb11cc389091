import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { inRepository } from '../../workshop/repository.js'
import { StopError } from '../../workshop/stages.js'
import { wireGuardKeys } from './wireguard-program.js'

const PORT = 4801
const WIREGUARD_PORT = 51820
/** What three transits leave of 1,500 octets (IPv4 and UDP 28, header 16, segments 4 × 16, tag 16). It is where path MTU discovery begins. */
const OVERLAY_MTU = 1376
const DEVICE = 'srwan0'
const READY_SECONDS = 15
const READY_PAUSE_MS = 50
const DRIVER = inRepository('scripts/bench/datapath/datapath-host.js')

/** Waits until the first host's pings to an address are answered. */
async function reachable(chain, address, what) {
  for (const from = performance.now(); performance.now() - from < READY_SECONDS * 1000; await wait(READY_PAUSE_MS)) {
    if ((await chain.first.run('ping', '-c', '1', '-W', '1', address)).code === 0) return
  }
  throw new StopError(`${what} does not answer over the chain ${chain.name}`)
}

/** No overlay: kernels that forward IP. */
export async function startRaw(chain) {
  await reachable(chain, chain.plainAddress, 'the plain chain')
  return { name: 'veth', address: chain.plainAddress, transitPids: [], check: async () => {} }
}

/** wireguard-go on every host, a tunnel per link: each transit decrypts, forwards and encrypts again. */
export async function startWireGuard(chain, program, leavings) {
  const keys = chain.hosts.map(() => wireGuardKeys())
  const pids = []
  const end = chain.hosts.length - 1
  const inner = (index) => `fd78::${(index + 1).toString(16)}`
  for (const host of chain.hosts) {
    // The control socket's directory is the whole machine's: names must differ.
    const device = `wg${process.pid % 1_000_000}${chain.name[0]}${chain.transitCount}${host.index}`
    leavings.add(() => rmSync(`/var/run/wireguard/${device}.sock`, { force: true }))
    const child = host.spawn([program, '-f', device], { stdio: 'ignore', env: { ...process.env, LOG_LEVEL: 'error', WG_PROCESS_FOREGROUND: '1' } })
    pids.push(child.pid)
    await appears(host, device, child)
    const peer = (index, allowed) => [
      'peer',
      keys[index].publicKey,
      'endpoint',
      `${chain.underlay(host.index, index)}:${WIREGUARD_PORT}`,
      'allowed-ips',
      allowed.map((each) => `${inner(each)}/128`).join(',')
    ]
    const range = (from, to) => Array.from({ length: Math.max(to - from + 1, 0) }, (_, offset) => from + offset)
    const peers = [...(host.index > 0 ? peer(host.index - 1, range(0, host.index - 1)) : []), ...(host.index < end ? peer(host.index + 1, range(host.index + 1, end)) : [])]
    // `wg` opens its input anew, which works with a pipe of the shell's and not with what Node gives.
    await host.mustWithInput(
      keys[host.index].privateKey,
      'sh',
      '-c',
      'cat | wg set "$@"',
      'sh',
      device,
      'listen-port',
      String(WIREGUARD_PORT),
      'private-key',
      '/dev/stdin',
      ...peers
    )
    await host.must('ip', 'addr', 'add', `${inner(host.index)}/64`, 'dev', device, 'nodad')
    await host.must('ip', 'link', 'set', device, 'up')
  }
  await reachable(chain, inner(end), 'wireguard-go')
  return { name: 'wireguard-go', address: inner(end), transitPids: pids.slice(1, -1), check: async () => {} }
}

async function appears(host, device, child) {
  for (const from = performance.now(); performance.now() - from < READY_SECONDS * 1000; await wait(READY_PAUSE_MS)) {
    if ((await host.run('wg', 'show', device)).code === 0) return
    if (child.exitCode !== null) break
  }
  throw new StopError(`wireguard-go did not start on ${device}`)
}

/** One process with a native datapath, told what to do by lines of JSON. */
export class DatapathHost {
  constructor(host, wrapper, init) {
    const command = [...wrapper, process.execPath, ...process.execArgv, DRIVER, JSON.stringify(init)]
    this.child = host.spawn(command, { stdio: ['pipe', 'pipe', 'inherit'], cwd: inRepository('.') })
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  async read() {
    const { value, done } = await this.lines.next()
    if (done) throw new StopError('a datapath process ended')
    return JSON.parse(value)
  }

  async ask(command) {
    this.child.stdin.write(`${JSON.stringify(command)}\n`)
    return this.read()
  }
}

const sid = (index) => (0xb0 + index).toString(16).padStart(16, '0')
const overlay = (index) => `fd53:5257::${(index + 1).toString(16)}`

/** What host `self` is told: everybody as peer, and to the other end the path through all transits, there and back. */
function datapathConfig(chain, self, keys) {
  const indexes = chain.hosts.map(({ index }) => index)
  const end = indexes.length - 1
  const forward = indexes.slice(1).map(sid)
  const backward = indexes.slice(0, -1).reverse().map(sid)
  const policy = (endpoint, there, back) => ({ endpoint: sid(endpoint), color: 1, forward: [there], reverse: [back], active: { forward: 0, reverse: 0 }, keepOpen: false })
  const policies = { 0: [policy(end, forward, backward)], [end]: [policy(0, backward, forward)] }
  return {
    localPrefixes: self === 0 || self === end ? [`${overlay(self)}/128`] : [],
    transit: true,
    peers: indexes
      .filter((index) => index !== self)
      .map((index) => ({
        sid: sid(index),
        publicKey: keys[index],
        endpoint: { address: chain.underlay(self, index), port: PORT },
        prefixes: index === 0 || index === end ? [`${overlay(index)}/128`] : [],
        relays: indexes.filter((relay) => relay !== self && relay !== index && Math.abs(relay - self) === 1).map(sid)
      })),
    policies: policies[self] ?? []
  }
}

/** @returns {Promise<number>} octets of an inner packet that path MTU discovery has found for a chain */
export async function mtuFound(chain) {
  const [{ mtu }] = JSON.parse(await chain.first.must('ip', '-json', 'link', 'show', DEVICE))
  return mtu
}

/**
 * The product's native datapath on every host, one path with all transits as segments.
 *
 * @param {object} [options]
 * @param {string[]} [options.transitWrapper] - a program that starts the transits' processes, e.g. without privileges
 */
export async function startDatapath(chain, options = {}) {
  const end = chain.hosts.length - 1
  const drivers = chain.hosts.map((host) => {
    const isEnd = host.index === 0 || host.index === end
    const tun = isEnd ? { tun: { name: DEVICE, addresses: [`${overlay(host.index)}/32`], mtu: OVERLAY_MTU } } : {}
    const init = { networkId: 'bench', sid: sid(host.index), listen: { address: '0.0.0.0', port: PORT }, probeInterval: 10_000, mark: isEnd ? 5257 : 0, ...tun }
    return new DatapathHost(host, isEnd ? [] : (options.transitWrapper ?? []), init)
  })
  const started = await Promise.all(drivers.map((driver) => driver.read()))
  const refused = started.find(({ publicKey }) => publicKey === undefined)
  if (refused !== undefined) throw new StopError(`the native datapath did not start: ${refused.message}`)
  const keys = started.map(({ publicKey }) => publicKey)
  for (const [index, driver] of drivers.entries()) await driver.ask({ do: 'reconfigure', config: datapathConfig(chain, index, keys) })
  await reachable(chain, overlay(end), 'the native datapath')
  const counters = (index) => drivers[index].ask({ do: 'counters' })
  const features = (index) => drivers[index].ask({ do: 'features' })
  const check = async () => {
    const forwarded = await Promise.all(chain.transits.map(async ({ index }) => (await counters(index)).transitPackets))
    if (forwarded.some((count) => count === 0)) throw new StopError(`not every transit of ${chain.name} forwarded: ${forwarded.join(', ')}`)
  }
  await check()
  return {
    name: 'srwan',
    address: overlay(end),
    port: PORT,
    transitPids: drivers.slice(1, -1).map(({ child }) => child.pid),
    check,
    counters,
    features
  }
}
