import { createVirtualClock, seededRandom } from '@srwan/clock'
import type { VirtualClock } from '@srwan/clock'
import { createSimulatedDatapath, createSimulatedNetwork } from '@srwan/datapath'
import type { SimulatedDatapath, SimulatedNetwork } from '@srwan/datapath'
import { COLORS, epochAt, ipPrefix, ms, ns, overlayAddress, peerIdText, ppm, sid } from '@srwan/interface'
import type { GeoIsp, Member, Milliseconds, PeerIdText, Roster, RosterSource, SessionSnapshot, Sid } from '@srwan/interface'
import { createQuarantine } from '@srwan/quarantine'
import type { ObservationLog, Quarantine } from '@srwan/quarantine'
import { createSrPolicy } from '@srwan/sr-policy'
import type { SrPolicy } from '@srwan/sr-policy'
import { silentLogger } from '@srwan/testing'
import { createEvidence } from '../../src/quarantine/evidence.ts'
import { SimulatedTopic, measuredRouter } from './measured-router.ts'

export const PULSE = ms(2000)
const EPOCH = ms(3_600_000)
/** Gossip of a fresh entry to every other. */
const SPREAD = ms(150)
/** Code of a handshake's response. */
const REFUSED = 2

export interface SimulatedRouter {
  readonly sid: Sid
  readonly peerId: PeerIdText
  readonly datapath: SimulatedDatapath
  readonly headend: SrPolicy
  readonly quarantine: Quarantine
  readonly log: ReplicatedLog
}

export interface SimulatedGroup {
  readonly clock: VirtualClock
  readonly routers: readonly SimulatedRouter[]
  readonly sidOf: (index: number) => Sid
  /** Drops what this router is to forward for others: `all` of it, or `data` only, end-to-end probes not; its own traffic and pair probes pass. */
  readonly setBlackHole: (index: number, drops: false | 'all' | 'data') => void
  /** Answers handshakes with a refusal; pair probes and what it forwards for others go on. */
  readonly setRefusing: (index: number, refuses: boolean) => void
  /** Publishes its delays shorter by so much than they are. */
  readonly setLie: (index: number, by: Milliseconds) => void
  readonly talk: (from: number, to: number, octets: number) => void
  readonly run: (seconds: number, step?: () => boolean | void) => Promise<number>
  readonly stop: () => Promise<void>
}

type Entry = { author: PeerIdText; epoch: number; body: unknown }

/** One replica of the observations; what is appended at one is at the others a moment later. */
export class ReplicatedLog implements ObservationLog {
  readonly #entries: Entry[] = []
  readonly #listeners = new Set<(event: undefined) => void>()
  readonly #write: (entry: { key: string; body: unknown }) => void

  constructor(write: (entry: { key: string; body: unknown }) => void) {
    this.#write = write
  }
  append(entry: { readonly key: string; readonly ttl: number; readonly body: unknown }): Promise<void> {
    this.#write(entry)
    return Promise.resolve()
  }
  take(entry: Entry): void {
    this.#entries.push(entry)
    for (const listener of this.#listeners) listener(undefined)
  }
  observations(): Iterable<Entry> {
    return this.#entries
  }
  forks(): Iterable<never> {
    return []
  }
  on(_: 'change', listener: (event: undefined) => void): void {
    this.#listeners.add(listener)
  }
  off(_: 'change', listener: (event: undefined) => void): void {
    this.#listeners.delete(listener)
  }
}

/** What the simulated datapath does not count: octets sent by list, and octets that arrived, as the egress would echo them. */
class CarriedOctets {
  readonly #lists = new Map<string, { ingress: Sid; segments: readonly Sid[]; sent: number; arrived: number }>()

  note(packet: Parameters<SimulatedNetwork['send']>[2], isDropped: boolean): void {
    if (packet.kind !== 'segment' || packet.direction !== 'forward') return
    const key = `${packet.ingress} ${packet.segments.join('>')}`
    const list = this.#lists.get(key) ?? { ingress: packet.ingress, segments: packet.segments, sent: 0, arrived: 0 }
    this.#lists.set(key, list)
    const octets = packet.body.type === 'data' ? packet.body.octets : 512
    if (packet.position === 0) list.sent += octets
    if (packet.position === packet.segments.length - 1 && !(isDropped && packet.body.type === 'data' && packet.position > 0)) list.arrived += octets
  }

