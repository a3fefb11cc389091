import { createAuthor, createDitexReplication, createReplica } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { CONNECTION_ON_THE_WIRE, frameOnTheWire, silentLogger } from '@srwan/testing'
import { MAX_RECORDS_PER_MESSAGE } from '@srwan/wire'
import { seededRandom } from '@srwan/clock'
import { Publications } from '../../../src/ditex/publications.ts'
import { DayPeers } from './day-peers.ts'
import { GROUP } from './full-group.ts'
import type { Author, DitexReplication, EntryStore, FrameStream, Replica, VerifyByKey } from '@srwan/ditex'
import type { AuthorRoster, Milliseconds, PeerIdText, Random } from '@srwan/interface'
import type { Identity, Organisation } from '@srwan/membership'
import type { FullGroup } from './full-group.ts'
import type { Host, LinkComponents } from './day-peers.ts'

export const NETWORK = 'srwan-day'
/** As a node of the product compares itself. */
const EXCHANGE_INTERVALS = 6
/** A signed descriptor with two endpoints, certificate included. */
export const DESCRIPTOR_OCTETS = 420
/** Members that write their group's digest. */
const REPORTERS = 3

export interface DayNodeComponents extends LinkComponents {
  readonly identity: Identity
  readonly organisation: Organisation
  readonly roster: AuthorRoster
  readonly group: FullGroup
  readonly store: EntryStore
  readonly verify: VerifyByKey
}

export interface DayNodeInit {
  readonly index: number
  readonly epochLength: Milliseconds
  readonly pulseInterval: Milliseconds
}

interface Parts {
  readonly replica: Replica
  readonly replication: DitexReplication
  readonly author: Author
  readonly publications: Publications
}

/** One node's share of the exchange as the product composes it: replica, replication, author and publications; only libp2p and measurement are simulated. */
export class DayNode implements Host {
  readonly links: DayPeers
  readonly store: EntryStore
  /** Octets and exchanges of the lives before this one. */
  readonly #before = { control: 0, entries: 0, exchanges: 0, faults: 0 }
  readonly #components: DayNodeComponents
  readonly #init: DayNodeInit
  readonly #descriptor: Uint8Array
  #parts: Parts
  up = false
  failedAppends = 0

  constructor(components: DayNodeComponents, init: DayNodeInit) {
    this.#components = components
    this.#init = init
    this.store = components.store
    this.#descriptor = components.random.bytes(DESCRIPTOR_OCTETS)
    this.links = new DayPeers(components)
    this.links.belongTo(this)
    this.#parts = this.#compose()
  }

  get peerId(): PeerIdText {
    return this.#components.identity.peerId
  }

  get replica(): Replica {
    return this.#parts.replica
  }

  get replication(): DitexReplication {
    return this.#parts.replication
  }

  readonly serve = (peer: PeerIdText, stream: FrameStream): Promise<void> => this.#parts.replication.serve(peer, stream)

  /** What exchanges sent so far, of all lives. */
  sent(): { readonly control: number; readonly entries: number; readonly exchanges: number; readonly failures: number } {
    const { controlSent, entriesSent, exchanges, failures } = this.#parts.replication.status().sync
    const { control, entries, exchanges: done, faults } = this.#before
    return { control: control + controlSent, entries: entries + entriesSent, exchanges: done + exchanges, failures: faults + failures }
  }

  /** Forgets what was sent so far. */
  beginCounting(): void {
    const { control, entries, exchanges, failures } = this.sent()
    const before = this.#before
    Object.assign(before, { control: before.control - control, entries: before.entries - entries, exchanges: before.exchanges - exchanges, faults: before.faults - failures })
  }

  async start(): Promise<void> {
    const { replica, replication, author, publications } = this.#parts
    await replica.start()
    this.up = true
    this.links.graft()
    await replication.start()
    await author.start()
    await publications.start()
    for (const other of this.links.reachable()) {
      this.#countConnection()
      this.links.tellConnected(other.peerId)
      other.links.tellConnected(this.peerId)
    }
  }

  async stop(): Promise<void> {
    const { clock } = this.#components
    const { replica, replication, author, publications } = this.#parts
    this.up = false
    await publications.stop()
    await author.stop()
    await clock.runUntil(replication.stop())
    await replica.stop()
    for (const other of this.links.reachable()) other.links.graft()
  }

  /** Starts anew over the same store. */
  async restart(): Promise<void> {
    const { control, entries, exchanges, failures } = this.sent()
    Object.assign(this.#before, { control, entries, exchanges, faults: failures })
    this.#parts = this.#compose()
    await this.start()
  }

  /** A node that starts has another descriptor: both sides of each connection tell all records that they hold. */
  #countConnection(): void {
    const { ledger } = this.#components
    ledger.add('reconnect handshakes', CONNECTION_ON_THE_WIRE, 2)
    ledger.add('roster exchange', frameOnTheWire(DESCRIPTOR_OCTETS), 2)
    ledger.add('roster exchange', frameOnTheWire(MAX_RECORDS_PER_MESSAGE * DESCRIPTOR_OCTETS), 2 * Math.ceil(GROUP / MAX_RECORDS_PER_MESSAGE))
  }

  #compose(): Parts {
    const { clock, identity, organisation, roster, store, verify, group } = this.#components
    const { index, epochLength, pulseInterval } = this.#init
    const random: Random = seededRandom(Math.floor(this.#components.random.next() * 2 ** 40))
    const logger = silentLogger()
    const replica = createReplica({ clock, random, logger, roster, store, verify }, { network: NETWORK, epochLength })
    const topics = { global: this.links.topic, group: this.links.topic }
    const seal = index === 0 ? { seal: (data: Uint8Array) => organisation.sign(data) } : {}
    const replication = createDitexReplication(
      { replica, roster, peers: this.links, topics, clock, random, logger, verify, seekOthers: () => {}, ...seal },
      { self: identity.peerId, organisation: organisation.publicKey, epochLength, period: ms(EXCHANGE_INTERVALS * pulseInterval) }
    )
    const author = createAuthor({ clock, logger, signer: identity, replica, store, peerHeads: replication.peerHeads })
    const publications = new Publications(
      {
        author,
        replica,
        roster: { current: () => ({ members: [] }) as never, on: () => {}, off: () => {} },
        measurement: group.measurement(),
        digest: () => (index < REPORTERS ? group.digest() : undefined),
        clock,
        random,
        logger: { ...logger.forComponent(''), warn: () => void this.failedAppends++ }
      },
      {
        sid: identity.sid,
        epochLength,
        description: {
          name: `node-${index}`,
          geo: { country: 'DE', city: 'Frankfurt', lat: 50.1, lon: 8.7, asn: 64_500 + index },
          roles: ['transit'],
          descriptor: () => this.#descriptor
        }
      }
    )
    return { replica, replication, author, publications }
  }
}
