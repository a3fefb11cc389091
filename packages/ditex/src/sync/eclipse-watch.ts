import { ms } from '@srwan/interface'
import type { AnchorSource, AuthorRoster, Clock, EventSource, LogHead, Milliseconds, PeerIdText, Startable, Timer } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import { Listeners } from '@srwan/interface'
import { SCOPES } from '../trie/shard.ts'

const DEFAULT_CHECK_PERIOD: Milliseconds = ms(10_000)
/** With fewer other authors than this, silence says nothing. */
const LEAST_AUTHORS = 4
/** Full epochs before the last one whose authors are expected to go on writing. */
const LOOKED_BACK = 3
/** Less than this share of them writes: suspicious. */
const LEAST_SHARE = 0.5
/** Where the organisation is silent, too: authors that belong to whoever keeps the rest away go on writing. */
const LEAST_SHARE_UNANCHORED = 0.75
/** Part of an epoch for which late entries of the one before are waited for. */
const GRACE = 0.25
/** Anchors are this old at most where all is well: the root of e is signed when e + 2 begins. */
const OLDEST_ANCHOR = 4

/** Why a node believes that those around it keep the network from it. `silent-authors`: most of those who wrote in each epoch have stopped at once · `stale-anchor`: the newest anchor is old. */
export type EclipseSign = 'silent-authors' | 'stale-anchor'

/** How it stands. */
export interface EclipseState {
  /** Health check `eclipse-suspected`. */
  readonly suspected: boolean
  readonly signs: readonly EclipseSign[]
  /** Authors that should write, and those that did lately. */
  readonly expected: number
  readonly fresh: number
}

/** What the watch looks at, and what it may do. */
export interface EclipseWatchComponents {
  readonly replica: Pick<Replica, 'currentEpoch' | 'heads' | 'on' | 'off'>
  readonly roster: AuthorRoster
  readonly anchors?: AnchorSource
  readonly clock: Clock
  /** Look for other peers than those connected, bootstrap nodes and members at random: one honest one is enough. */
  readonly seekOthers: () => void
}

/** Notices when a node's peers keep it from the rest: what the rest signs in every epoch cannot be forged, only withheld. */
export class EclipseWatch implements Startable, EventSource<{ change: EclipseState }> {
  readonly #components: EclipseWatchComponents
  readonly #init: { readonly self: PeerIdText; readonly epochLength: Milliseconds; readonly period?: Milliseconds }
  readonly #listeners = new Listeners<{ change: EclipseState }>()
  #state: EclipseState = { suspected: false, signs: [], expected: 0, fresh: 0 }
  #timer: Timer | undefined
  /** Epoch in which another member was sought because somebody is silent. */
  #soughtIn = -1
  /** Other authors of the epochs that are looked at: kept, because looking at every head each time costs half a second at 100,000 authors. */
  readonly #writers = new Map<number, Set<PeerIdText>>()

  constructor(components: EclipseWatchComponents, init: { readonly self: PeerIdText; readonly epochLength: Milliseconds; readonly period?: Milliseconds }) {
    this.#components = components
    this.#init = init
  }

  get state(): EclipseState {
    return this.#state
  }

  on(name: 'change', listener: (state: EclipseState) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'change', listener: (state: EclipseState) => void): void {
    this.#listeners.off(name, listener)
  }

  start(): Promise<void> {
    this.#components.replica.on('head', this.#onHead)
    this.#timer = this.#components.clock.setInterval(this.check, this.#init.period ?? DEFAULT_CHECK_PERIOD)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#timer?.cancel()
    this.#components.replica.off('head', this.#onHead)
    this.#writers.clear()
    return Promise.resolve()
  }

  readonly check = (): void => {
    const { replica, roster, clock, seekOthers } = this.#components
    const epoch = replica.currentEpoch()
    const expected = this.#expected(epoch, roster.authors(epoch).length - 1)
    const fresh = this.#countOfEither(epoch, epoch - 1)
    const tooEarly = (clock.wallTime() % this.#init.epochLength) / this.#init.epochLength < GRACE
    const stale = this.#isAnchorStale(epoch)
    // Within the grace nothing new is suspected, and nothing is forgotten.
    const silent = expected >= LEAST_AUTHORS && fresh < expected * (stale ? LEAST_SHARE_UNANCHORED : LEAST_SHARE) && (!tooEarly || this.#state.suspected)
    const signs: EclipseSign[] = [...(silent ? (['silent-authors'] as const) : []), ...(stale ? (['stale-anchor'] as const) : [])]
    const before = this.#state
    // An old anchor alone may mean that whoever signs them is away.
    this.#state = { suspected: silent, signs, expected, fresh }
    if (silent || (fresh < expected && !tooEarly && this.#soughtIn < epoch)) {
      // Too few to be suspicious of: somebody else is asked, once an epoch. Most of the authors may be hostile, and one honest member is enough.
      this.#soughtIn = epoch
      seekOthers()
    }
    if (before.suspected !== silent) this.#listeners.emit('change', this.#state)
  }

  /** While eclipsed, the memory of better days is kept, as far as the roster still has so many. */
  #expected(epoch: number, others: number): number {
    const counts = Array.from({ length: LOOKED_BACK }, (_, i) => this.#writersOf(epoch - 2 - i).size)
    return Math.min(Math.max(0, others), Math.max(...counts, this.#state.suspected ? this.#state.expected : 0))
  }

  #countOfEither(one: number, other: number): number {
    const [first, second] = [this.#writersOf(one), this.#writersOf(other)]
    let both = 0
    for (const author of first) if (second.has(author)) both++
    return first.size + second.size - both
  }

  #writersOf(epoch: number): ReadonlySet<PeerIdText> {
    let writers = this.#writers.get(epoch)
    if (writers === undefined) {
      for (const old of this.#writers.keys()) if (old < epoch - LOOKED_BACK - 2) this.#writers.delete(old)
      const authors = SCOPES.flatMap((scope) => this.#components.replica.heads(scope, epoch).map((head) => head.author))
      writers = new Set(authors.filter((author) => author !== this.#init.self))
      this.#writers.set(epoch, writers)
    }
    return writers
  }

  readonly #onHead = ({ epoch, author }: LogHead): void => {
    if (author !== this.#init.self) this.#writers.get(epoch)?.add(author)
  }

  #isAnchorStale(epoch: number): boolean {
    const latest = this.#components.anchors?.latest()
    return latest !== undefined && latest.epoch < epoch - OLDEST_ANCHOR
  }
}
