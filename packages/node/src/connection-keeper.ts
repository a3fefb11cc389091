import { multiaddr } from '@multiformats/multiaddr'
import { ms, peerIdText } from '@srwan/interface'
import { dialableAddresses } from './dialable-addresses.ts'
import type { Libp2p } from 'libp2p'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { RosterService } from './roster/roster-service.ts'
import type { MemberDirectory } from './directory/directory-of-node.ts'
import type { LinkActivity } from './traffic-metrics.ts'
import type { Groups } from '@srwan/groups'
import type { Clock, Logger, PeerIdText, Random, Startable, Timer } from '@srwan/interface'

/** Fewer connected members than this: dial. */
const LOW_WATER = 6
/** Dial up to this many. */
const TARGET = 8
/** Dials at once: members dial each other at random, and one that has just been dialled by another need not dial itself. */
const PARALLEL_DIALS = 2
/** In a network of several groups: connected members of the own group, so that gossip within it has a connected mesh however large the network is, */
const OWN_LOW_WATER = 5
/** and of other groups, so that what concerns everybody passes between groups. */
const OTHERS_LOW_WATER = 2
/** So many connections to other groups are not closed in favour of the own one. */
const OTHERS_KEPT = 4
/** More than this: close some, so that the node that everybody dials first does not carry everybody. */
const HIGH_WATER = 16
/** How often it looks without being woken. */
const CHECK_PERIOD = ms(5000)
/** Waits of one peer after failures: doubling, jittered. */
const FIRST_BACKOFF = 1000
const LONGEST_BACKOFF = 300_000
/** Alone, nobody is left out for longer than this. */
const LONGEST_BACKOFF_ALONE = 15_000
/** Two and a half of yamux's keep-alives without an octet: the link is dead. */
const SILENCE = 112_500
/** Where nobody answers at the addresses of the roster, others are asked for further ones: at this failure in a row, */
const LOOK_UP_AT = 3
/** and at every so many after it. */
const LOOK_UP_EACH = 8
/** Addresses tried per peer. */
const MAX_ADDRESSES = 8

export interface ConnectionKeeperComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections' | 'addEventListener' | 'removeEventListener'>
  readonly roster: Pick<RosterService, 'members' | 'isMember' | 'isAdmitted' | 'on' | 'off'>
  /** Which members are of the own group. */
  readonly groups: Pick<Groups, 'own' | 'on' | 'off'>
  readonly directory: Pick<MemberDirectory, 'addresses'>
  readonly links: () => readonly LinkActivity[]
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

interface Backoff {
  readonly failures: number
  readonly since: number
}

/** Keeps 6 to 8 connections to members: bootstrap first, then members at random, of the own group and of others as many as each needs; redials with growing waits. */
export class ConnectionKeeper implements Startable {
  readonly #components: ConnectionKeeperComponents
  readonly #bootstrap = new Map<PeerIdText, Multiaddr[]>()
  readonly #self: PeerIdText
  readonly #backoff = new Map<PeerIdText, Backoff>()
  readonly #dialling = new Set<PeerIdText>()
  #stopping = new AbortController()
  #timers: Timer[] = []
  #woken = false

  /** @param bootstrap - multiaddrs with peer ids; at most 64 */
  constructor(components: ConnectionKeeperComponents, init: { readonly self: PeerIdText; readonly bootstrap: readonly string[] }) {
    this.#components = components
    this.#self = init.self
    for (const text of init.bootstrap) {
      const [, peerId] = /\/p2p\/([^/]+)$/.exec(text) ?? []
      if (peerId === undefined || peerId === init.self) continue
      const name = peerIdText(peerId)
      this.#bootstrap.set(name, [...(this.#bootstrap.get(name) ?? []), multiaddr(text)].slice(0, MAX_ADDRESSES))
    }
  }

  /** Is there anybody whom this node could dial? */
  hasCandidates(): boolean {
    return this.#bootstrap.size > 0 || this.#components.roster.members().length > 1
  }

