import { libp2pPeerId } from '@srwan/membership'
import { ms, peerIdText } from '@srwan/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock, GroupMap, Logger, PeerIdText, Random, Startable, Timer } from '@srwan/interface'

/** One look-up ends after this. */
const LOOKUP_TIMEOUT = ms(15_000)
/** Look-ups at once. */
const PARALLEL_LOOKUPS = 3
/** Addresses kept of a peer. */
const MAX_ADDRESSES = 8
/** Holders of a shard that are looked for: as many as are asked to check that an answer is complete. */
const HOLDERS = 3
/** Members looked for until so many holders are found. */
const MAX_HOLDER_LOOKUPS = 12
/** Between looks for the own neighbours, a quarter more or less. */
const LOOK_INTERVAL = 3_600_000
/** How soon after the start, at the latest; and between looks whether there is a use for it. */
const FIRST_LOOK = 60_000
/** Addresses remembered. */
const MAX_REMEMBERED = 10_000
/** For so long. */
const REMEMBERED_FOR = ms(600_000)

/** Where a router can be dialled, as its neighbours in the DHT say; who it is shows when it is. */
export interface LocatedPeer {
  readonly peerId: PeerIdText
  readonly multiaddrs: readonly Multiaddr[]
}

/** Collaborators of the directory. */
export interface KadDirectoryComponents {
  readonly dht: Pick<KadDHT, 'findPeer' | 'getClosestPeers'>
  readonly self: PeerIdText
  /** Groups as this node computes them: the DHT is asked where a router is, never who is in a group. */
  readonly groups: () => GroupMap
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Members in the order in which a node asks them: from its own place in the order of peer ids on, so that no member is everybody's. */
export function turnedFrom(self: PeerIdText, members: readonly PeerIdText[]): readonly PeerIdText[] {
  const start = members.findIndex((peerId) => peerId > self)
  return start <= 0 ? members : [...members.slice(start), ...members.slice(0, start)]
}

/**
 * Finds routers of which this node knows nothing but the peer id, and the holders of a group's shard.
 * In a network of one group everybody knows everybody: nothing is looked up there, and an idle node pays nothing.
 */
export class KadDirectory implements Startable {
  readonly #components: KadDirectoryComponents
  readonly #remembered = new Map<PeerIdText, { readonly located: LocatedPeer; readonly at: number }>()

  #timer: Timer | undefined
  #stopping = new AbortController()

  constructor(components: KadDirectoryComponents) {
    this.#components = components
  }

  /** libp2p runs. */
  start(): Promise<void> {
    this.#stopping = new AbortController()
    this.#lookLater(FIRST_LOOK * this.#components.random.next())
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'))
    this.#timer?.cancel()
    return Promise.resolve()
  }

  /** @returns `undefined` where nobody on three disjoint paths knows an address of it, and in a network of one group */
  async locate(peerId: PeerIdText, signal?: AbortSignal): Promise<LocatedPeer | undefined> {
    const known = this.#remembered.get(peerId)
    if (known !== undefined && this.#components.clock.now() - known.at < REMEMBERED_FOR) return known.located
    if (!this.#isOfUse()) return undefined
    const multiaddrs = await this.#lookUp(libp2pPeerId(peerId), signal)
    if (multiaddrs.length === 0) return undefined
    const located: LocatedPeer = { peerId, multiaddrs }
    this.#remember(located)
    return located
  }

  /** Members and guests of a group, as far as they are found, in the order in which they are. */
  async *members(group: number, signal?: AbortSignal): AsyncGenerator<LocatedPeer> {
    const found = this.#components.groups().group(group)
    yield* this.#locateAll([...(found?.members ?? []), ...(found?.guests ?? [])], signal)
  }

  /** Some members of a group to ask for its shard, at most three; which ones depends on the asker, so that nobody is everybody's. */
  async holders(group: number, signal?: AbortSignal): Promise<readonly LocatedPeer[]> {
    const members = this.#components.groups().group(group)?.members ?? []
    const turned = turnedFrom(this.#components.self, members).slice(0, MAX_HOLDER_LOOKUPS)
    const holders: LocatedPeer[] = []
    for await (const located of this.#locateAll(turned, signal)) {
      holders.push(located)
      if (holders.length === HOLDERS) break
    }
    return holders
  }

  /** Routers whose ids are closest to a key, of all that three disjoint paths found; these are at most a bucket. */
  async closest(key: Uint8Array, signal?: AbortSignal): Promise<readonly LocatedPeer[]> {
    const found: LocatedPeer[] = []
    await this.#bounded(signal, async (bounded) => {
      for await (const event of this.#components.dht.getClosestPeers(key, { signal: bounded })) {
        if (event.name === 'FINAL_PEER') found.push({ peerId: peerIdText(event.peer.id.toString()), multiaddrs: event.peer.multiaddrs.slice(0, MAX_ADDRESSES) })
      }
    })
    return found
  }

  #isOfUse(): boolean {
    return this.#components.groups().groups.length > 1
  }

