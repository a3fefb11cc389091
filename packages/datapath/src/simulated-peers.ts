import { ms } from '@srwan/interface'
import type { DatapathPeer, Sid } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import type { PairBody, PairPacket, RelayedBody } from './simulated-packet.ts'

/** Tokens per second and burst of the datagram channel, per peer and direction; of relaying, per origin. */
const DATAGRAM_BUCKET = { rate: 50, burst: 200 }
const RELAY_BUCKET = { rate: 20, burst: 50 }
/** How long answers go back through the relay that brought the question. */
const RETURN_RELAY_TIME = ms(30_000)
const MS_PER_SECOND = 1000

interface Bucket {
  tokens: number
  at: number
}

interface PeerState {
  readonly peer: DatapathPeer
  readonly key: string
  sent: number
  accepted: number
  highest: number
  readonly buckets: Map<string, Bucket>
  returnRelay: { readonly relay: Sid; readonly until: number } | undefined
}

type Receive = (from: Sid, body: PairBody, packet: PairPacket) => void

/** The members that this node knows, and the pair-keyed packets between it and them. Packets of anybody else, or under another key, are dropped before any work. */
export class SimulatedPeers {
  readonly #core: SimulatedCore
  readonly #states = new Map<Sid, PeerState>()
  readonly #receive: Receive

  constructor(core: SimulatedCore, receive: Receive) {
    this.#core = core
    this.#receive = receive
  }

  /** Takes over the config's peers. @returns those that are new or have a new key, and those that left or lost their key */
  update(peers: readonly DatapathPeer[]): { appeared: readonly Sid[]; gone: readonly Sid[] } {
    const appeared: Sid[] = []
    const next = new Map(peers.map((peer) => [peer.sid, peer]))
    const gone = [...this.#states.values()].filter(({ peer, key }) => keyText(next.get(peer.sid)?.publicKey) !== key).map(({ peer }) => peer.sid)
    for (const sid of gone) this.#states.delete(sid)
    for (const [sid, peer] of next) {
      const state = this.#states.get(sid)
      if (state === undefined) appeared.push(sid)
      this.#states.set(sid, { ...(state ?? { sent: 0, accepted: 0, highest: -1, buckets: new Map(), returnRelay: undefined }), peer, key: keyText(peer.publicKey) })
    }
    return { appeared, gone }
  }

  has(sid: Sid): boolean {
    return this.#states.has(sid)
  }

  relaysOf(sid: Sid): readonly Sid[] {
    return this.#states.get(sid)?.peer.relays ?? []
  }

  trafficFrom(sid: Sid): { sentByPeer: number; acceptedFromPeer: number } {
    const state = this.#states.get(sid)
    return { sentByPeer: (state?.highest ?? -1) + 1, acceptedFromPeer: state?.accepted ?? 0 }
  }

  /** @returns false where the peer is unknown */
  send(to: Sid, body: PairBody): boolean {
    const state = this.#states.get(to)
    if (state === undefined) return false
    this.#core.transmit(to, this.#seal(state, body))
    return true
  }

  /** Sends directly and, where the peer was last heard through a relay, through that one too. */
  answer(to: Sid, body: PairBody): void {
    this.send(to, body)
    const back = this.#states.get(to)?.returnRelay
    if (back !== undefined && back.until > this.#core.clock.now()) this.sendThrough(back.relay, to, body)
  }

  sendThrough(relay: Sid, to: Sid, body: PairBody): void {
    const state = this.#states.get(to)
    if (state === undefined) return
    this.send(relay, { type: 'relayed', stage: 'to relay', origin: this.#core.sid, destination: to, inner: this.#seal(state, body) })
  }

  /** @returns false where the token bucket of this peer and direction is empty */
  takeDatagramToken(peer: Sid, direction: 'in' | 'out'): boolean {
    return this.#take(peer, direction, DATAGRAM_BUCKET)
  }

  receive(packet: PairPacket): void {
    const state = this.#states.get(packet.from)
    if (state === undefined) {
      this.#core.count('dropUnknownPeer')
      return
    }
    if (packet.fromKey !== state.key || packet.toKey !== this.#core.key) {
      this.#core.count('dropUnknownKey')
      return
    }
    state.accepted++
    state.highest = Math.max(state.highest, packet.counter)
    this.#core.countReceived(packet)
    if (packet.body.type === 'relayed') this.#receiveRelayed(packet.from, packet.body)
    else this.#receive(packet.from, packet.body, packet)
  }

  #receiveRelayed(from: Sid, body: RelayedBody): void {
    if (body.stage === 'to relay') {
      if (body.origin !== from || !this.has(body.destination)) {
        this.#core.count('dropUnknownPeer')
        return
      }
      if (!this.#take(from, 'relay', RELAY_BUCKET)) {
        this.#core.count('dropRateLimited')
        return
      }
      this.send(body.destination, { ...body, stage: 'from relay' })
      return
    }
    const origin = this.#states.get(body.origin)
    if (origin === undefined || body.destination !== this.#core.sid) {
      this.#core.count('dropUnknownPeer')
      return
    }
    origin.returnRelay = { relay: from, until: this.#core.clock.now() + RETURN_RELAY_TIME }
    if (body.inner.body.type !== 'relayed') this.receive(body.inner)
  }

  #take(peer: Sid, name: string, limit: { readonly rate: number; readonly burst: number }): boolean {
    const state = this.#states.get(peer)
    if (state === undefined) return false
    const now = this.#core.clock.now()
    const bucket = state.buckets.get(name) ?? { tokens: limit.burst, at: now }
    bucket.tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) * limit.rate) / MS_PER_SECOND)
    bucket.at = now
    state.buckets.set(name, bucket)
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }

  #seal(state: PeerState, body: PairBody): PairPacket {
    return { kind: 'pair', from: this.#core.sid, fromKey: this.#core.key, toKey: state.key, counter: state.sent++, body }
  }
}

export function keyText(key: Uint8Array | undefined): string {
  return key === undefined ? '' : Buffer.from(key).toString('hex')
}