  connected(): ReadonlySet<PeerIdText> {
    return new Set(
      this.#components.libp2p
        .getConnections()
        .map((connection) => peerIdText(connection.remotePeer.toString()))
        .filter((peerId) => this.#components.roster.isAdmitted(peerId))
    )
  }

  /** Connects to somebody else besides those who are connected: who talks to the same few all the time may be told anything. */
  seekOthers(): void {
    if (this.#stopping.signal.aborted || this.#dialling.size >= PARALLEL_DIALS) return
    const [other] = this.#candidates(this.connected())
    if (other !== undefined) void this.#dial(other)
  }

  start(): Promise<void> {
    const { libp2p, roster, groups, clock } = this.#components
    this.#stopping = new AbortController()
    this.#timers.push(
      clock.setInterval(() => {
        this.#check()
      }, CHECK_PERIOD)
    )
    libp2p.addEventListener('connection:close', this.#wake)
    roster.on('change', this.#wake)
    groups.on('change', this.#wake)
    this.#check()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
    this.#components.libp2p.removeEventListener('connection:close', this.#wake)
    this.#components.roster.off('change', this.#wake)
    this.#components.groups.off('change', this.#wake)
    this.#stopping.abort(new Error('the node stops'))
    return Promise.resolve()
  }

  /** Many changes at once lead to one look; the random wait keeps a group from dialling a newcomer all at the same time. */
  readonly #wake = (): void => {
    if (this.#woken || this.#stopping.signal.aborted) return
    this.#woken = true
    const { clock, random } = this.#components
    this.#timers.push(
      clock.setTimeout(
        () => {
          this.#woken = false
          this.#timers = this.#timers.slice(0, 1)
          this.#check()
        },
        ms(50 + 450 * random.next())
      )
    )
  }

  #check(): void {
    if (this.#stopping.signal.aborted) return
    this.#abortSilent()
    const connected = this.connected()
    if (connected.size > HIGH_WATER) this.#close(connected)
    for (const peerId of this.#due(connected)) void this.#dial(peerId)
  }

  /** Whom to dial now. */
  #due(connected: ReadonlySet<PeerIdText>): readonly PeerIdText[] {
    const room = PARALLEL_DIALS - this.#dialling.size
    if (room <= 0) return []
    const busy = [...connected, ...this.#dialling]
    if (busy.length < LOW_WATER) return this.#candidates(connected).slice(0, Math.min(TARGET - connected.size - this.#dialling.size, room))
    const isOwn = this.#ownGroup()
    if (isOwn === undefined) return []
    const own = busy.filter(isOwn).length
    const others = busy.length - own
    // Whoever is full of others makes room by closing some of them.
    const nearer = own < OWN_LOW_WATER ? this.#candidates(connected).filter(isOwn) : []
    if (nearer.length > 0) return nearer.slice(0, Math.min(OWN_LOW_WATER - own, room))
    if (others >= OTHERS_LOW_WATER || busy.length >= HIGH_WATER) return []
    // Not the bootstrap nodes, to which everybody would come.
    const further = this.#shuffled(this.#candidates(connected).filter((peerId) => !isOwn(peerId)))
    return further.slice(0, Math.min(OTHERS_LOW_WATER - others, room))
  }

  /** `undefined` where all are in one group, or this node is in none. */
  #ownGroup(): ((peerId: PeerIdText) => boolean) | undefined {
    const { groups, roster } = this.#components
    const { number, members, guests } = groups.own()
    if (number === 0 || members.length + guests.length >= roster.members().length) return undefined
    const own = new Set([...members, ...guests])
    return (peerId) => own.has(peerId)
  }

  #abortSilent(): void {
    for (const link of this.#components.links()) {
      if (this.#components.clock.now() - link.lastReceivedAt > SILENCE) link.abort(new Error('nothing received for too long'))
    }
  }

  #close(connected: ReadonlySet<PeerIdText>): void {
    const all = this.#components.libp2p.getConnections()
    const isOwn = this.#ownGroup()
    const closable = this.#shuffled([...connected].filter((peerId) => !this.#bootstrap.has(peerId)))
    const others = isOwn === undefined ? [] : closable.filter((peerId) => !isOwn(peerId))
    // Many groups: connections to others go first, except some.
    const ordered = isOwn === undefined ? closable : [...others.slice(OTHERS_KEPT), ...closable.filter(isOwn), ...others.slice(0, OTHERS_KEPT)]
    const victims = ordered.slice(0, connected.size - HIGH_WATER)
    for (const connection of all) {
      if (victims.includes(peerIdText(connection.remotePeer.toString()))) connection.close().catch(() => {})
    }
  }

  /** Who may be dialled now: unconnected bootstrap nodes, then members of the own group, then others, each in random order; nobody's group counts for whoever is alone. */
  #candidates(connected: ReadonlySet<PeerIdText>): readonly PeerIdText[] {
    const members = this.#components.roster.members().map((member) => member.peerId)
    const isOwn = this.#ownGroup()
    const shuffled = this.#shuffled(members)
    const inOrder = isOwn === undefined ? shuffled : [...shuffled.filter(isOwn), ...shuffled.filter((peerId) => !isOwn(peerId))]
    const ordered = new Set([...this.#shuffled([...this.#bootstrap.keys()]), ...inOrder])
    const alone = connected.size === 0
    return [...ordered].filter((peerId) => peerId !== this.#self && !connected.has(peerId) && !this.#dialling.has(peerId) && this.#mayDial(peerId, alone))
  }

  #mayDial(peerId: PeerIdText, alone: boolean): boolean {
    const backoff = this.#backoff.get(peerId)
    if (backoff === undefined) return true
    const wait = Math.min(FIRST_BACKOFF * 2 ** Math.min(backoff.failures - 1, 20), alone ? LONGEST_BACKOFF_ALONE : LONGEST_BACKOFF)
    return this.#components.clock.now() - backoff.since >= wait * (0.75 + 0.5 * this.#components.random.next())
  }

  #shuffled<T>(values: readonly T[]): T[] {
    return values
      .map((value) => ({ value, order: this.#components.random.next() }))
      .sort((a, b) => a.order - b.order)
      .map(({ value }) => value)
  }

  async #dial(peerId: PeerIdText): Promise<void> {
    this.#dialling.add(peerId)
    try {
      await this.#components.libp2p.dial(await this.#addresses(peerId), { signal: AbortSignal.any([this.#stopping.signal]) })
      this.#backoff.delete(peerId)
    } catch (error) {
      this.#components.logger.debug('cannot connect', { peer: peerId, error })
      this.#recordFailure(peerId)
    } finally {
      this.#dialling.delete(peerId)
    }
    if (!this.#stopping.signal.aborted) this.#wake()
  }

  #recordFailure(peerId: PeerIdText): void {
    // Bounded: only members and bootstrap nodes are ever dialled; those that left are forgotten here.
    for (const known of this.#backoff.keys()) {
      if (!this.#bootstrap.has(known) && !this.#components.roster.isMember(known)) this.#backoff.delete(known)
    }
    this.#backoff.set(peerId, { failures: (this.#backoff.get(peerId)?.failures ?? 0) + 1, since: this.#components.clock.now() })
  }

  async #addresses(peerId: PeerIdText): Promise<Multiaddr[]> {
    const announced = this.#components.roster.members().find((member) => member.peerId === peerId)?.descriptor.multiaddrs ?? []
    const known = [...(this.#bootstrap.get(peerId) ?? []), ...dialableAddresses(announced, peerId)]
    const isLost = (this.#backoff.get(peerId)?.failures ?? 0) % LOOK_UP_EACH === LOOK_UP_AT
    const found = isLost || known.length === 0 ? await this.#components.directory.addresses(peerId, this.#stopping.signal) : []
    const addresses = new Map([...found, ...known].map((address) => [address.toString(), address]))
    if (addresses.size === 0) throw new Error(`no address of ${peerId} is known`)
    return [...addresses.values()].slice(0, MAX_ADDRESSES)
  }
}
