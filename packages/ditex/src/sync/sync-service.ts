import { ms } from '@srwan/interface'
import type { Clock, EventSource, Logger, Milliseconds, PeerIdText, Random, Startable, Timer } from '@srwan/interface'
import { Listeners } from '@srwan/interface'
import { runSession } from './frame-stream.ts'
import { PeerRecords } from './peer-record.ts'
import { Quotas } from './quotas.ts'
import { SyncSession } from './sync-session.ts'
import type { FrameStream } from './frame-stream.ts'
import type { CollectedEntries } from './received-entries.ts'
import type { PeerFault } from './peer-record.ts'
import type { Quota } from './token-bucket.ts'
import type { SyncOutcome, SyncSessionComponents, SyncSessionInit } from './sync-session-types.ts'

/** The pulse interval. */
export const DEFAULT_SYNC_PERIOD: Milliseconds = ms(10_000)
/** Whoever learned something in an exchange passes it on soon, one peer after the other, until so many in a row know it already. */
const PASS_ON_DELAY = 1000
const PASS_ON_UNTIL = 2
/** Exchanges at once that others began, and of those with one peer. */
const MAX_INBOUND = 8
/** Octets from one peer, and to it: a new node may fetch a full exchange at once, nobody may do so all the time. */
const PEER_QUOTA: Quota = { burst: 512 * 1_048_576, perSecond: 262_144 }
/** Peers whose octets are counted at once. */
const MAX_COUNTED_PEERS = 512
const SALT_LENGTH = 8

/** Connected members, and streams of `/srwan/ditex/sync/1` to them. */
export interface SyncPeers extends EventSource<{ connected: PeerIdText }> {
  connected: () => readonly PeerIdText[]
  /** Rejects where the peer is not there or does not speak the protocol. */
  open: (peer: PeerIdText) => Promise<FrameStream>
}

/** What exchanges with peers are made of. */
export interface SyncServiceComponents extends SyncSessionComponents {
  readonly peers: SyncPeers
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** Knobs of exchanges. */
export interface SyncServiceInit {
  readonly self: PeerIdText
  /** Between two exchanges. @default {@link DEFAULT_SYNC_PERIOD} */
  readonly period?: Milliseconds
  /** Octets from one peer, and to it; an exchange ends where they are used up. @default {@link PEER_QUOTA} */
  readonly peerQuota?: Quota
}

/** Octets and exchanges so far. */
export interface SyncCounters {
  readonly exchanges: number
  readonly failures: number
  readonly refusedInbound: number
  readonly controlSent: number
  readonly entriesSent: number
  readonly controlReceived: number
  readonly entriesReceived: number
  readonly accepted: number
}

/** What the service tells. */
export interface SyncServiceEvents {
  exchanged: { readonly peer: PeerIdText; readonly outcome: SyncOutcome }
  fault: { readonly peer: PeerIdText; readonly fault: PeerFault }
}

/** Compares and completes the replica with one random connected member each pulse interval, and with everyone at once who connects; serves those who ask, bounded. */
export class SyncService implements Startable, EventSource<SyncServiceEvents> {
  readonly #components: SyncServiceComponents
  readonly #self: PeerIdText
  readonly #period: Milliseconds
  readonly #listeners = new Listeners<SyncServiceEvents>()
  readonly #records: PeerRecords
  readonly #sendQuotas: Quotas<PeerIdText>
  readonly #receiveQuotas: Quotas<PeerIdText>
  readonly #inbound = new Map<PeerIdText, FrameStream>()
  readonly #outbound = new Map<PeerIdText, Promise<SyncOutcome | undefined>>()
  readonly #streams = new Set<FrameStream>()
  /** Newly connected members with whom no exchange has begun: one at a time, or all of them would send the same. At most as many as are connected. */
  readonly #waiting = new Set<PeerIdText>()
  #counters: SyncCounters = { exchanges: 0, failures: 0, refusedInbound: 0, controlSent: 0, entriesSent: 0, controlReceived: 0, entriesReceived: 0, accepted: 0 }
  #timer: Timer | undefined
  #news: Timer | undefined
  /** Peers in a row that knew already; at PASS_ON_UNTIL there is nothing to pass on. */
  #knew = PASS_ON_UNTIL
  #stopped = true

