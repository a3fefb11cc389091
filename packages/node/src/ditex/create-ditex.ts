import { join } from 'node:path'
import { answerProofs, createAuthor, createDitexReplication, createLevelStore, createReplica, encodeAnchor, MemoryEntryStore, queryCodec, querySource } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { verifyWith } from '@srwan/wire'
import { createDitexObservations } from '../quarantine/ditex-observations.ts'
import { createExchange } from './exchange.ts'
import { Publications } from './publications.ts'
import { watchedStore } from './watched-store.ts'
import type { Author, DitexReplication, DitexReplicationComponents, EntryStore, Replica } from '@srwan/ditex'
import type { AuthorRoster, Clock, ComponentLogger, Logger, Milliseconds, PeerIdText, Random, RosterSource, Startable, Timer } from '@srwan/interface'
import type { Identity, Organisation } from '@srwan/membership'
import type { ObservationLog } from '@srwan/quarantine'
import type { HealthBoard } from '../health.ts'
import type { Exchange, ExchangeComponents } from './exchange.ts'
import type { Libp2pSync } from './libp2p-sync.ts'
import type { OwnDescription, PublicationsComponents } from './publications.ts'

/** What a node's share of the exchange works with; it starts and stops none of these. */
export interface DitexComponents {
  readonly identity: Identity
  /** Who may write, and which group is whose. */
  readonly authors: AuthorRoster
  /** The own group. */
  readonly roster: RosterSource
  readonly measurement: PublicationsComponents['measurement']
  readonly digest: PublicationsComponents['digest']
  readonly sync: Libp2pSync
  readonly topics: DitexReplicationComponents['topics']
  readonly seekOthers: () => void
  readonly libp2p: ExchangeComponents['libp2p']
  readonly connect: ExchangeComponents['connect']
  readonly admissions: ExchangeComponents['admissions']
  readonly shards: ExchangeComponents['shards']
  /** What the anchored epochs lead to: it goes as leaves into the tries, and is made from them. */
  readonly anchored: Pick<DitexReplicationComponents, 'otherLeaves' | 'isSharded' | 'anchors' | 'anchorStore' | 'lateStores'> & {
    readonly follow: (replication: DitexReplication) => Startable
  }
  /** Where the entries are kept. @default on disk in the home, in memory where there is none */
  readonly store?: EntryStore | undefined
  readonly health: HealthBoard
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
}

/** What this node brings to the exchange. */
export interface DitexInit {
  readonly networkId: string
  /** Raw public key of the organisation; `undefined` in an open network: nothing is anchored there. */
  readonly organisationKey: Uint8Array | undefined
  /** Its private key, where this node has it: then it seals epochs. */
  readonly organisation?: Organisation | undefined
  readonly epochLength: Milliseconds
  readonly pulseInterval: Milliseconds
  /** Directory of the node; `undefined` keeps all in memory. */
  readonly home?: string | undefined
  /** Whom the network lets read. */
  readonly readers: 'anyone' | 'members'
  readonly description: OwnDescription
}

/** Pulse intervals between exchanges with a random member, for what gossip lost; whoever connects is compared with at once. Each costs two nodes a stream: some 10 ms of CPU, and 600 octets. */
const EXCHANGE_INTERVALS = 6
/** Between tries where the store cannot be opened. */
const TRY_AGAIN = ms(30_000)

/** A node's share of the exchange: what it holds, what it writes, how it compares with others, and what it answers. */
export interface Ditex extends Startable {
  readonly replica: Replica
  readonly author: Author
  readonly replication: DitexReplication
  /** What members saw of each other. */
  readonly observations: ObservationLog
  /** `undefined` while the store cannot be opened. */
  readonly exchange: () => Exchange | undefined
}

