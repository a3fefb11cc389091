import { createVirtualClock, seededRandom } from '@srwan/clock'
import type { VirtualClock } from '@srwan/clock'
import { createSimulatedDatapath, createSimulatedNetwork } from '@srwan/datapath'
import type { SimulatedDatapath, SimulatedNetwork } from '@srwan/datapath'
import { COLORS, epochAt, ipPrefix, ms, ns, overlayAddress, peerIdText, ppm, ratio, sid, us } from '@srwan/interface'
import type { DelayCell, DelayMatrix, MatrixSource, Member, PeerIdText, Roster, RosterSource, SessionSnapshot, Sid } from '@srwan/interface'
import { createQuarantine } from '@srwan/quarantine'
import type { ObservationLog, Quarantine } from '@srwan/quarantine'
import { createSrPolicy } from '@srwan/sr-policy'
import type { SrPolicy } from '@srwan/sr-policy'
import { silentLogger } from '@srwan/testing'
import { createEvidence } from '../../src/quarantine/evidence.ts'

export const PULSE = ms(2000)
const EPOCH = ms(3_600_000)
/** Gossip of a fresh entry to every other. */
const SPREAD = ms(150)

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

/** A group of routers with everything that the quarantine works with, on a virtual clock; the matrix is shared at once. */
export async function simulatedGroup(delay: (from: number, to: number) => number, size: number): Promise<SimulatedGroup> {
  const clock = createVirtualClock()
  const random = seededRandom(1)
  const sids = Array.from({ length: size }, (_, index) => sid((0xa0 + index).toString(16).padStart(16, '0')))
  const indexOf = (value: Sid): number => sids.indexOf(value)
  const drops = new Map<Sid, 'all' | 'data'>()
  const base = createSimulatedNetwork({ clock, random, delay: (from, to) => ms(delay(indexOf(from), indexOf(to))) })
  const carried = new CarriedOctets()
  const network: SimulatedNetwork = {
    ...base,
    send: (from, to, packet) => {
      const holes = drops.get(from)
      carried.note(packet, holes !== undefined)
      const isForwarded = packet.kind === 'segment' && packet.position > 0
      if (holes === undefined || !isForwarded || (holes === 'data' && packet.body.type !== 'data')) base.send(from, to, packet)
    }
  }
  const cells: (DelayCell | undefined)[][] = sids.map(() => sids.map(() => undefined))
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
  datapaths.forEach((datapath, to) => {
    datapath.on('probe', ({ from, sentAt, receivedAt }) => {
      ;(cells[indexOf(from)] as (DelayCell | undefined)[])[to] = { oneWayDelay: us(Number(receivedAt - sentAt) / 1000), loss: ratio(0), ipdv: us(0), sampledAt: clock.now() }
    })
  })
  const view = (): DelayMatrix => ({ sids, cells, rates: sids.map(() => ppm(0)) })
  const members = sids.map((self, index) => memberOf(self, index, (datapaths[index] as SimulatedDatapath).publicKey))
  const roster: Roster = { members, fingerprint: 1 }
  const nothing = (): void => {}
  const rosterSource: RosterSource = { current: () => roster, on: nothing, off: nothing }
  const matrixListeners = new Set<(matrix: DelayMatrix) => void>()
  const matrix: MatrixSource = {
    current: view,
    on: (_, listener) => {
      matrixListeners.add(listener)
    },
    off: (_, listener) => {
      matrixListeners.delete(listener)
    }
  }
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
    const common = { roster: rosterSource, self: { sid: self }, clock, logger }
    const quarantine = createQuarantine({ ...common, log }, { pulseInterval: PULSE, epoch: EPOCH })
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
    const evidence = createEvidence({ ...common, datapath: watched, matrix, findings: () => [], srPolicy: headend, quarantine, random }, { pulseInterval: PULSE })
    services.push(datapath, quarantine, headend, evidence)
    return { sid: self, peerId, datapath, headend, quarantine, log }
  })
  for (const service of services) await service.start()
  const ticker = clock.setInterval(() => {
    for (const listener of matrixListeners) listener(view())
  }, ms(1000))
  return {
    clock,
    routers,
    sidOf: (index) => sids[index] as Sid,
    setBlackHole: (index, what) => {
      if (what === false) drops.delete(sids[index] as Sid)
      else drops.set(sids[index] as Sid, what)
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
      ticker.cancel()
      for (const service of services.toReversed()) await service.stop()
    }
  }
}

function memberOf(self: Sid, index: number, datapathKey: Uint8Array): Member {
  const peerId = peerIdText(`peer-${index}`)
  const endpoints = [{ address: `192.0.${index}.1`, port: 4802 }]
  return {
    peerId,
    sid: self,
    overlayAddress: overlayAddress(`fd53:5257::${(index + 1).toString(16)}`),
    name: `node${index}`,
    prefixes: [],
    descriptor: { peerId, number: 1, datapathKey, endpoints, multiaddrs: [], geo: { asn: 64_000 + index }, roles: ['ingress', 'transit', 'egress'] }
  }
}
