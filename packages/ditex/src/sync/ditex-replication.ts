import { Listeners } from '@srwan/interface'
import type { AnchorSource, AuthorRoster, Clock, ComponentLogger, EventSource, LogPlace, Milliseconds, PeerIdText, Random, SignedEntry, Startable } from '@srwan/interface'
import type { PeerHeads } from '../author/author.ts'
import type { ProofSource } from '../query/answer-proofs.ts'
import type { Replica, VerifyByKey } from '../replica/replica.ts'
import { decodeEntry } from '../entry/entry-codec.ts'
import { AnchorBeacons } from '../trie/anchor-beacons.ts'
import { AnchorFollower } from '../trie/anchor-follower.ts'
import { AnchoredLeaves } from '../trie/anchored-leaves.ts'
import { AnchoredRouters } from '../trie/anchored-routers.ts'
import { EpochSealer } from '../trie/epoch-sealer.ts'
import { HeadTries } from '../trie/head-tries.ts'
import { KeptAnchors } from '../trie/kept-anchors.ts'
import { KeptLateHeads } from '../trie/kept-late-heads.ts'
import { proofSource } from '../trie/proof-source.ts'
import { ShardProofs } from '../trie/shard-proofs.ts'
import { SignedAnchors } from '../trie/signed-anchors.ts'
import { EclipseWatch } from './eclipse-watch.ts'
import { GossipedEntries } from './gossiped-entries.ts'
import { OwnLogsFromPeers } from './peer-heads.ts'
import { SyncService } from './sync-service.ts'
import type { AnchoredState, SettledAnchor } from '../trie/anchor-follower.ts'
import type { OctetStore } from '../trie/kept-octets.ts'
import type { EclipseState } from './eclipse-watch.ts'
import type { FrameStream } from './frame-stream.ts'
import type { EntryTopic, GossipCounters } from './gossiped-entries.ts'
import type { PeerFault } from './peer-record.ts'
import type { SyncCounters, SyncPeers, SyncServiceEvents } from './sync-service.ts'

/** What replication works with. */
export interface DitexReplicationComponents {
  readonly replica: Replica
  readonly roster: AuthorRoster
  readonly peers: SyncPeers
  readonly topics: { readonly global: EntryTopic; readonly group: EntryTopic }
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
  readonly verify: VerifyByKey
  /** Which roots count: a client of a chain, say; whoever composes starts and stops it. @default those that the organisation's key signed */
  readonly anchors?: AnchorSource
  /** Connect to others than those connected: called while an eclipse is suspected, each time it is looked at. */
  readonly seekOthers: () => void
  /** Leaves of an epoch's trie that are no author's; called when the trie is made. @default none */
  readonly otherLeaves?: (epoch: number) => readonly { readonly position: Uint8Array; readonly value: Uint8Array }[]
  /** Do others not hold the group scope of some author of the epoch? @default no: one group */
  readonly isSharded?: (epoch: number) => boolean
  /** Keeps the anchors over restarts. @default nothing does */
  readonly anchorStore?: OctetStore
  /** Keep over restarts what roots cover of logs that went on since: those that are anchored, and those of groups that are stated. @default nothing does: of anchored ones other members are asked again */
  readonly lateStores?: { readonly anchored: OctetStore; readonly stated: OctetStore }
  /** By the organisation's key, where it is at hand: then this node seals epochs, as far as `anchors` take what it signs. */
  readonly seal?: (data: Uint8Array) => Uint8Array
}

/** Knobs of replication. */
export interface DitexReplicationInit {
  readonly self: PeerIdText
  /** The organisation's raw key: its anchors are believed where no others are given. `undefined` in a network without one, which has no anchors of its own. */
  readonly organisation: Uint8Array | undefined
  readonly epochLength: Milliseconds
  /** Between two exchanges. @default {@link DEFAULT_SYNC_PERIOD} */
  readonly period?: Milliseconds
  /** Octets each way with one peer: so many at once, and then so many a second. @default 512 MiB, and 256 KiB/s */
  readonly peerQuota?: { readonly burst: number; readonly perSecond: number }
}