/** Composes store, replica, replication, the own log, what is written into it and who may ask; nothing runs before `start`, and nothing else of the node waits for it. */
export function createDitex(components: DitexComponents, init: DitexInit): Ditex {
  const { identity, authors, sync, topics, seekOthers, anchored, clock, random, logger } = components
  const { networkId, organisationKey, organisation, epochLength, pulseInterval, home, description, readers } = init
  const { store, watch } = watchedStore(components.store ?? storeOf(logger, home), components)
  const replica = createReplica({ clock, random, logger, roster: authors, store }, { network: networkId, epochLength })
  const replication = createDitexReplication(
    {
      replica,
      roster: authors,
      peers: sync,
      topics,
      clock,
      random,
      logger,
      verify: verifyWith,
      seekOthers,
      ...anchored,
      ...(organisation === undefined ? {} : { seal: (data: Uint8Array) => organisation.sign(data) })
    },
    { self: identity.peerId, organisation: organisationKey, epochLength, period: ms(EXCHANGE_INTERVALS * pulseInterval) }
  )
  sync.answerWith((peer, stream) => replication.serve(peer, stream))
  const author = createAuthor({ clock, logger, signer: identity, replica, store, peerHeads: replication.peerHeads })
  const observations = createDitexObservations({
    view: replica.view,
    replica,
    append: (entry) => author.append(entry),
    roster: components.roster,
    logger: logger.forComponent('srwan:observations')
  })
  const publications = new Publications(
    { ...components, digest: () => stated(components, replica, replication), author, replica, logger: logger.forComponent('srwan:publications') },
    { sid: identity.sid, description, epochLength }
  )
  const exchange = createExchange(
    {
      ...components,
      source: querySource(replica, epochLength),
      accepted: replica,
      codec: queryCodec,
      proofs: answerProofs(replication.proofs),
      anchors: () => replication.anchors.after(-1).map(encodeAnchor)
    },
    { network: networkId, self: identity.peerId, organisation: organisationKey, readers }
  )
  const parts = [watch, replica, observations, sync, anchored.follow(replication), replication, author, publications, exchange]
  const share = new Share({ ...components, replica, replication, logger: logger.forComponent('srwan:ditex') }, parts)
  return {
    replica,
    author,
    replication,
    observations,
    exchange: () => (share.isOpen ? exchange : undefined),
    start: (signal) => share.start(signal),
    stop: () => share.stop()
  }
}

/** The own group's digest, with the root of what it wrote for itself in the epoch before: by that its entries are proven where there are several groups. */
function stated({ digest, authors, identity }: DitexComponents, replica: Replica, { shards }: DitexReplication): ReturnType<DitexComponents['digest']> {
  const turn = digest()
  const epoch = replica.currentEpoch() - 1
  if (turn === undefined || !shards.isSharded(epoch) || authors.groupOf(identity.peerId, epoch) !== turn.group) return turn
  return { ...turn, digest: { ...turn.digest, shard: { epoch, root: shards.root(epoch, turn.group) } } }
}

function storeOf(logger: ComponentLogger, home: string | undefined): EntryStore {
  return home === undefined ? new MemoryEntryStore() : createLevelStore({ logger }, { location: join(home, 'state', 'ditex') })
}

interface ShareComponents {
  readonly identity: Identity
  readonly authors: AuthorRoster
  readonly replica: Replica
  readonly replication: DitexReplication
  readonly health: HealthBoard
  readonly clock: Clock
  readonly logger: Logger
}

/** Starts the parts in their order, again and again where the store cannot be opened, and says how they fare: paths are measured and chosen without the exchange, too. */
class Share implements Startable {
  readonly #components: ShareComponents
  readonly #parts: readonly Startable[]
  #isOpen = false
  #retry: Timer | undefined

  constructor(components: ShareComponents, parts: readonly Startable[]) {
    this.#components = components
    this.#parts = parts
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  async start(signal?: AbortSignal): Promise<void> {
    const { replica, replication, health, clock, logger } = this.#components
    const started: Startable[] = []
    try {
      for (const part of this.#parts) {
        await part.start(signal)
        started.push(part)
      }
    } catch (error) {
      for (const part of started.toReversed()) await part.stop()
      signal?.throwIfAborted()
      logger.error('the exchange cannot be opened', { error })
      health.raise('exchange-unavailable')
      this.#retry = clock.setTimeout(() => {
        void this.start()
      }, TRY_AGAIN)
      return
    }
    this.#isOpen = true
    health.clear('exchange-unavailable')
    if (replica.damaged.length > 0) health.raise('exchange-damaged')
    replication.on('agreed', this.#onAgreed)
    replication.on('eclipse', this.#onEclipse)
  }

  async stop(): Promise<void> {
    this.#retry?.cancel()
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#components.replication.off('agreed', this.#onAgreed)
    this.#components.replication.off('eclipse', this.#onEclipse)
    for (const part of this.#parts.toReversed()) await part.stop()
  }

  /** Whoever is in the own group holds all that this node should: with the same roots, what was damaged is whole again. */
  readonly #onAgreed = ({ peer }: { readonly peer: PeerIdText }): void => {
    const { authors, replica, identity, health } = this.#components
    const epoch = replica.currentEpoch()
    if (authors.groupOf(peer, epoch) === authors.groupOf(identity.peerId, epoch)) health.clear('exchange-damaged')
  }

  readonly #onEclipse = ({ suspected }: { readonly suspected: boolean }): void => {
    if (suspected) this.#components.health.raise('eclipse-suspected')
    else this.#components.health.clear('eclipse-suspected')
  }
}
