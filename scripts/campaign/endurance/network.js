import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Chain } from '../../bench/datapath/chain.js'
import { DatapathHost } from '../../bench/datapath/systems.js'
import { inRepository } from '../../workshop/repository.js'
import { StopError } from '../../workshop/stages.js'

const PORT = 4801
/** The member that comes and goes: it takes everything and never answers. */
const ABSENT_PORT = 4999
const SINK = inRepository('scripts/campaign/endurance/sink.js')
const MTU = 1376
const THREADS = 2
/** Roles by index: ingress, transit, egress. */
export const HOST_NAMES = ['A', 'T', 'B']
const [A, T, B] = [0, 1, 2]
const ABSENT = 3
/** A session is replaced as often as that; its predecessor drains for 5 s, so two or three exist at a time. */
export const SESSION_LIFETIME_MS = 8000
export const REKEY_INTERVAL_MS = 5000
const COLOR = 1

export const sid = (index) => (0xc0 + index).toString(16).padStart(16, '0')
export const overlay = (index) => `fd53:5257::${(index + 1).toString(16)}`

/** Three hosts in a row with a native datapath each; the kernel in the middle also forwards, so that A and B have a direct path. */
export class EnduranceNetwork {
  #absentKey = randomBytes(32).toString('hex')
  #sinks = []

  /** @param {{ leavings: import('../../bench/datapath/leavings.js').Leavings, single: boolean }} init - `single`: links carry each datagram by itself, so that the kernel counts each that it loses */
  static async start({ leavings, single }) {
    const network = new EnduranceNetwork()
    network.chain = new Chain({ name: 'endure', transits: 1, leavings })
    network.#connectEnds()
    if (single) network.#forbidSuperDatagrams()
    network.#sinks = await Promise.all([T, B].map((index) => startSink(network.chain.hosts[index])))
    network.processes = network.chain.hosts.map((host) => {
      const init = {
        networkId: 'endurance',
        sid: sid(host.index),
        listen: { address: '0.0.0.0', port: PORT },
        probeInterval: 1000,
        rekeyInterval: REKEY_INTERVAL_MS,
        sessionLifetime: SESSION_LIFETIME_MS,
        mark: 5257,
        threads: THREADS,
        tun: { name: 'srwan0', addresses: [`${overlay(host.index)}/32`], mtu: MTU }
      }
      return new DatapathHost(host, [], init)
    })
    const started = await Promise.all(network.processes.map((each) => each.read()))
    const refused = started.find(({ publicKey }) => publicKey === undefined)
    if (refused !== undefined) throw new StopError(`the native datapath did not start: ${refused.message}`)
    network.keys = started.map(({ publicKey }) => publicKey)
    return network
  }

  get pids() {
    return this.processes.map(({ child }) => child.pid)
  }

  /** @returns {Promise<number>} datagrams for the absent member; the kernel counts them one by one, unlike those for a port without a socket */
  async takenByAbsent() {
    const counts = await Promise.all(this.#sinks.map((sink) => sink.count()))
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** @returns {Promise<any[]>} the answers of all processes, in the order of the hosts */
  askAll(command) {
    return Promise.all(this.processes.map((each) => each.ask(command)))
  }

  /**
   * Tells one datapath the whole desired state.
   *
   * @param {number} self
   * @param {{ path: 0 | 1, absent: boolean, secondPair: boolean }} state - A's path through T or the direct one · the absent member is listed · B has its policy to T
   */
  reconfigure(self, state) {
    return this.processes[self].ask({ do: 'reconfigure', config: this.#config(self, state) })
  }

  #config(self, { path, absent, secondPair }) {
    const present = [A, T, B].filter((index) => index !== self)
    const peers = present.map((index) => this.#peer(index, this.keys[index], { address: this.chain.underlay(self, index), port: PORT }))
    // A stranger's address would go to another socket: this one is a member's.
    const nearest = self === T ? B : T
    if (absent) peers.push(this.#peer(ABSENT, this.#absentKey, { address: this.chain.underlay(self, nearest), port: ABSENT_PORT }))
    const policies = []
    if (self === A) policies.push(this.#mainPolicy(path))
    if (self === B && secondPair) policies.push(direct(B, T, true))
    if (absent) policies.push(direct(self, ABSENT, true))
    return { localPrefixes: [`${overlay(self)}/128`], transit: true, peers, policies }
  }

  #peer(index, publicKey, endpoint) {
    return { sid: sid(index), publicKey, endpoint, prefixes: [`${overlay(index)}/128`], relays: [] }
  }

  #mainPolicy(path) {
    const pair = (index) => ({ forward: index, reverse: index })
    return {
      endpoint: sid(B),
      color: COLOR,
      forward: [[sid(T), sid(B)], [sid(B)]],
      reverse: [[sid(T), sid(A)], [sid(A)]],
      active: pair(path),
      standby: pair(1 - path),
      keepOpen: true
    }
  }

  #connectEnds() {
    const { first, last } = this.chain
    execFileSync('ip', ['-n', first.namespace, 'route', 'add', '10.77.1.0/24', 'via', '10.77.0.2'])
    execFileSync('ip', ['-n', last.namespace, 'route', 'add', '10.77.0.0/24', 'via', '10.77.1.1'])
  }

  #forbidSuperDatagrams() {
    for (const [namespace, device] of this.underlayDevices) execFileSync('ip', ['-n', namespace, 'link', 'set', device, 'gso_max_segs', '1'])
  }

  get underlayDevices() {
    const [a, t, b] = this.chain.hosts.map(({ namespace }) => namespace)
    return [
      [a, 'down0'],
      [t, 'up0'],
      [t, 'down0'],
      [b, 'up0']
    ]
  }
}

async function startSink(host) {
  const child = host.spawn([process.execPath, SINK, String(ABSENT_PORT)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  if ((await lines.next()).value !== 'ready') throw new StopError('the sink for the absent member did not start')
  const count = async () => {
    child.stdin.write('count\n')
    return Number((await lines.next()).value)
  }
  return { count }
}

function direct(from, to, keepOpen) {
  return { endpoint: sid(to), color: COLOR, forward: [[sid(to)]], reverse: [[sid(from)]], active: { forward: 0, reverse: 0 }, keepOpen }
}
