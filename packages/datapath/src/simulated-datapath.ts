import { MAX_COLUMN_PART, MAX_DATAGRAM, InvalidInputError, ns, ppm } from '@srwan/interface'
import type {
  Datapath,
  DatapathConfig,
  DatapathCounter,
  DatapathEvents,
  DatapathFeatures,
  DatapathInit,
  Nanoseconds,
  PartsPerMillion,
  PathProbeRequest,
  PathProbeResult,
  SessionSnapshot,
  Sid,
  UnderlayEndpoint
} from '@srwan/interface'
import { checkConfig } from './simulated-config-check.ts'
import { SimulatedCore } from './simulated-core.ts'
import { SimulatedForwarding } from './simulated-forwarding.ts'
import { SimulatedHops } from './simulated-hops.ts'
import { SimulatedMeasuringClock } from './simulated-measuring-clock.ts'
import type { SimulatedNetwork } from './simulated-network.ts'
import type { PairBody } from './simulated-packet.ts'
import { EndToEndProbes, PathComparison } from './simulated-path-probes.ts'
import { SimulatedPeers, keyText } from './simulated-peers.ts'
import { SimulatedPolicy } from './simulated-policy.ts'
import { SimulatedProbing } from './simulated-probing.ts'
import { SimulatedSessions } from './simulated-sessions.ts'

const KEY_OCTETS = 32
const EPOCHS = 65_536
/** One thread of JavaScript without device, socket or buffers; the cipher is the one whose octets its packets are counted with. */
const FEATURES: DatapathFeatures = {
  threads: 1,
  cipher: 'aes-256-gcm',
  tunOffload: 'off',
  udpSegmentation: false,
  udpReceiveOffload: false,
  steering: false,
  receiveBufferOctets: 0,
  sendBufferOctets: 0,
  wantedBufferOctets: 0
}

/** What a simulated datapath is born with beyond what every datapath is. */
export interface SimulatedDatapathInit extends DatapathInit {
  /** How the measuring clock starts. @default no offset, no drift */
  readonly measuringClock?: { readonly offset?: Nanoseconds; readonly drift?: PartsPerMillion }
}

/** A datapath that nobody's programs send through: what they would send is said here. */
export interface SimulatedDatapath extends Datapath {
  /** One data packet of `octets` towards the endpoint, as if a program had sent it; counted in `tunRxPackets`, on arrival in `tunTxPackets`. */
  readonly sendData: (endpoint: Sid, octets: number, color?: number) => void
}

/** The datapath's behaviour without sockets and cryptography, on the network's clock; passes the same compliance suite as the native one. */
export function createSimulatedDatapath(init: SimulatedDatapathInit, network: SimulatedNetwork): SimulatedDatapath {
  return new Twin(init, network)
}

class Twin implements SimulatedDatapath {
  readonly publicKey: Uint8Array
  readonly listenEndpoint: UnderlayEndpoint
  readonly #core: SimulatedCore
  readonly #peers: SimulatedPeers
  readonly #probing: SimulatedProbing
  readonly #hops: SimulatedHops
  readonly #sessions: SimulatedSessions
  readonly #probes: EndToEndProbes
  readonly #comparison: PathComparison
  readonly #forwarding: SimulatedForwarding
  readonly #policies = new Map<string, SimulatedPolicy>()
  #detach: () => void = () => {}
  #configText = ''

