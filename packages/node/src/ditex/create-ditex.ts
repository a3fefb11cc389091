import { join } from 'node:path'
import { createAuthor, createDitexReplication, createLevelStore, createReplica, MemoryEntryStore } from '@srwan/ditex'
import { verifyWith } from '@srwan/wire'
import { Publications } from './publications.ts'
import type { Author, DitexReplication, DitexReplicationComponents, EntryStore, PeerHeads, Replica } from '@srwan/ditex'
import type { AuthorRoster, Clock, ComponentLogger, Milliseconds, Random, RosterSource, Startable } from '@srwan/interface'
import type { Identity, Organisation } from '@srwan/membership'
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
  readonly peers: DitexReplicationComponents['peers']
  readonly topics: DitexReplicationComponents['topics']
  readonly seekOthers: () => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
}

/** What this node brings to the exchange. */
export interface DitexInit {
  readonly networkId: string
  /** Raw public key of the organisation. */
  readonly organisationKey: Uint8Array
  /** Its private key, where this node has it: then it seals epochs. */
  readonly organisation?: Organisation | undefined
  readonly epochLength: Milliseconds
  readonly pulseInterval: Milliseconds
  /** Directory of the node; `undefined` keeps all in memory. */
  readonly home?: string | undefined
  readonly description: OwnDescription
}

/** A node's share of the exchange: what it holds, what it writes, and how it compares with others. */
export interface Ditex extends Startable {
  readonly replica: Replica
  readonly author: Author
  readonly replication: DitexReplication
}

/** Composes store, replica, replication, the own log and what is written into it; nothing runs before `start`. */
export function createDitex(components: DitexComponents, init: DitexInit): Ditex {
  const { identity, authors, peers, topics, seekOthers, clock, random, logger } = components
  const { networkId, organisationKey, organisation, epochLength, pulseInterval, home, description } = init
  const store = storeOf(logger, home)
  const replica = createReplica({ clock, random, logger, roster: authors, store }, { network: networkId, epochLength })
  const replication = createDitexReplication(
    {
      replica,
      roster: authors,
      peers,
      topics,
      clock,
      random,
      logger,
      verify: verifyWith,
      seekOthers,
      ...(organisation === undefined ? {} : { seal: (data: Uint8Array) => organisation.sign(data) })
    },
    { self: identity.peerId, organisation: organisationKey, epochLength, period: pulseInterval }
  )
  const author = createAuthor({ clock, logger, signer: identity, replica, store, peerHeads: askingFor(replication, peers) })
  const publications = new Publications(
    { ...components, author, replica, logger: logger.forComponent('srwan:publications') },
    { sid: identity.sid, description, epochLength }
  )
  const parts: readonly Startable[] = [replica, replication, author, publications]
  return {
    replica,
    author,
    replication,
    start: async (signal) => {
      for (const part of parts) await part.start(signal)
    },
    stop: async () => {
      for (const part of parts.toReversed()) await part.stop()
    }
  }
}

function storeOf(logger: ComponentLogger, home: string | undefined): EntryStore {
  return home === undefined ? new MemoryEntryStore() : createLevelStore({ logger }, { location: join(home, 'state', 'ditex') })
}

/** Peers are asked once there is one. */
function askingFor(replication: DitexReplication, peers: DitexReplicationComponents['peers']): PeerHeads {
  const somebody = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (peers.connected().length > 0 || signal.aborted) return resolve()
      const settle = (): void => {
        peers.off('connected', settle)
        signal.removeEventListener('abort', settle)
        resolve()
      }
      peers.on('connected', settle)
      signal.addEventListener('abort', settle)
    })
  return {
    fetchOwn: async (_author, _fromEpoch, signal) => {
      await somebody(signal)
      const { answers, entries } = await replication.fetchOwnLogs()
      return { peers: answers, entries, forks: [] }
    }
  }
}