/** What replication tells. */
export interface DitexReplicationEvents {
  fault: { readonly peer: PeerIdText; readonly fault: PeerFault }
  /** Health check `eclipse-suspected` came or went. */
  eclipse: EclipseState
  /** An exchange ended with the same roots on both sides: this replica holds all that the peer does, in what the two have in common. */
  agreed: { readonly peer: PeerIdText }
  /** It is known how an anchored epoch stands here. It may be told again when that has become better. */
  settled: SettledAnchor
}

/** How replication stands, for status and health. */
export interface DitexReplicationStatus {
  readonly sync: SyncCounters
  readonly gossip: GossipCounters
  readonly eclipse: EclipseState
  readonly anchoredUpTo: number | undefined
  /** Anchored epochs of which this node cannot make proofs: its entries are not those that were anchored. */
  readonly notProvable: readonly number[]
  /** Epochs for which two roots were vouched for. */
  readonly contradictions: number
}

/** The replica's dealings with others: exchanges, gossip, anchors, the watch for an eclipse. */
export interface DitexReplication extends Startable, EventSource<DitexReplicationEvents> {
  readonly tries: HeadTries
  readonly anchors: AnchorSource
  readonly beacons: AnchorBeacons
  /** Who is a router after an anchored epoch. */
  readonly routers: Pick<AnchoredRouters, 'at' | 'rebase'>
  /** The entries of a log that the anchored root of its epoch covers, in order; none where the epoch is not `equal` here. What was written into it afterwards is left out. */
  covered: (place: LogPlace) => Promise<readonly SignedEntry[]>
  /** For the author: what peers hold of this node's own logs. */
  readonly peerHeads: PeerHeads
  /** Proofs for answers, out of sealed epochs. */
  readonly proofs: ProofSource
  /** The roots of groups, for their digests. */
  readonly shards: Pick<ShardProofs, 'isSharded' | 'root'>
  status: () => DitexReplicationStatus
  /** How an anchored epoch stands here; `undefined` where no anchor is known. Proofs can be made where it is `equal`. */
  anchored: (epoch: number) => AnchoredState | undefined
  /** A member opened a stream of `/srwan/ditex/sync/1`; resolves when the exchange is over. */
  serve: (peer: PeerIdText, stream: FrameStream) => Promise<void>
  /** Positions or groups of authors, or other leaves, changed. @param from - first epoch in which they did: anchored ones that were not equal are looked at again. @default no anchored one */
  rosterChanged: (from?: number) => void
}

/** Composes replication; nothing runs before `start`. */
export function createDitexReplication(components: DitexReplicationComponents, init: DitexReplicationInit): DitexReplication {
  return new Replication(components, init)
}

class Replication implements DitexReplication {
  readonly tries: HeadTries
  readonly anchors: AnchorSource
  readonly beacons: AnchorBeacons
  readonly routers: AnchoredRouters
  readonly peerHeads: PeerHeads
  readonly proofs: ProofSource
  readonly shards: ShardProofs
  readonly #network: string
  readonly #sync: SyncService
  readonly #gossip: GossipedEntries
  readonly #follower: AnchorFollower
  readonly #eclipse: EclipseWatch
  readonly #listeners = new Listeners<Pick<DitexReplicationEvents, 'settled' | 'agreed'>>()
  readonly #parts: readonly Startable[]

