import { createHash } from 'node:crypto'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { MAX_COLUMN_PART, ms, ns, overlayAddress, peerIdText, sid } from '@srwan/interface'
import type { DatapathEvents, GeoIsp, GroupTopic, Member, Milliseconds, Random, Roster, RosterSource, Sid } from '@srwan/interface'
import { createMeasurement } from '../src/index.ts'
import type { Measurement } from '../src/index.ts'
import { Listeners } from '@srwan/interface'
import { GroupLedger } from './group-month.ts'
import type { GroupOctets, GroupPurpose } from './group-month.ts'

/** What a simulated group is like; delays in µs. */
export interface GroupInit {
  readonly size: number
  readonly interval: number
  readonly seed: number
  /** True delay i → j. */
  readonly delay: (i: number, j: number) => number
  /** Largest clock offset either way, in hours. @default 1 */
  readonly offsetHours?: number
  /** Largest drift either way, in ppm. @default 50 */
  readonly drift?: number
  /** Mean of the exponential queueing delay, in µs. @default 30 */
  readonly noise?: number
  /** Members learn of each other within this many ms. @default 4000 */
  readonly joinSpread?: number
  readonly geo?: (i: number) => GeoIsp
}

/** One packet of an exchange, in true ms. */
interface Arrival {
  readonly left: number
  readonly arrived: number
  readonly roundTrip: number | undefined
  readonly columnPart: Uint8Array
  readonly columnSeen: number
}

export const silentLogger = { forComponent: () => ({ error() {}, warn() {}, info() {}, debug() {} }) }

/** Not a signature: enough for members that do not cheat. */
export const fakeSignature = (peerId: string, data: Uint8Array): Uint8Array => createHash('sha512').update(peerId).update(data).digest()

export const fingerprintOf = (sids: readonly Sid[]): number => createHash('sha256').update(sids.join()).digest().readUIntBE(0, 3)

/** One member: an in-memory datapath, roster and topic around a real measurement. */
export class SimulatedNode {
  readonly sid: Sid
  readonly events = new Listeners<DatapathEvents>()
  readonly topicEvents = new Listeners<{ message: { readonly data: Uint8Array } }>()
  readonly rosterEvents = new Listeners<{ change: Roster }>()
  readonly known = new Map<Sid, Member>()
  member: Member
  clockEpoch: number
  offset: bigint
  readonly drift: number
  part: Uint8Array = new Uint8Array(0)
  seen: ReadonlyMap<Sid, number> = new Map()
  readonly sent = new Map<Sid, number>()
  readonly accepted = new Map<Sid, number>()
  alive = true
  readonly octets = new GroupLedger()
  measurement!: Measurement

  constructor(index: number, init: GroupInit, random: Random) {
    const peerId = peerIdText(`peer-${index}`)
    const digest = createHash('sha256').update(peerId).digest('hex')
    this.sid = sid(digest.slice(0, 16))
    this.clockEpoch = Math.floor(random.next() * 65536)
    this.offset = BigInt(Math.round((random.next() * 2 - 1) * (init.offsetHours ?? 1) * 3.6e12))
    this.drift = (random.next() * 2 - 1) * (init.drift ?? 50)
    const descriptor = { peerId, number: 1, datapathKey: new Uint8Array(32), endpoints: [], multiaddrs: [], geo: init.geo?.(index) ?? {}, roles: [] }
    this.member = { peerId, sid: this.sid, overlayAddress: overlayAddress('fd53:5257::1'), name: peerId, prefixes: [], descriptor }
  }

  roster(): Roster {
    const members = [...this.known.values()].toSorted((a, b) => (a.sid < b.sid ? -1 : 1))
    return { members, fingerprint: fingerprintOf(members.map((m) => m.sid)) }
  }

  learn(member: Member): void {
    this.known.set(member.sid, member)
    this.rosterEvents.emit('change', this.roster())
  }

  forget(gone: Sid): void {
    this.known.delete(gone)
    this.rosterEvents.emit('change', this.roster())
  }
}

export class SimulatedGroup {
  readonly clock = createVirtualClock({ start: ms(1000) })
  readonly nodes: readonly SimulatedNode[]
  readonly #init: GroupInit
  readonly #random: Random
  /** `i>j` that deliver nothing. */
  readonly cut = new Set<string>()
  delay: GroupInit['delay']
  #queue: { at: number; run: () => void }[] = []

