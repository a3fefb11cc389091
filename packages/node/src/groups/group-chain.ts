import { decodeTrieProof, encodeTrieProof, prove, verifyInclusion } from '@srwan/ditex'
import { GROUP_STATE_POSITION, decodeGroupState, stateHash } from '@srwan/groups'
import { Listeners, ms } from '@srwan/interface'
import { StateExchange } from './state-exchange.ts'
import { VectorReader } from './vector-reader.ts'
import type { DitexReplication, SettledAnchor } from '@srwan/ditex'
import type { EpochRosters, Groups, Landmarks } from '@srwan/groups'
import type { BeaconSource, Clock, Logger, PeerIdText, Random, Sid, Startable, Timer } from '@srwan/interface'
import type { KeptStates } from './kept-states.ts'
import type { OfferedState, StateExchangeComponents } from './state-exchange.ts'

/** Beacon and roster of e come with the anchor of e − 2. */
const LEAD = 2
/** Epochs remembered as equal: those of the retention. */
const MAX_EQUAL = 200
/** Anchors that a node catching up with gets at once lead to one question. */
const ASK_DELAY = ms(500)
/** Between questions that brought nothing: longer than a member waits before it answers the same peer again; doubling. */
const ASK_AGAIN = 6000
/** Questions that bring nothing, before the next anchor gives a new reason. */
const MAX_TRIES = 4
/** Members asked in one go. */
const MAX_ASKED = 3

/** What the chain works with. */
export interface GroupChainComponents extends Pick<StateExchangeComponents, 'libp2p' | 'admissions'> {
  readonly clock: Clock
  readonly random: Random
  readonly sidOf: (peerId: PeerIdText) => Sid
  readonly logger: Logger
}

/** What it leads and what leads it; these are made with it, so they come later. */
export interface GroupChainParts {
  readonly groups: Groups
  readonly replication: DitexReplication
  readonly kept: KeptStates
}

/** How the groups follow the anchored epochs at this node. */
export interface GroupChainStatus {
  /** Of the last state. */
  readonly epoch: number
  /** Hash of the last state, hexadecimal: the same at all who have the same groups. */
  readonly state: string
  /** Routers that it knows, guests included. */
  readonly routers: number
  /** Routers whose round trips to the landmarks were anchored before it: the others swap with nobody. */
  readonly located: number
  /** States that were taken from others, because the own ones were missing or were not the anchored ones. */
  readonly adopted: number
  /** Anchored epochs whose entries or groups here are not those that were anchored. */
  readonly differing: number
}

/**
 * Anchored epochs become groups: beacons and rosters out of the replication go into the groups, whose state goes as a leaf into the tries that are anchored next. A node whose own state is not the anchored one (it joined later, was away, or missed an anchor) takes the anchored one from any member,
 * with the proof that leads to the root.
 */
export class GroupChain implements BeaconSource, EpochRosters, Startable {
  readonly #components: GroupChainComponents
  readonly #listeners = new Listeners<{ change: number }>()
  readonly #exchange: StateExchange
  readonly #equal = new Set<number>()
  #parts: GroupChainParts | undefined
  #vectors: VectorReader | undefined
  #adopted = 0
  #missingFrom: number | undefined
  #asking: Timer | undefined
  #askedAt: number | undefined
  #tries = 0
  #stopping = new AbortController()

  constructor(components: GroupChainComponents) {
    this.#components = components
    this.#exchange = new StateExchange({ ...components, provable: (from) => this.#provable(from) })
  }

  /** Before the start. */
  connect(parts: GroupChainParts): void {
    this.#parts = parts
    const { groups, replication } = parts
    const { sidOf, logger } = this.#components
    this.#vectors = new VectorReader({ groups, replication, sidOf, onRead: this.#onRead, logger })
  }

  on(name: 'change', listener: (epoch: number) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'change', listener: (epoch: number) => void): void {
    this.#listeners.off(name, listener)
  }

  /** The states of the life before; after the members are known, before the groups are used. */
  async load(): Promise<void> {
    await this.#parts?.kept.load()
  }

  async start(): Promise<void> {
    this.#stopping = new AbortController()
    this.#parts?.replication.on('settled', this.#onSettled)
    this.#parts?.groups.on('change', this.#onGroup)
    await this.#exchange.start()
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'))
    this.#asking?.cancel()
    this.#asking = undefined
    this.#parts?.replication.off('settled', this.#onSettled)
    this.#parts?.groups.off('change', this.#onGroup)
    await this.#exchange.stop()
    await this.#parts?.kept.stop()
  }

  beacon(epoch: number): Uint8Array | undefined {
    return this.#parts?.replication.beacons.beacon(epoch)
  }

  latest(): number | undefined {
    return this.#parts?.replication.beacons.latest()
  }

  /** Known where this node holds what the anchor covers and has read what it says of delays. A network has a router at least: nobody is no roster. */
  roster(epoch: number): readonly PeerIdText[] | undefined {
    const routers = this.#equal.has(epoch - LEAD) ? this.#parts?.replication.routers.at(epoch - LEAD) : undefined
    if (routers === undefined || routers.length === 0) return undefined
    return this.#vectors?.at(epoch - LEAD) === 'reading' ? undefined : routers
  }

  /** Round trips to the landmarks, out of the digests that the anchor covers. */
  landmarks(epoch: number): Landmarks | undefined {
    const read = this.#vectors?.at(epoch - LEAD)
    return read === 'reading' ? undefined : read?.swaps
  }