  constructor(components: DitexReplicationComponents, init: DitexReplicationInit) {
    const { replica, roster, clock, random, peers, seekOthers, topics, verify, seal, otherLeaves, isSharded, anchorStore, lateStores } = components
    this.#network = replica.network
    this.tries = new HeadTries({ replica, roster, ...(otherLeaves === undefined ? {} : { otherLeaves }), ...(isSharded === undefined ? {} : { isSharded }) })
    this.routers = new AnchoredRouters({ replica, roster, tries: this.tries })
    this.anchors = components.anchors ?? new SignedAnchors({ network: replica.network, organisation: init.organisation, verify, currentEpoch: () => replica.currentEpoch() })
    this.beacons = new AnchorBeacons(this.anchors)
    const shared = { replica, roster, clock, random, anchors: this.anchors, tries: this.tries }
    this.#follower = new AnchorFollower({ ...shared, exchangeWithAnother: (asked) => this.#sync.exchangeWithAnother(asked) })
    const anchored = new AnchoredLeaves({ ...shared, follower: this.#follower })
    this.#sync = new SyncService({ ...shared, anchored, peers, logger: components.logger.forComponent('srwan:ditex-sync') }, init)
    this.peerHeads = new OwnLogsFromPeers({ peers, clock, fetch: (peer, fromEpoch) => this.#sync.fetchOwnLogs(peer, fromEpoch) })
    this.#gossip = new GossipedEntries({ ...shared, topics, logger: components.logger.forComponent('srwan:ditex-gossip') }, init)
    this.shards = new ShardProofs({ ...shared, isSharded: isSharded ?? (() => false) })
    this.proofs = proofSource({ ...shared, follower: this.#follower, shards: this.shards })
    this.#eclipse = new EclipseWatch({ ...shared, seekOthers }, init)
    this.#follower.on('settled', this.#onSettled)
    this.#sync.on('exchanged', this.#onExchanged)
    const keeping = { clock, logger: components.logger.forComponent('srwan:ditex-anchors') }
    const keptLate =
      lateStores === undefined
        ? []
        : [
            new KeptLateHeads({ ...keeping, late: this.tries.late, store: lateStores.anchored }),
            new KeptLateHeads({ ...keeping, late: this.shards.late, store: lateStores.stated })
          ]
    const kept = anchorStore === undefined ? [] : [new KeptAnchors({ ...keeping, anchors: this.anchors, store: anchorStore })]
    const sealer = seal === undefined ? [] : [new EpochSealer({ ...shared, sign: seal, publish: (anchor) => this.#gossip.publishAnchor(anchor) }, init)]
    this.#parts = [this.tries, this.shards, this.beacons, ...keptLate, this.#follower, ...kept, this.#gossip, this.#sync, this.#eclipse, ...sealer]
  }

  on<K extends keyof DitexReplicationEvents>(name: K, listener: (event: DitexReplicationEvents[K]) => void): void {
    if (name === 'fault') this.#sync.on('fault', listener as (event: DitexReplicationEvents['fault']) => void)
    else if (name === 'eclipse') this.#eclipse.on('change', listener as (event: DitexReplicationEvents['eclipse']) => void)
    else this.#listeners.on(name, listener as (event: DitexReplicationEvents['settled' | 'agreed']) => void)
  }
  off<K extends keyof DitexReplicationEvents>(name: K, listener: (event: DitexReplicationEvents[K]) => void): void {
    if (name === 'fault') this.#sync.off('fault', listener as (event: DitexReplicationEvents['fault']) => void)
    else if (name === 'eclipse') this.#eclipse.off('change', listener as (event: DitexReplicationEvents['eclipse']) => void)
    else this.#listeners.off(name, listener as (event: DitexReplicationEvents['settled' | 'agreed']) => void)
  }

  async start(): Promise<void> {
    for (const part of this.#parts) await part.start()
  }

  async stop(): Promise<void> {
    for (const part of [...this.#parts].reverse()) await part.stop()
  }

  status(): DitexReplicationStatus {
    return {
      sync: this.#sync.counters,
      gossip: this.#gossip.counters,
      eclipse: this.#eclipse.state,
      anchoredUpTo: this.anchors.latest()?.epoch,
      notProvable: this.#follower.notProvable(),
      contradictions: this.anchors.contradictions
    }
  }

  async covered(place: LogPlace): Promise<readonly SignedEntry[]> {
    const head = this.#follower.state(place.epoch) === 'equal' ? this.proofs.head(place) : undefined
    if (head === undefined || head.seq < 0) return []
    const encoded = await this.proofs.log(place, 0, head.seq + 1)
    return encoded.map((one) => decodeEntry(one, this.#network)).filter(({ incarnation, entry }) => incarnation === head.incarnation && entry.seq <= head.seq)
  }

  anchored(epoch: number): AnchoredState | undefined {
    return this.#follower.state(epoch)
  }

  serve(peer: PeerIdText, stream: FrameStream): Promise<void> {
    return this.#sync.serve(peer, stream)
  }

  rosterChanged(from = Number.POSITIVE_INFINITY): void {
    this.tries.rosterChanged()
    this.#follower.lookAgain(from)
  }

  readonly #onExchanged = ({ peer, outcome }: SyncServiceEvents['exchanged']): void => {
    if (outcome.complete && outcome.equal) this.#listeners.emit('agreed', { peer })
  }

  readonly #onSettled = (event: SettledAnchor): void => {
    this.routers.note(event.epoch)
    this.#listeners.emit('settled', event)
  }
}