  constructor(init: SimulatedDatapathInit, network: SimulatedNetwork) {
    this.publicKey = network.random.bytes(KEY_OCTETS)
    this.listenEndpoint = init.listen
    const { offset = ns(0n), drift = ppm(0) } = init.measuringClock ?? {}
    const measuringClock = new SimulatedMeasuringClock(network.clock, { offset, drift, epoch: Math.floor(network.random.next() * EPOCHS) })
    this.#core = new SimulatedCore({ sid: init.sid, key: keyText(this.publicKey), network, measuringClock })
    this.#peers = new SimulatedPeers(this.#core, (from, body) => {
      this.#receivePair(from, body)
    })
    this.#probing = new SimulatedProbing(this.#core, this.#peers, init.probeInterval)
    this.#hops = new SimulatedHops(this.#core, this.#peers)
    this.#sessions = new SimulatedSessions(this.#core, this.#peers)
    this.#probes = new EndToEndProbes(this.#core)
    this.#comparison = new PathComparison(this.#core, { peers: this.#peers, sessions: this.#sessions, probes: this.#probes })
    this.#forwarding = new SimulatedForwarding(this.#core, {
      peers: this.#peers,
      hops: this.#hops,
      sessions: this.#sessions,
      probes: this.#probes,
      noteData: (endpoint, color) => {
        this.#policies.get(policyKey(endpoint, color))?.noteData()
      }
    })
    this.#sessions.onProgress((endpoint) => {
      for (const policy of this.#policies.values()) if (policy.policy.endpoint === endpoint) policy.progress()
    })
  }

  get clockEpoch(): number {
    return this.#core.measuringClock.epoch
  }

  start(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (this.#core.running) return Promise.resolve()
    this.#core.running = true
    this.#detach = this.#core.network.attach(this.#core.sid, (packet) => {
      if (packet.kind === 'pair') this.#peers.receive(packet)
      else this.#forwarding.receive(packet)
    })
    for (const peer of this.#core.config.peers) this.#probing.begin(peer.sid)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#detach()
    this.#core.shutDown()
    this.#probes.close()
    this.#hops.clear()
    return Promise.resolve()
  }

  on<K extends keyof DatapathEvents>(name: K, listener: (event: DatapathEvents[K]) => void): void {
    this.#core.on(name, listener)
  }

  off<K extends keyof DatapathEvents>(name: K, listener: (event: DatapathEvents[K]) => void): void {
    this.#core.off(name, listener)
  }

  clockNow(): Nanoseconds {
    return this.#core.measuringClock.now()
  }

  adjustClock(change: { readonly step?: Nanoseconds; readonly drift?: PartsPerMillion }): void {
    if (this.#core.measuringClock.adjust(change)) this.#core.emit('clockEpoch', { clockEpoch: this.clockEpoch })
  }

  reconfigure(config: DatapathConfig): 'applied' | 'unchanged' {
    checkConfig(this.#core.sid, config)
    const text = canonicalText(config)
    if (text === this.#configText) return 'unchanged'
    this.#configText = text
    this.#core.config = config
    const { appeared, gone } = this.#peers.update(config.peers)
    for (const peer of gone) {
      this.#probing.end(peer)
      this.#hops.forget(peer)
      this.#sessions.forgetPeer(peer)
    }
    if (this.#core.running) for (const peer of appeared) this.#probing.begin(peer)
    this.#updatePolicies(config)
    return 'applied'
  }

  setColumnPart(part: Uint8Array, columnSeen: ReadonlyMap<Sid, number>): void {
    if (part.length > MAX_COLUMN_PART) throw new InvalidInputError({ source: 'column part' }, `has ${part.length} octets, at most ${MAX_COLUMN_PART} fit`)
    this.#probing.setColumnPart(part, columnSeen)
  }

  sendDatagram(to: Sid, payload: Uint8Array): boolean {
    if (payload.length > MAX_DATAGRAM) throw new InvalidInputError({ source: 'datagram' }, `has ${payload.length} octets, at most ${MAX_DATAGRAM} fit`)
    if (!this.#core.running || !this.#peers.has(to)) return false
    if (!this.#peers.takeDatagramToken(to, 'out')) return false
    return this.#peers.send(to, { type: 'datagram', payload: payload.slice() })
  }

  async probePaths(request: PathProbeRequest, signal?: AbortSignal): Promise<PathProbeResult> {
    return this.#comparison.run(request, signal)
  }

  counters(): Readonly<Record<DatapathCounter, number>> {
    return { ...this.#core.counts }
  }

  sessions(): readonly SessionSnapshot[] {
    const own = this.#sessions.all().map((session) => {
      const policy = [...this.#policies.values()].find((candidate) => candidate.policy.endpoint === session.endpoint)
      return session.snapshot(policy?.current)
    })
    return [...own, ...this.#hops.snapshots()]
  }

  takeEndedSessions(): readonly SessionSnapshot[] {
    return this.#core.takeEnded()
  }

  features(): DatapathFeatures {
    if (!this.#core.running) throw new InvalidInputError({ source: 'datapath' }, 'the datapath is not running')
    return FEATURES
  }

  sendData(endpoint: Sid, octets: number, color = 1): void {
    this.#core.count('tunRxPackets')
    this.#core.count('tunRxOctets', octets)
    const policy = this.#policies.get(policyKey(endpoint, color))
    const reverse = this.#sessions.find(endpoint)?.state === 'open' ? undefined : this.#hops.reverseOf(endpoint)
    if (reverse?.active !== undefined) this.#forwarding.sendReverse(reverse.active, { ingress: endpoint, session: reverse.id, color }, { type: 'data', octets })
    else if (policy === undefined) this.#core.count('dropNoRoute')
    else policy.send(octets)
  }

  #updatePolicies(config: DatapathConfig): void {
    const wanted = new Map(config.policies.map((policy) => [policyKey(policy.endpoint, policy.color), policy]))
    for (const [key, state] of this.#policies) {
      if (wanted.has(key)) continue
      state.close()
      this.#policies.delete(key)
    }
    for (const [key, policy] of wanted) {
      const before = this.#policies.get(key)
      if (before !== undefined && JSON.stringify(before.policy) === JSON.stringify(policy)) continue
      this.#policies.set(key, new SimulatedPolicy(this.#core, { sessions: this.#sessions, probes: this.#probes }, policy, before))
    }
  }

  #receivePair(from: Sid, body: PairBody): void {
    if (body.type === 'probe') this.#probing.receive(from, body)
    else if (body.type === 'datagram') this.#receiveDatagram(from, body.payload)
    else if (body.type === 'handshake' && body.message === 'initiation') this.#hops.receiveInitiation(from, body)
    else if (body.type === 'handshake') this.#sessions.receiveResponse(from, body)
    else if (body.type === 'answer') this.#sessions.receiveAnswer(from, body)
    else if (body.type !== 'relayed') this.#hops.receiveControl(from, body)
  }

  #receiveDatagram(from: Sid, payload: Uint8Array): void {
    if (this.#peers.takeDatagramToken(from, 'in')) this.#core.emit('datagram', { from, payload })
    else this.#core.count('dropRateLimited')
  }
}

function policyKey(endpoint: Sid, color: number): string {
  return `${endpoint} ${color}`
}

function canonicalText(config: DatapathConfig): string {
  return JSON.stringify(config, (_, value: unknown) => (value instanceof Uint8Array ? keyText(value) : value))
}
