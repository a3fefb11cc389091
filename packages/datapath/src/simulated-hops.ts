import type { SegmentList, SessionSnapshot, Sid } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import { listKey, octetsOf } from './simulated-packet.ts'
import type { ControlBody, HandshakeBody, SegmentPacket } from './simulated-packet.ts'
import type { SimulatedPeers } from './simulated-peers.ts'

const SESSIONS_PER_INGRESS = 256
const REVERSE_LISTS = 16
const CODE = { ok: 0, limit: 2, transitRefused: 3, unknownSession: 4 } as const
const MS_PER_SECOND = 1000

interface HopSession {
  readonly instance: number
  readonly id: number
  readonly ingress: Sid
  readonly egress: Sid
  readonly role: 'transit' | 'egress'
  readonly openedAt: number
  forwardOctets: number
  reverseOctets: number
  /** Egress only: reverse lists that the ingress named, the most recent last, and the one in use. */
  readonly reverse: Map<string, SegmentList>
  active: SegmentList | undefined
}

/** Sessions of others that pass through here or end here. */
export class SimulatedHops {
  readonly #core: SimulatedCore
  readonly #peers: SimulatedPeers
  readonly #sessions = new Map<string, HopSession>()

  constructor(core: SimulatedCore, peers: SimulatedPeers) {
    this.#core = core
    this.#peers = peers
  }

  receiveInitiation(from: Sid, body: HandshakeBody): void {
    const code = this.#admit(from, body.session, this.#core.sid, 'egress')
    this.#peers.answer(from, { type: 'handshake', message: 'response', session: body.session, code })
  }

  receiveControl(from: Sid, body: ControlBody): void {
    if (body.type === 'close') this.#end(sessionKey(from, body.session))
    if (body.type === 'open') {
      const code = this.#core.config.transit ? this.#admit(from, body.session, body.egress, 'transit') : CODE.transitRefused
      this.#peers.answer(from, { type: 'answer', session: body.session, of: 'open', sequence: 0, code })
    }
    if (body.type === 'paths') this.#learnPaths(from, body)
  }

  /** Sessions whose ingress is no peer any more end here. */
  forget(ingress: Sid): void {
    for (const [key, session] of this.#sessions) {
      if (session.ingress === ingress || session.egress === ingress) this.#end(key)
    }
  }

  /** @returns the session for which this packet may pass or end here, counted; `undefined` where it must be dropped */
  accept(packet: SegmentPacket, role: 'transit' | 'egress'): HopSession | undefined {
    const session = this.#sessions.get(sessionKey(packet.ingress, packet.session))
    if (session?.role !== role) {
      this.#core.count('dropUnknownSession')
      return undefined
    }
    if (packet.direction === 'forward') session.forwardOctets += octetsOf(packet)
    else session.reverseOctets += octetsOf(packet)
    return session
  }

  /** The session that the ingress keeps open towards here, to send back on. */
  reverseOf(ingress: Sid): HopSession | undefined {
    return [...this.#sessions.values()].find((session) => session.ingress === ingress && session.role === 'egress' && session.active !== undefined)
  }

  snapshots(): readonly SessionSnapshot[] {
    return [...this.#sessions.values()].map((session) => this.#snapshot(session))
  }

  clear(): void {
    for (const key of [...this.#sessions.keys()]) this.#end(key)
  }

  #end(key: string): void {
    const session = this.#sessions.get(key)
    if (session === undefined) return
    this.#sessions.delete(key)
    this.#core.ended(this.#snapshot(session))
  }

  #snapshot(session: HopSession): SessionSnapshot {
    return {
      instance: session.instance,
      session: session.id,
      ingress: session.ingress,
      egress: session.egress,
      role: session.role,
      state: 'open',
      ageSeconds: (this.#core.clock.now() - session.openedAt) / MS_PER_SECOND,
      forwardOctets: session.forwardOctets,
      reverseOctets: session.reverseOctets,
      paths: []
    }
  }

  #admit(ingress: Sid, id: number, egress: Sid, role: HopSession['role']): number {
    const key = sessionKey(ingress, id)
    if (this.#sessions.get(key)?.role === role) return CODE.ok
    const held = [...this.#sessions.values()].filter((session) => session.ingress === ingress).length
    if (held >= SESSIONS_PER_INGRESS) {
      this.#core.count('dropLimit')
      return CODE.limit
    }
    this.#end(key)
    this.#sessions.set(key, {
      instance: this.#core.nextInstance(),
      id,
      ingress,
      egress,
      role,
      openedAt: this.#core.clock.now(),
      forwardOctets: 0,
      reverseOctets: 0,
      reverse: new Map(),
      active: undefined
    })
    return CODE.ok
  }

  #learnPaths(from: Sid, body: Extract<ControlBody, { type: 'paths' }>): void {
    const session = this.#sessions.get(sessionKey(from, body.session))
    const code = session?.role === 'egress' ? CODE.ok : CODE.unknownSession
    if (session !== undefined) {
      for (const segments of body.lists) {
        session.reverse.delete(listKey(segments))
        session.reverse.set(listKey(segments), segments)
      }
      for (const key of [...session.reverse.keys()].slice(0, -REVERSE_LISTS)) session.reverse.delete(key)
      session.active = body.active
    }
    this.#peers.answer(from, { type: 'answer', session: body.session, of: 'paths', sequence: body.sequence, code })
  }
}

function sessionKey(ingress: Sid, session: number): string {
  return `${ingress} ${session}`
}