  constructor(init: GroupInit) {
    this.#init = init
    this.#random = seededRandom(init.seed)
    this.delay = init.delay
    const nodes = Array.from({ length: init.size }, (_, i) => new SimulatedNode(i, init, this.#random))
    // Roster order, so that index i of the group is index i of every full matrix.
    this.nodes = nodes.toSorted((a, b) => (a.sid < b.sid ? -1 : 1))
    for (const node of this.nodes) node.measurement = this.#measure(node)
  }

  async start(): Promise<void> {
    const spread = this.#init.joinSpread ?? 4000
    for (const [i, node] of this.nodes.entries()) {
      await node.measurement.start()
      for (const [j, other] of this.nodes.entries()) {
        const at = i === j ? 0 : this.#random.next() * spread
        this.clock.setTimeout(() => {
          node.learn(other.member)
        }, ms(at))
        if (i < j)
          this.#later(at + spread + this.#random.next() * Math.min(1000, this.#init.interval), () => {
            this.#exchange(i, j)
          })
      }
    }
    this.clock.setInterval(() => {
      this.#drain()
    }, ms(20))
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.measurement.stop()
  }

  run(duration: number): Promise<void> {
    return this.clock.advance(duration)
  }

  clockNow(node: SimulatedNode, at: number = this.clock.now()): bigint {
    return node.offset + BigInt(Math.round(at * 1e6 * (1 + node.drift / 1e6)))
  }

  /** As after a kill and a new start: the same identity, nothing remembered, another clock epoch and a higher descriptor number. */
  async restart(node: SimulatedNode): Promise<void> {
    node.clockEpoch = Math.floor(this.#random.next() * 65536)
    node.part = new Uint8Array(0)
    node.seen = new Map()
    node.sent.clear()
    node.accepted.clear()
    node.member = { ...node.member, descriptor: { ...node.member.descriptor, number: node.member.descriptor.number + 1 } }
    for (const other of this.nodes) {
      other.sent.delete(node.sid)
      other.accepted.delete(node.sid)
      other.learn(node.member)
    }
    node.alive = true
    node.measurement = this.#measure(node)
    await node.measurement.start()
  }

  /** The clock jumps; the datapath notices. */
  step(node: SimulatedNode, by: bigint): void {
    node.offset += by
    node.clockEpoch = (node.clockEpoch + 1) & 0xffff
    node.events.emit('clockEpoch', { clockEpoch: node.clockEpoch })
  }

  /** Delay plus clock difference of i → j in µs at an instant: what a perfect cell holds. */
  truth(i: number, j: number, at: Milliseconds): number {
    const [a, b] = [this.nodes[i], this.nodes[j]] as [SimulatedNode, SimulatedNode]
    return this.delay(i, j) + Number(this.clockNow(b, at) - this.clockNow(a, at)) / 1000
  }

  /** Octets that a node sent, of all nodes in the mean. */
  meanOctets(): GroupOctets {
    const sums = new Map<GroupPurpose, { content: number; heads: number }>()
    for (const { octets } of this.nodes) {
      for (const [purpose, { content, heads }] of octets.all()) {
        const before = sums.get(purpose) ?? { content: 0, heads: 0 }
        sums.set(purpose, { content: before.content + content / this.nodes.length, heads: before.heads + heads / this.nodes.length })
      }
    }
    return sums
  }

  /** Puts a message on everyone's topic, as an attacker would. */
  inject(data: Uint8Array): void {
    for (const node of this.nodes) node.topicEvents.emit('message', { data })
  }

  #measure(node: SimulatedNode): Measurement {
    const clockNow = (): bigint => this.clockNow(node)
    const topic: GroupTopic = {
      on: (name, listener) => {
        node.topicEvents.on(name, listener)
      },
      off: (name, listener) => {
        node.topicEvents.off(name, listener)
      },
      publish: async (data) => {
        this.#gossip(node, data)
      }
    }
    const roster: RosterSource = {
      on: (name, listener) => {
        node.rosterEvents.on(name, listener)
      },
      off: (name, listener) => {
        node.rosterEvents.off(name, listener)
      },
      current: () => node.roster()
    }
    const datapath = {
      on: node.events.on.bind(node.events),
      off: node.events.off.bind(node.events),
      get clockEpoch() {
        return node.clockEpoch
      },
      clockNow: () => ns(clockNow()),
      setColumnPart: (part: Uint8Array, seen: ReadonlyMap<Sid, number>) => {
        node.part = part
        node.seen = seen
      },
      sendDatagram: (to: Sid, payload: Uint8Array) => this.#datagram(node, to, payload)
    }
    const signer = { peerId: node.member.peerId, sid: node.sid, sign: async (data: Uint8Array) => fakeSignature(node.member.peerId, data) }
    const verify = async (peerId: string, data: Uint8Array, signature: Uint8Array): Promise<boolean> => Buffer.compare(fakeSignature(peerId, data), signature) === 0
    return createMeasurement(
      { datapath, roster, topic, signer, verify, clock: this.clock, random: this.#random, logger: silentLogger, networkId: 'test' },
      { pulseInterval: ms(this.#init.interval) }
    )
  }

  #later(delay: number, run: () => void): void {
    const at = this.clock.now() + delay
    let low = 0
    let high = this.#queue.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#queue[middle]?.at ?? 0) > at) low = middle + 1
      else high = middle
    }
    this.#queue.splice(low, 0, { at, run })
  }

  #drain(): void {
    const now = this.clock.now()
    for (let last = this.#queue.at(-1); last !== undefined && last.at <= now; last = this.#queue.at(-1)) {
      this.#queue.pop()
      last.run()
    }
  }