  constructor(components: SyncServiceComponents, init: SyncServiceInit) {
    this.#components = components
    this.#self = init.self
    this.#period = init.period ?? DEFAULT_SYNC_PERIOD
    this.#records = new PeerRecords(components.clock, (peer, fault) => {
      components.logger.warn('a peer is at fault in the exchange of entries', { fault })
      components.logger.debug('the peer at fault', { peer })
      this.#listeners.emit('fault', { peer, fault })
    })
    const quota = init.peerQuota ?? PEER_QUOTA
    this.#sendQuotas = new Quotas(components.clock, quota, MAX_COUNTED_PEERS)
    this.#receiveQuotas = new Quotas(components.clock, quota, MAX_COUNTED_PEERS)
  }

  get counters(): SyncCounters {
    return this.#counters
  }

  on<K extends keyof SyncServiceEvents>(name: K, listener: (event: SyncServiceEvents[K]) => void): void {
    this.#listeners.on(name, listener)
  }
  off<K extends keyof SyncServiceEvents>(name: K, listener: (event: SyncServiceEvents[K]) => void): void {
    this.#listeners.off(name, listener)
  }

  start(): Promise<void> {
    this.#stopped = false
    this.#components.peers.on('connected', this.#onConnected)
    this.#arm()
    for (const peer of this.#components.peers.connected().slice(0, 2)) void this.exchange(peer)
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    this.#news?.cancel()
    this.#components.peers.off('connected', this.#onConnected)
    for (const stream of this.#streams) stream.close()
    await Promise.allSettled(this.#outbound.values())
  }

  /** Exchanges with one peer now; joins an exchange that runs. @returns `undefined` where it did not come to anything */
  exchange(peer: PeerIdText): Promise<SyncOutcome | undefined> {
    const running = this.#outbound.get(peer)
    if (running !== undefined) return running
    const session = this.#session(peer, { role: 'initiator' })
    const exchange = this.#initiate(peer, session).then((ok) => (ok ? session.outcome : undefined))
    this.#outbound.set(peer, exchange)
    void exchange.finally(() => {
      this.#outbound.delete(peer)
      this.#exchangeWithNext()
    })
    return exchange
  }

  /** Asks a peer for everything that it holds of this node's own logs. @returns `undefined` where it gave no answer */
  async fetchOwnLogs(peer: PeerIdText, fromEpoch: number): Promise<CollectedEntries | undefined> {
    const session = this.#session(peer, { role: 'initiator', ownLogsFrom: fromEpoch })
    return (await this.#initiate(peer, session)) && session.complete ? session.collected : undefined
  }

  /** One more peer than those asked, chosen at random. @returns whom; `undefined` where there is none */
  async exchangeWithAnother(asked: ReadonlySet<PeerIdText>): Promise<PeerIdText | undefined> {
    const peer = this.#pick((candidate) => !asked.has(candidate))
    if (peer !== undefined) await this.exchange(peer)
    return peer
  }

  /** A member opened a stream. The caller has shown that it is one. */
  async serve(peer: PeerIdText, stream: FrameStream): Promise<void> {
    if (this.#stopped || this.#inbound.has(peer) || this.#inbound.size >= MAX_INBOUND || this.#records.isPaused(peer)) {
      this.#add({ refusedInbound: 1 })
      stream.close()
      return
    }
    this.#inbound.set(peer, stream)
    try {
      await this.#run(peer, this.#session(peer, { role: 'responder' }), stream)
    } finally {
      this.#inbound.delete(peer)
    }
  }

  #session(peer: PeerIdText, how: Pick<SyncSessionInit, 'role' | 'ownLogsFrom'>): SyncSession {
    const known = this.#records.cursorOf(peer)
    return new SyncSession(this.#components, { self: this.#self, peer, salt: this.#components.random.bytes(SALT_LENGTH), ...how, ...(known === undefined ? {} : { known }) })
  }

  async #initiate(peer: PeerIdText, session: SyncSession): Promise<boolean> {
    try {
      return await this.#run(peer, session, await this.#components.peers.open(peer))
    } catch (error) {
      this.#add({ failures: 1 })
      this.#components.logger.debug('no exchange of entries', { peer, error })
      return false
    }
  }

  async #run(peer: PeerIdText, session: SyncSession, stream: FrameStream): Promise<boolean> {
    const { clock, logger } = this.#components
    const [sendQuota, receiveQuota] = [this.#sendQuotas.of(peer), this.#receiveQuotas.of(peer)]
    if (this.#stopped || sendQuota === undefined || receiveQuota === undefined) {
      stream.close()
      return false
    }
    this.#streams.add(stream)
    let ok = true
    try {
      await runSession(stream, session, { clock, sendQuota, receiveQuota })
    } catch (error) {
      ok = false
      logger.debug('an exchange of entries broke off', { peer, error })
      if (isBroken(error)) this.#records.fault(peer, 'broken')
    } finally {
      this.#streams.delete(stream)
    }
    this.#note(peer, session.outcome, ok)
    return ok
  }

  #note(peer: PeerIdText, outcome: SyncOutcome, ok: boolean): void {
    const { sent, received, accepted } = outcome
    this.#add({
      exchanges: ok ? 1 : 0,
      failures: ok ? 0 : 1,
      controlSent: sent.control,
      entriesSent: sent.entries,
      controlReceived: received.control,
      entriesReceived: received.entries,
      accepted
    })
    if (ok) this.#records.note(peer, outcome)
    if (accepted > 0) this.#knew = 0
    else if (outcome.complete && outcome.pushed === 0) this.#knew++
    if (accepted > 0 || outcome.pushed > 0) this.#passOn()
    this.#listeners.emit('exchanged', { peer, outcome })
  }

  /** What gossip brings, gossip spreads; what an exchange brings has to be passed on by exchanges, or it would take one pulse interval for every step. */
  #passOn(): void {
    if (this.#stopped || this.#news !== undefined || this.#knew >= PASS_ON_UNTIL) return
    const { clock, random } = this.#components
    this.#news = clock.setTimeout(
      () => {
        this.#news = undefined
        const peer = this.#pick(() => true)
        if (peer !== undefined) void this.exchange(peer).then(() => this.#passOn())
      },
      ms(PASS_ON_DELAY * (0.25 + 0.75 * random.next()))
    )
  }

  #add(more: Partial<SyncCounters>): void {
    this.#counters = Object.fromEntries(Object.entries(this.#counters).map(([name, value]) => [name, value + (more[name as keyof SyncCounters] ?? 0)])) as unknown as SyncCounters
  }

  #pick(usable: (peer: PeerIdText) => boolean): PeerIdText | undefined {
    const { peers, random } = this.#components
    const candidates = peers.connected().filter((peer) => usable(peer) && !this.#records.isPaused(peer))
    return candidates[Math.floor(random.next() * candidates.length)]
  }

  /** Jittered, so that members that started together do not all speak at once. */
  #arm(): void {
    const { clock, random } = this.#components
    this.#timer = clock.setTimeout(
      () => {
        const peer = this.#pick(() => true)
        if (peer !== undefined && this.#outbound.size === 0) void this.exchange(peer)
        this.#arm()
      },
      ms(this.#period * (0.9 + 0.2 * random.next()))
    )
  }

  readonly #onConnected = (peer: PeerIdText): void => {
    // Both sides see the connection; the one with the lesser name begins, and where it does not, the next interval does.
    if (this.#stopped || this.#self >= peer || this.#records.isPaused(peer)) return
    this.#waiting.add(peer)
    this.#exchangeWithNext()
  }

  #exchangeWithNext(): void {
    if (this.#stopped || this.#outbound.size > 0) return
    const connected = new Set(this.#components.peers.connected())
    for (const peer of this.#waiting) {
      this.#waiting.delete(peer)
      if (!connected.has(peer)) continue
      void this.exchange(peer)
      return
    }
  }
}

function isBroken(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'ERR_MALFORMED_MESSAGE' || code === 'ERR_NOT_AUTHORISED'
}
