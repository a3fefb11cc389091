import type { SegmentList, SessionSnapshot, Sid } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import { listKey, octetsOf } from './simulated-packet.ts'
import type { ControlBody, PairBody, SegmentBody } from './simulated-packet.ts'
import type { SimulatedPeers } from './simulated-peers.ts'
import { RepeatedRequest } from './simulated-repeated-request.ts'

const HANDSHAKE_SCHEDULE = [0, 1000, 3000, 7000, 15_000, 16_000]
const CONTROL_SCHEDULE = [0, 500, 1500, 3500, 7500, 15_500]
const MS_PER_SECOND = 1000
/** Simulated links have no width: nothing beyond what every path must carry is ever found. */
const BASE_MTU = { forward: 1280, reverse: 1280, state: 'base' } as const

export interface PathLists {
  readonly forward: SegmentList
  readonly reverse: SegmentList
}

type Opening = { state: 'pending' | 'open' | 'refused'; request: RepeatedRequest | undefined }

/** One session of this node as ingress: handshake with the egress, then OPEN to the transits and PATHS to the egress for each list in use. */
export class SimulatedSession {
  readonly id: number
  readonly endpoint: Sid
  state: 'opening' | 'open' | 'closed' = 'opening'
  forwardOctets = 0
  reverseOctets = 0
  readonly #core: SimulatedCore
  readonly #peers: SimulatedPeers
  readonly #changed: (session: SimulatedSession, cause: string) => void
  readonly #createdAt: number
  readonly #instance: number
  readonly #handshake: RepeatedRequest
  readonly #transits = new Map<Sid, Opening>()
  readonly #reverse = new Map<string, Opening & { readonly sequence: number }>()
  #sequence = 0

  constructor(core: SimulatedCore, peers: SimulatedPeers, init: { readonly endpoint: Sid; readonly changed: (session: SimulatedSession, cause: string) => void }) {
    this.#core = core
    this.#peers = peers
    this.#changed = init.changed
    this.endpoint = init.endpoint
    this.id = 1 + Math.floor(core.random.next() * 0xfffffffe)
    this.#createdAt = core.clock.now()
    this.#instance = core.nextInstance()
    this.#handshake = this.#repeat(init.endpoint, { type: 'handshake', message: 'initiation', session: this.id, code: 0 }, HANDSHAKE_SCHEDULE, () => {
      this.close('no answer to the handshake')
    })
  }

  receiveResponse(code: number): void {
    if (this.state !== 'opening') return
    this.#handshake.cancel()
    if (code !== 0) {
      this.close(`refused with code ${code}`)
      return
    }
    this.state = 'open'
    this.#core.count('sessionsOpened')
    this.#changed(this, 'handshake complete')
  }

  receiveAnswer(from: Sid, body: Extract<ControlBody, { type: 'answer' }>): void {
    const opening = body.of === 'open' ? this.#transits.get(from) : [...this.#reverse.values()].find(({ sequence }) => sequence === body.sequence)
    if (opening?.state !== 'pending') return
    opening.request?.cancel()
    opening.state = body.code === 0 ? 'open' : 'refused'
    this.#changed(this, 'path answered')
  }

  /** Asks every transit, and the egress for the reverse list, to know these paths; a list asked for before is not asked for again. */
  want(lists: PathLists): void {
    if (this.state !== 'open') return
    for (const transit of [...lists.forward.slice(0, -1), ...lists.reverse.slice(0, -1)]) {
      if (this.#transits.get(transit)?.state === 'open' || this.#transits.get(transit)?.state === 'pending') continue
      const opening: Opening = { state: 'pending', request: undefined }
      this.#transits.set(transit, opening)
      opening.request = this.#repeat(transit, { type: 'open', session: this.id, egress: this.endpoint }, CONTROL_SCHEDULE, () => {
        opening.state = 'refused'
      })
    }
    const key = listKey(lists.reverse)
    if (this.#reverse.get(key)?.state === 'open' || this.#reverse.get(key)?.state === 'pending') return
    const sequence = ++this.#sequence
    const opening: Opening & { sequence: number } = { state: 'pending', request: undefined, sequence }
    this.#reverse.set(key, opening)
    opening.request = this.#repeat(this.endpoint, { type: 'paths', session: this.id, sequence, lists: [lists.reverse], active: lists.reverse }, CONTROL_SCHEDULE, () => {
      opening.state = 'refused'
    })
  }

  isOpen(lists: PathLists): boolean {
    const transits = [...lists.forward.slice(0, -1), ...lists.reverse.slice(0, -1)]
    return this.state === 'open' && this.#reverse.get(listKey(lists.reverse))?.state === 'open' && transits.every((transit) => this.#transits.get(transit)?.state === 'open')
  }

  send(segments: SegmentList, color: number, body: SegmentBody): void {
    const first = segments[0]
    if (first === undefined || this.state !== 'open') return
    const packet = { kind: 'segment', direction: 'forward', ingress: this.#core.sid, session: this.id, color, segments, position: 0, body } as const
    this.forwardOctets += octetsOf(packet)
    this.#core.transmit(first, packet)
  }

  /** A hop that left takes its openings with it. */
  forgetHop(hop: Sid): void {
    this.#transits.get(hop)?.request?.cancel()
    this.#transits.delete(hop)
  }

  close(cause: string): void {
    if (this.state === 'closed') return
    const wasOpening = this.state === 'opening'
    this.state = 'closed'
    this.#handshake.cancel()
    for (const { request } of [...this.#transits.values(), ...this.#reverse.values()]) request?.cancel()
    for (const hop of [...this.#transits.keys(), this.endpoint]) this.#peers.send(hop, { type: 'close', session: this.id })
    if (wasOpening) this.#core.count('sessionsFailed')
    this.#core.emit('session', { endpoint: this.endpoint, state: wasOpening ? 'failed' : 'closed', cause })
    this.#core.ended(this.snapshot(undefined))
    this.#changed(this, cause)
  }

  snapshot(active: PathLists | undefined): SessionSnapshot {
    return {
      instance: this.#instance,
      session: this.id,
      ingress: this.#core.sid,
      egress: this.endpoint,
      role: 'ingress',
      state: this.state === 'closed' ? 'closing' : this.state,
      ageSeconds: (this.#core.clock.now() - this.#createdAt) / MS_PER_SECOND,
      forwardOctets: this.forwardOctets,
      reverseOctets: this.reverseOctets,
      paths: [],
      ...(active === undefined ? {} : { active, mtu: BASE_MTU })
    }
  }

  #repeat(to: Sid, body: PairBody, schedule: readonly number[], failed: () => void): RepeatedRequest {
    return new RepeatedRequest(this.#core, this.#peers, { to, body, schedule, failed })
  }
}