  /** Whoever looks for its own neighbours is known to them, and knows whom to ask next time. */
  #lookLater(delay: number): void {
    const { clock, random, self } = this.#components
    this.#timer = clock.setTimeout(() => {
      const isOfUse = this.#isOfUse()
      this.#lookLater(isOfUse ? LOOK_INTERVAL * (0.75 + 0.5 * random.next()) : FIRST_LOOK)
      if (isOfUse) void this.closest(libp2pPeerId(self).toMultihash().bytes, this.#stopping.signal).catch(() => {})
    }, ms(delay))
  }

  async *#locateAll(peerIds: readonly PeerIdText[], signal?: AbortSignal): AsyncGenerator<LocatedPeer> {
    const waiting = peerIds.filter((peerId) => peerId !== this.#components.self)
    const running = new Map<PeerIdText, Promise<{ readonly peerId: PeerIdText; readonly located: LocatedPeer | undefined }>>()
    while (waiting.length > 0 || running.size > 0) {
      signal?.throwIfAborted()
      while (running.size < PARALLEL_LOOKUPS && waiting.length > 0) {
        const peerId = waiting.shift() as PeerIdText
        running.set(
          peerId,
          this.locate(peerId, signal).then((located) => ({ peerId, located }))
        )
      }
      const { peerId, located } = await Promise.race(running.values())
      running.delete(peerId)
      if (located !== undefined) yield located
    }
  }

  async #lookUp(peerId: PeerId, signal?: AbortSignal): Promise<readonly Multiaddr[]> {
    let multiaddrs: readonly Multiaddr[] = []
    await this.#bounded(signal, async (bounded) => {
      for await (const event of this.#components.dht.findPeer(peerId, { signal: bounded })) {
        if (event.name !== 'FINAL_PEER' || !event.peer.id.equals(peerId)) continue
        multiaddrs = event.peer.multiaddrs.slice(0, MAX_ADDRESSES)
        break
      }
    })
    return multiaddrs
  }

  /** A look-up that fails or takes too long has found what it found; only the caller's own signal is an error. */
  async #bounded(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const timeout = new AbortController()
    const timer = this.#components.clock.setTimeout(() => {
      timeout.abort()
    }, LOOKUP_TIMEOUT)
    try {
      await work(signal === undefined ? timeout.signal : AbortSignal.any([signal, timeout.signal]))
    } catch (error) {
      signal?.throwIfAborted()
      this.#components.logger.debug('a look-up in the directory ended early', { error })
    } finally {
      timer.cancel()
    }
  }

  #remember(located: LocatedPeer): void {
    this.#remembered.delete(located.peerId)
    this.#remembered.set(located.peerId, { located, at: this.#components.clock.now() })
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= MAX_REMEMBERED) break
      this.#remembered.delete(oldest)
    }
  }
}