  /** What reads the round trips of anchored epochs; `undefined` before it is connected. */
  vectors(): VectorReader | undefined {
    return this.#vectors
  }

  /** `undefined` while no epoch is anchored. */
  status(): GroupChainStatus | undefined {
    const { groups, replication } = this.#parts ?? {}
    const state = groups?.state()
    if (state === undefined) return undefined
    const hash = groups?.stateAt(state.epoch)?.hash ?? new Uint8Array(0)
    return {
      epoch: state.epoch,
      state: Buffer.from(hash).toString('hex'),
      routers: state.routers.length + state.guests.length,
      located: this.landmarks(state.epoch)?.size ?? 0,
      adopted: this.#adopted,
      differing: replication?.status().notProvable.length ?? 0
    }
  }

  /** Leaves of an epoch's trie besides the authors': the state of its groups. */
  readonly leaves = (epoch: number): readonly { readonly position: Uint8Array; readonly value: Uint8Array }[] => {
    const state = this.#parts?.groups.stateAt(epoch)
    return state === undefined ? [] : [{ position: GROUP_STATE_POSITION, value: state.hash }]
  }

  readonly #onSettled = ({ epoch, state }: SettledAnchor): void => {
    if (state === 'equal') {
      this.#equal.add(epoch)
      for (const old of this.#equal) if (old <= epoch - MAX_EQUAL) this.#equal.delete(old)
      this.#step(() => {
        this.#listeners.emit('change', epoch + LEAD)
      })
      return
    }
    this.#missingFrom = Math.min(this.#missingFrom ?? epoch, epoch)
    this.#tries = 0
    this.#askSoon()
  }

  readonly #onRead = (epoch: number): void => {
    this.#step(() => {
      this.#listeners.emit('change', epoch + LEAD)
    })
  }

  #askSoon(): void {
    const { clock } = this.#components
    const pause = this.#askedAt === undefined ? 0 : this.#askedAt + ASK_AGAIN * 2 ** this.#tries - clock.now()
    this.#asking ??= clock.setTimeout(
      () => {
        this.#askedAt = clock.now()
        void this.#askForStates()
      },
      ms(Math.max(ASK_DELAY, pause))
    )
  }

  readonly #onGroup = (): void => {
    this.#parts?.replication.rosterChanged()
  }

  /** Whatever may move the chain: afterwards positions and leaves of the epochs that it took are others. */
  #step(work: () => void, from?: number): void {
    const { groups, replication, kept } = this.#parts ?? {}
    const before = groups?.state()
    work()
    const after = groups?.state()
    if (after === undefined || after === before) return
    kept?.schedule()
    replication?.rosterChanged(from ?? (before === undefined ? after.epoch : before.epoch + 1))
  }

  async #askForStates(): Promise<void> {
    const { random, logger } = this.#components
    const { signal } = this.#stopping
    const from = this.#missingFrom ?? 0
    const peers = [...this.#exchange.peers()]
    try {
      for (let asked = 0; asked < MAX_ASKED && peers.length > 0; asked++) {
        const [peer] = peers.splice(Math.floor(random.next() * peers.length), 1)
        if (peer === undefined || !this.#take(await this.#exchange.ask(peer, from, signal), from)) continue
        this.#missingFrom = undefined
        break
      }
    } catch (error) {
      if (!signal.aborted) logger.warn('members cannot be asked for the groups', { error })
    }
    this.#asking = undefined
    if (!signal.aborted && this.#missingFrom !== undefined && ++this.#tries < MAX_TRIES) this.#askSoon()
  }

  /** @returns whether there was a state whose proof leads to its anchored root */
  #take(offered: readonly OfferedState[], from: number): boolean {
    const { groups, replication } = this.#parts ?? {}
    if (groups === undefined || replication === undefined) return false
    let proven = false
    this.#step(() => {
      for (const { proof, encoded } of offered) {
        try {
          const { epoch, hash } = stateHash(encoded)
          const anchor = replication.anchors.at(epoch)
          if (anchor === undefined || !verifyInclusion(anchor.root, { position: GROUP_STATE_POSITION, value: hash }, decodeTrieProof(proof))) continue
          proven = true
          if (this.#isOther(epoch, hash)) replication.routers.rebase(epoch - LEAD, routersOf(encoded))
          if (groups.adopt(encoded, hash)) this.#adopted++
        } catch (error) {
          this.#components.logger.debug('what a member gave is no state of the groups', { error })
          break
        }
      }
    }, from)
    return proven
  }

  #isOther(epoch: number, hash: Uint8Array): boolean {
    const own = this.#parts?.groups.stateAt(epoch)?.hash
    return own === undefined || !Buffer.from(own).equals(hash)
  }

  *#provable(from: number): Generator<OfferedState> {
    const { groups, replication } = this.#parts ?? {}
    for (const { epoch, encoded } of groups?.statesFrom(from) ?? []) {
      if (replication?.anchored(epoch) !== 'equal') continue
      yield { proof: encodeTrieProof(prove(replication.tries.epochTrie(epoch), GROUP_STATE_POSITION)), encoded }
    }
  }
}

/** Everybody whom a state knows: the roster that it was made of. */
function routersOf(encoded: Uint8Array): readonly PeerIdText[] {
  const { routers, guests } = decodeGroupState(encoded)
  return [...routers, ...guests].map(({ peerId }) => peerId)
}
