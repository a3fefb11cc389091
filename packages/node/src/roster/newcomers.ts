import { networkOf } from '@srwan/groups'
import { ms } from '@srwan/interface'
import { isAt, provingAddresses, seenRouterOf } from './open-address.ts'
import type { Libp2p } from 'libp2p'
import type { Clock, Logger, Member, PeerIdText, Timer } from '@srwan/interface'
import type { RosterEntry } from './roster-entry.ts'

/** Routers that members told of and that this node has not met. */
const MAX_WAITING = 1024
/** Of these one member may be the first to tell of so many: a liar leaves room for others, and one group is told whole. */
const MAX_OF_TELLER = 128
/** Dials at once to meet those told of, */
const PARALLEL_MEETINGS = 2
/** and the time between two: whoever names somebody else's address must not make a flood of this node. */
const MEETING_PAUSE = ms(100)
/** Failures after which a router is forgotten until somebody tells of it again. */
const MAX_FAILURES = 3
/** After a failure, doubling. */
const FIRST_BACKOFF = 5000
/** Routers that present themselves and whose addresses are tried at once; others are to come again. */
const MAX_PROOFS = 8
/** For one dial. */
const DIAL_TIMEOUT = ms(5000)
/** Networks of which members must tell the same before their word counts instead of an own meeting. */
const LEAST_NETWORKS = 3

interface Waiting {
  entry: RosterEntry
  readonly tellers: Set<PeerIdText>
  failures: number
  /** Not dialled before. */
  notBefore: number
}

/** What newcomers are met with. */
export interface NewcomersComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections'>
  /** Members that are connected now. */
  readonly connected: () => readonly Member[]
  /** Takes a router whose address is proven. */
  readonly admit: (entry: RosterEntry) => void
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Whose address is proven, in an open network. Identities cost nothing and addresses that somebody only names cost nothing either, so a router counts where this node itself had a connection with it at the address that its descriptor names,
 * or where more than half of the connected members, of at least three networks, say that they count it: so that a single broken link, or a router that answers some and not others, does not give every node a roster of its own.
 */
export class Newcomers {
  readonly #components: NewcomersComponents
  readonly #waiting = new Map<PeerIdText, Waiting>()
  readonly #proving = new Map<PeerIdText, Promise<boolean>>()
  readonly #meeting = new Set<PeerIdText>()
  #stopping = new AbortController()
  #timer: Timer | undefined
  #startedAt = Number.NEGATIVE_INFINITY

  constructor(components: NewcomersComponents) {
    this.#components = components
  }

  /** How many are waited for. */
  get size(): number {
    return this.#waiting.size
  }

  stop(): void {
    this.#stopping.abort(new Error('the node stops'))
    this.#stopping = new AbortController()
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting.clear()
  }

  /** Has this node an open connection with the router at the address that it names? */
  isReached({ member }: RosterEntry): boolean {
    const address = seenRouterOf(member)?.address
    return (
      address !== undefined &&
      this.#components.libp2p
        .getConnections()
        .some(({ status, remotePeer, remoteAddr }) => status === 'open' && remotePeer.toString() === member.peerId && isAt(remoteAddr.toString(), address))
    )
  }