  /** One probe exchange; whoever reflected starts the next. The events come late by up to a drain, their timestamps are exact. */
  #exchange(i: number, j: number): void {
    const { interval } = this.#init
    const [a, b] = [this.nodes[i], this.nodes[j]] as [SimulatedNode, SimulatedNode]
    this.#later(interval * (0.9 + 0.2 * this.#random.next()), () => {
      this.#exchange(j, i)
    })
    if (!a.alive || !b.alive || !a.known.has(b.sid) || !b.known.has(a.sid)) return
    const t1 = this.clock.now()
    const t2 = t1 + this.#travel(i, j)
    const t4 = t2 + this.#travel(j, i)
    a.octets.probe(MAX_COLUMN_PART)
    a.sent.set(b.sid, (a.sent.get(b.sid) ?? 0) + 1)
    const lost = (): void => {
      this.#later(Math.min(interval, 3000), () => {
        a.events.emit('probeLost', { to: b.sid })
      })
    }
    if (this.cut.has(`${i}>${j}`)) return lost()
    const requestPart = new Uint8Array(MAX_COLUMN_PART)
    requestPart.set(a.part)
    this.#later(t2 - t1, () => {
      b.octets.probe(b.part.length)
      b.sent.set(a.sid, (b.sent.get(a.sid) ?? 0) + 1)
      const replyPart = b.part
      const replySeen = b.seen.get(a.sid) ?? 0
      this.#arrive(a, b, { left: t1, arrived: t2, roundTrip: undefined, columnPart: requestPart, columnSeen: a.seen.get(b.sid) ?? 0 })
      if (this.cut.has(`${j}>${i}`)) return lost()
      this.#later(t4 - t2, () => {
        this.#arrive(b, a, { left: t2, arrived: t4, roundTrip: t4 - t1, columnPart: replyPart, columnSeen: replySeen })
      })
    })
  }

  #travel(i: number, j: number): number {
    return (this.delay(i, j) - Math.log(1 - this.#random.next()) * (this.#init.noise ?? 30)) / 1000
  }

  #arrive(from: SimulatedNode, to: SimulatedNode, { left, arrived, roundTrip, columnPart, columnSeen }: Arrival): void {
    if (!to.alive) return
    to.accepted.set(from.sid, (to.accepted.get(from.sid) ?? 0) + 1)
    to.events.emit('probe', {
      from: from.sid,
      role: roundTrip === undefined ? 'reflector' : 'sender',
      sentAt: ns(this.clockNow(from, left)),
      receivedAt: ns(this.clockNow(to, arrived)),
      ...(roundTrip === undefined ? {} : { roundTrip: ns(BigInt(Math.round(roundTrip * 1e6))) }),
      peerClockEpoch: from.clockEpoch,
      clockEpoch: to.clockEpoch,
      sentByPeer: from.sent.get(to.sid) ?? 0,
      acceptedFromPeer: to.accepted.get(from.sid) ?? 0,
      columnSeen,
      columnPart
    })
  }

  #datagram(from: SimulatedNode, to: Sid, payload: Uint8Array): boolean {
    const [i, j] = [this.nodes.indexOf(from), this.nodes.findIndex((node) => node.sid === to)]
    const target = this.nodes[j]
    if (target === undefined || payload.length > 1000) return false
    from.octets.datagram(payload.length)
    if (this.cut.has(`${i}>${j}`)) return true
    this.#later(this.#travel(i, j), () => {
      if (target.alive && target.known.has(from.sid)) target.events.emit('datagram', { from: from.sid, payload })
    })
    return true
  }

  /** Everybody gets it once, within 0.3 s, and passes it on. */
  #gossip(from: SimulatedNode, data: Uint8Array): void {
    for (const node of this.nodes) {
      node.octets.pulse(data.length, this.clock.now())
      if (node !== from && node.alive)
        this.#later(20 + this.#random.next() * 280, () => {
          node.topicEvents.emit('message', { data })
        })
    }
  }
}
