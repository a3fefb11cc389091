import { hash } from 'node:crypto'
import { Listeners, ms } from '@srwan/interface'
import { Announcements, FrameQueue, GOSSIP_MESH, STREAM_ON_THE_WIRE } from '@srwan/testing'
import type { EntryTopic, FrameStream, GossipVerdict, SyncPeers } from '@srwan/ditex'
import type { PeerIdText, Random } from '@srwan/interface'
import type { VirtualClock } from '@srwan/clock'
import type { OctetLedger } from './octet-ledger.ts'

/** One-way delay of a link, ms. */
const LATENCY = { least: 5, most: 80 }
/** What all links of the simulation share. */
export interface LinkComponents {
  readonly clock: VirtualClock
  readonly random: Random
  readonly ledger: OctetLedger
}

/** Whoever has connections: its replication is set before it goes up. */
export interface Host {
  readonly peerId: PeerIdText
  readonly links: DayPeers
  up: boolean
  readonly serve: (peer: PeerIdText, stream: FrameStream) => Promise<void>
}

/** A node's connections: streams of exchanges, and a topic whose messages pass along the mesh as gossipsub passes them. Every octet is counted with what libp2p, TCP and IP add. */
export class DayPeers implements SyncPeers {
  readonly neighbours = new Set<Host>()
  readonly mesh = new Set<Host>()
  readonly #components: LinkComponents
  readonly #events = new Listeners<{ connected: PeerIdText }>()
  readonly #seen = new Set<string>()
  readonly #announcements = new Announcements()
  readonly #delays = new Map<Host, number>()
  #validator: ((data: Uint8Array) => Promise<GossipVerdict>) | undefined
  #own: Host | undefined

  constructor(components: LinkComponents) {
    this.#components = components
  }

  /** Whose links these are; once, before anything starts. */
  belongTo(own: Host): void {
    this.#own = own
  }

  readonly on: SyncPeers['on'] = (name, listener) => {
    this.#events.on(name, listener)
  }
  readonly off: SyncPeers['off'] = (name, listener) => {
    this.#events.off(name, listener)
  }

  connected(): readonly PeerIdText[] {
    return this.reachable().map(({ peerId }) => peerId)
  }

  reachable(): readonly Host[] {
    return [...this.neighbours].filter(({ up }) => up)
  }

  /** Links of the mesh to those who are there, up to what each side takes. */
  graft(): void {
    for (const host of this.mesh) if (!host.up) this.mesh.delete(host)
    const own = this.#own!
    for (const host of this.reachable()) {
      if (this.mesh.size >= GOSSIP_MESH.least) return
      if (host.links.mesh.size >= GOSSIP_MESH.most || this.mesh.has(host)) continue
      this.mesh.add(host)
      host.links.mesh.add(own)
    }
  }

  tellConnected(peer: PeerIdText): void {
    this.#events.emit('connected', peer)
  }

  open(peer: PeerIdText): Promise<FrameStream> {
    const own = this.#own!
    const other = this.reachable().find(({ peerId }) => peerId === peer)
    if (other === undefined) return Promise.reject(new Error('not connected'))
    this.#components.ledger.add('exchange framing', STREAM_ON_THE_WIRE, 2)
    const [near, far] = this.#streams(own, other)
    void other.serve(own.peerId, far)
    return Promise.resolve(near)
  }

  readonly topic: EntryTopic = {
    publish: (data) => {
      this.#note(data)
      this.#forward(data)
      return Promise.resolve()
    },
    setValidator: (validate) => {
      this.#validator = validate
    }
  }

  async #receive(from: Host, data: Uint8Array): Promise<void> {
    if (this.#seen.has(hash('sha256', data)) || this.#validator === undefined) return
    this.#note(data)
    if ((await this.#validator(data)) === 'accept') this.#forward(data, from)
  }

  /** What is known is told to whoever is outside of the mesh, too. */
  #note(data: Uint8Array): void {
    const { clock, ledger } = this.#components
    this.#seen.add(hash('sha256', data))
    ledger.add('gossip announcements', this.#announcements.note(clock.now()))
  }

  #forward(data: Uint8Array, from?: Host): void {
    const { ledger, clock } = this.#components
    const own = this.#own!
    for (const host of this.mesh) {
      if (host === from || !host.up) continue
      ledger.gossip(data)
      clock.setTimeout(
        () => {
          if (own.up && host.up) void host.links.#receive(own, data)
        },
        ms(this.#delayTo(host))
      )
    }
  }

  #delayTo(host: Host): number {
    const delay = this.#delays.get(host) ?? LATENCY.least + (LATENCY.most - LATENCY.least) * this.#components.random.next()
    this.#delays.set(host, delay)
    return delay
  }

  #streams(a: Host, b: Host): readonly [FrameStream, FrameStream] {
    const queues = [new FrameQueue(), new FrameQueue()] as const
    const delay = this.#delayTo(b)
    const { ledger, clock } = this.#components
    const side = (own: FrameQueue, others: FrameQueue): FrameStream => ({
      send: (frame) => {
        ledger.frame(frame)
        clock.setTimeout(() => a.up && b.up && others.push(frame), ms(delay))
        return Promise.resolve()
      },
      frames: own,
      close: () => {
        own.end()
        clock.setTimeout(() => others.end(), ms(delay))
      }
    })
    return [side(queues[0], queues[1]), side(queues[1], queues[0])]
  }
}