  /** A router that presents itself, from whatever address: is it reached at the one that it names? */
  async prove(entry: RosterEntry): Promise<boolean> {
    const { peerId } = entry.member
    if (this.isReached(entry)) return true
    const running = this.#proving.get(peerId)
    if (running !== undefined) return running
    if (this.#proving.size >= MAX_PROOFS) return false
    const proof = this.#reach(entry)
    this.#proving.set(peerId, proof)
    try {
      return await proof
    } finally {
      this.#proving.delete(peerId)
    }
  }

  /** A member tells of a router that it counts: it is met soon, or counts once enough others tell the same. */
  told(entry: RosterEntry, teller: PeerIdText): void {
    const { peerId } = entry.member
    const waiting = this.#waiting.get(peerId) ?? this.#enter(entry, teller)
    if (waiting === undefined) return
    if (entry.member.descriptor.number > waiting.entry.member.descriptor.number) waiting.entry = entry
    waiting.tellers.add(teller)
    if (this.isReached(waiting.entry) || this.#isTold(waiting)) this.#admit(waiting)
    else this.#meetNext()
  }

  /** It counts now, or never will. */
  forget(peerId: PeerIdText): void {
    this.#waiting.delete(peerId)
  }

  #enter(entry: RosterEntry, teller: PeerIdText): Waiting | undefined {
    const ofTeller = [...this.#waiting.values()].filter(({ tellers }) => tellers.values().next().value === teller).length
    if (this.#waiting.size >= MAX_WAITING || ofTeller >= MAX_OF_TELLER) return undefined
    const waiting: Waiting = { entry, tellers: new Set(), failures: 0, notBefore: 0 }
    this.#waiting.set(entry.member.peerId, waiting)
    return waiting
  }

  #admit({ entry }: Waiting): void {
    this.forget(entry.member.peerId)
    this.#components.admit(entry)
  }

  #isTold({ tellers }: Waiting): boolean {
    const connected = this.#components.connected()
    const telling = connected.filter(({ peerId }) => tellers.has(peerId))
    const networks = new Set(telling.flatMap((member) => seenRouterOf(member)?.address ?? []).map(networkOf))
    return networks.size >= LEAST_NETWORKS && 2 * telling.length > connected.length
  }

  #meetNext(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#meeting.size >= PARALLEL_MEETINGS) return
    const idle = [...this.#waiting.values()].filter(({ entry }) => !this.#meeting.has(entry.member.peerId))
    const next = idle.reduce<Waiting | undefined>((best, one) => (best === undefined || one.notBefore < best.notBefore ? one : best), undefined)
    if (next === undefined) return
    const now = this.#components.clock.now()
    const wait = Math.max(next.notBefore, this.#startedAt + MEETING_PAUSE) - now
    this.#timer = this.#components.clock.setTimeout(
      () => {
        this.#timer = undefined
        if (this.#waiting.get(next.entry.member.peerId) === next) void this.#meet(next)
        else this.#meetNext()
      },
      ms(Math.max(0, wait))
    )
  }

  async #meet(waiting: Waiting): Promise<void> {
    const { peerId } = waiting.entry.member
    this.#startedAt = this.#components.clock.now()
    this.#meeting.add(peerId)
    this.#meetNext()
    const reached = this.isReached(waiting.entry) || (await this.#reach(waiting.entry))
    this.#meeting.delete(peerId)
    if (this.#waiting.get(peerId) === waiting) {
      if (reached) this.#admit(waiting)
      else this.#failed(waiting)
    }
    this.#meetNext()
  }

  #failed(waiting: Waiting): void {
    waiting.notBefore = this.#components.clock.now() + FIRST_BACKOFF * 2 ** waiting.failures++
    if (waiting.failures >= MAX_FAILURES) this.forget(waiting.entry.member.peerId)
  }

  /** @returns whether its key answered at the address that it names */
  async #reach(entry: RosterEntry): Promise<boolean> {
    const { libp2p, clock, logger } = this.#components
    const addresses = [...provingAddresses(entry.member)]
    if (addresses.length === 0) return false
    const timeout = new AbortController()
    const timer = clock.setTimeout(() => {
      timeout.abort(new Error('does not answer in time'))
    }, DIAL_TIMEOUT)
    try {
      // A connection that is there already came from elsewhere: only a new one to that address proves it.
      await libp2p.dial(addresses, { force: true, signal: AbortSignal.any([timeout.signal, this.#stopping.signal]) })
      return true
    } catch (error) {
      logger.debug('a router does not answer at the address that it names', { peer: entry.member.peerId, error })
      return false
    } finally {
      timer.cancel()
    }
  }
}