  sessions(self: Sid, datapath: SimulatedDatapath): readonly SessionSnapshot[] {
    return datapath.sessions().map((session) => {
      const lists = [...this.#lists.values()].filter(({ ingress, segments }) => ingress === self && segments.at(-1) === session.egress)
      const paths = lists.map(({ segments, sent, arrived }) => ({ direction: 'forward' as const, segments, octetsSent: sent, octetsConfirmed: arrived }))
      return session.role === 'ingress' ? { ...session, paths } : session
    })
  }
}

/** A group of routers with everything that the quarantine works with, on a virtual clock; delays are measured and published as in the node. @param geo - where router i says it is */
export async function simulatedGroup(delay: (from: number, to: number) => number, size: number, geo: (index: number) => GeoIsp = () => ({})): Promise<SimulatedGroup> {
  const clock = createVirtualClock()
  const random = seededRandom(1)
  const sids = Array.from({ length: size }, (_, index) => sid((0xa0 + index).toString(16).padStart(16, '0')))
  const indexOf = (value: Sid): number => sids.indexOf(value)
  const drops = new Map<Sid, 'all' | 'data'>()
  const refusing = new Set<Sid>()
  const lies = new Map<Sid, Milliseconds>()
  const base = createSimulatedNetwork({ clock, random, delay: (from, to) => ms(delay(indexOf(from), indexOf(to))) })
  const carried = new CarriedOctets()
  const network: SimulatedNetwork = {
    ...base,
    send: (from, to, packet) => {
      const holes = drops.get(from)
      carried.note(packet, holes !== undefined)
      const isForwarded = packet.kind === 'segment' && packet.position > 0
      if (packet.kind === 'pair' && packet.body.type === 'handshake' && packet.body.message === 'response' && refusing.has(from)) {
        base.send(from, to, { ...packet, body: { ...packet.body, code: REFUSED } })
      } else if (holes === undefined || !isForwarded || (holes === 'data' && packet.body.type !== 'data')) base.send(from, to, packet)
    }
  }
  const datapaths = sids.map((self, index) =>
    createSimulatedDatapath(
      {
        networkId: 'simulated',
        sid: self,
        listen: { address: `192.0.${index}.1`, port: 4802 },
        probeInterval: PULSE,
        measuringClock: { offset: ns(0n), drift: ppm(0) }
      },
      network
    )
  )
  const members = sids.map((self, index) => memberOf(self, { index, geo: geo(index), datapathKey: (datapaths[index] as SimulatedDatapath).publicKey }))
  const roster: Roster = { members, fingerprint: 1 }
  const nothing = (): void => {}
  const rosterSource: RosterSource = { current: () => roster, on: nothing, off: nothing }
  const topic = new SimulatedTopic(clock)
  const logs: ReplicatedLog[] = []
  const services: { start: () => Promise<void>; stop: () => Promise<void> }[] = []
  const routers = sids.map((self, index): SimulatedRouter => {
    const datapath = datapaths[index] as SimulatedDatapath
    const { peerId } = members[index] as Member
    const log = new ReplicatedLog(({ body }) => {
      const entry = { author: peerId, epoch: epochAt(clock.wallTime(), EPOCH), body }
      logs.forEach((replica, other) => {
        if (other === index) replica.take(entry)
        else clock.setTimeout(() => replica.take(structuredClone(entry)), SPREAD)
      })
    })
    logs.push(log)
    const logger = silentLogger()
    const matrix = measuredRouter({
      member: members[index] as Member,
      datapath,
      topic,
      roster: rosterSource,
      clock,
      random,
      pulseInterval: PULSE,
      lie: () => lies.get(self) ?? ms(0)
    })
    const common = { roster: rosterSource, self: { sid: self }, clock, logger }
    const quarantine = createQuarantine({ ...common, log, delaysBetween: (one, other) => matrix.delaysBetween(one, other) }, { pulseInterval: PULSE, epoch: EPOCH })
    const headend = createSrPolicy(
      { ...common, datapath, matrix, localPrefixes: [ipPrefix(`${members[index]?.overlayAddress}/128`)], avoided: quarantine },
      { pulseInterval: PULSE, transit: true, maxTransits: 1 }
    )
    const watched = {
      on: datapath.on.bind(datapath),
      off: datapath.off.bind(datapath),
      probePaths: datapath.probePaths.bind(datapath),
      sessions: () => carried.sessions(self, datapath)
    }
    const evidence = createEvidence({ ...common, datapath: watched, matrix, findings: () => matrix.evidence(), srPolicy: headend, quarantine, random }, { pulseInterval: PULSE })
    services.push(datapath, matrix, quarantine, headend, evidence)
    return { sid: self, peerId, datapath, headend, quarantine, log }
  })
  for (const service of services) await service.start()
  return {
    clock,
    routers,
    sidOf: (index) => sids[index] as Sid,
    setBlackHole: (index, what) => {
      if (what === false) drops.delete(sids[index] as Sid)
      else drops.set(sids[index] as Sid, what)
    },
    setRefusing: (index, refuses) => {
      if (refuses) refusing.add(sids[index] as Sid)
      else refusing.delete(sids[index] as Sid)
    },
    setLie: (index, by) => {
      lies.set(sids[index] as Sid, by)
    },
    talk: (from, to, octets) => {
      ;(datapaths[from] as SimulatedDatapath).sendData(sids[to] as Sid, octets, COLORS.latency)
    },
    run: async (seconds, step = nothing) => {
      for (let passed = 0; passed < seconds * 20; passed++) {
        if (step() === true) return passed / 20
        await clock.advance(50)
      }
      return seconds
    },
    stop: async () => {
      for (const service of services.toReversed()) await service.stop()
    }
  }
}

function memberOf(self: Sid, { index, geo, datapathKey }: { index: number; geo: GeoIsp; datapathKey: Uint8Array }): Member {
  const peerId = peerIdText(`peer-${index}`)
  const endpoints = [{ address: `192.0.${index}.1`, port: 4802 }]
  return {
    peerId,
    sid: self,
    overlayAddress: overlayAddress(`fd53:5257::${(index + 1).toString(16)}`),
    name: `node${index}`,
    prefixes: [],
    descriptor: { peerId, number: 1, datapathKey, endpoints, multiaddrs: [], geo: { asn: 64_000 + index, ...geo }, roles: ['ingress', 'transit', 'egress'] }
  }
}
