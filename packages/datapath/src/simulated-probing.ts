import { MAX_COLUMN_PART, ms, ns } from '@srwan/interface'
import type { Milliseconds, Nanoseconds, Sid, Timer } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import type { ProbeBody } from './simulated-packet.ts'
import type { SimulatedPeers } from './simulated-peers.ts'

/** Silence after which either side may start, in intervals. */
const PATIENCE = 1.5
const JITTER = 0.1
const LONGEST_REPLY_WAIT = ms(3000)
const LONGEST_FIRST_WAIT = ms(1000)
const NO_TIME = ns(0n)

interface Pairing {
  next: Timer | undefined
  outstanding: { readonly t1: Nanoseconds; readonly timer: Timer } | undefined
}

/** One probe exchange per pair and interval: whoever reflected last starts the next; after 1.5 intervals of silence either may. */
export class SimulatedProbing {
  readonly #core: SimulatedCore
  readonly #peers: SimulatedPeers
  readonly #interval: Milliseconds
  readonly #pairings = new Map<Sid, Pairing>()
  #columnPart: Uint8Array = new Uint8Array(0)
  #columnSeen: ReadonlyMap<Sid, number> = new Map()

  constructor(core: SimulatedCore, peers: SimulatedPeers, interval: Milliseconds) {
    this.#core = core
    this.#peers = peers
    this.#interval = interval
  }

  setColumnPart(part: Uint8Array, columnSeen: ReadonlyMap<Sid, number>): void {
    this.#columnPart = part.slice()
    this.#columnSeen = new Map(columnSeen)
  }

  /** The lower SID starts at once, the other one waits for it. */
  begin(peer: Sid): void {
    this.end(peer)
    this.#pairings.set(peer, { next: undefined, outstanding: undefined })
    const first = this.#core.sid < peer ? this.#core.random.next() * Math.min(this.#interval, LONGEST_FIRST_WAIT) : this.#interval * PATIENCE
    this.#schedule(peer, first)
  }

  end(peer: Sid): void {
    const pairing = this.#pairings.get(peer)
    pairing?.next?.cancel()
    pairing?.outstanding?.timer.cancel()
    this.#pairings.delete(peer)
  }

  receive(from: Sid, body: ProbeBody): void {
    if (!this.#pairings.has(from)) return
    if (body.reply) this.#acceptReply(from, body)
    else this.#reflect(from, body)
  }

  #schedule(peer: Sid, delay: number): void {
    const pairing = this.#pairings.get(peer)
    if (pairing === undefined) return
    pairing.next?.cancel()
    pairing.next = this.#core.later(ms(delay * (1 + JITTER * (2 * this.#core.random.next() - 1))), () => {
      this.#request(peer, pairing)
    })
  }

  #request(peer: Sid, pairing: Pairing): void {
    const t1 = this.#core.measuringClock.now()
    pairing.outstanding?.timer.cancel()
    const timer = this.#core.later(ms(Math.min(this.#interval, LONGEST_REPLY_WAIT)), () => {
      pairing.outstanding = undefined
      this.#core.emit('probeLost', { to: peer })
    })
    pairing.outstanding = { t1, timer }
    const columnPart = new Uint8Array(MAX_COLUMN_PART)
    columnPart.set(this.#columnPart)
    this.#peers.send(peer, { ...this.#common(peer), reply: false, t1, t2: NO_TIME, t3: NO_TIME, columnPart })
    this.#schedule(peer, this.#interval)
  }

  #reflect(from: Sid, body: ProbeBody): void {
    const t2 = this.#core.measuringClock.now()
    this.#peers.send(from, { ...this.#common(from), reply: true, t1: body.t1, t2, t3: t2, columnPart: this.#columnPart })
    this.#schedule(from, this.#interval)
    this.#emit(from, body, { role: 'reflector', sentAt: body.t1, receivedAt: t2 })
  }

  #acceptReply(from: Sid, body: ProbeBody): void {
    const pairing = this.#pairings.get(from)
    if (pairing?.outstanding?.t1 !== body.t1) return
    pairing.outstanding.timer.cancel()
    pairing.outstanding = undefined
    const t4 = this.#core.measuringClock.now()
    this.#schedule(from, this.#interval * PATIENCE)
    this.#emit(from, body, { role: 'sender', sentAt: body.t3, receivedAt: t4, roundTrip: ns(t4 - body.t1 - (body.t3 - body.t2)) })
  }

  #emit(from: Sid, body: ProbeBody, times: { role: 'reflector' | 'sender'; sentAt: Nanoseconds; receivedAt: Nanoseconds; roundTrip?: Nanoseconds }): void {
    this.#core.emit('probe', {
      from,
      ...times,
      ...this.#peers.trafficFrom(from),
      peerClockEpoch: body.clockEpoch,
      clockEpoch: this.#core.measuringClock.epoch,
      columnSeen: body.columnSeen,
      columnPart: body.columnPart.slice()
    })
  }

  #common(peer: Sid): { type: 'probe'; clockEpoch: number; columnSeen: number } {
    return { type: 'probe', clockEpoch: this.#core.measuringClock.epoch, columnSeen: this.#columnSeen.get(peer) ?? 0 }
  }
}
