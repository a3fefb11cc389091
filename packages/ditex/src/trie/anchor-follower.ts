import { Listeners } from '@srwan/interface'
import type { Anchor, AnchorSource, EventSource, LogHead, PeerIdText, Startable } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import type { HeadTries } from './head-tries.ts'

/** Peers asked for what is missing under an anchored root before the epoch counts as not provable here. */
const ASKED = 3
/** Epochs remembered. */
const MAX_STATES = 200

/** How an anchored epoch stands here: `equal`: proofs can be made · `different`: peers are being asked · `not-provable`: they did not have it either. */
export type AnchoredState = 'equal' | 'different' | 'not-provable'

/** What has become of an anchored epoch here. */
export interface SettledAnchor {
  readonly epoch: number
  readonly state: 'equal' | 'not-provable'
}

/** What a replica does about anchors. */
export interface AnchorFollowerComponents {
  readonly replica: Pick<Replica, 'setAnchored' | 'on' | 'off'>
  readonly tries: HeadTries
  readonly anchors: Pick<AnchorSource, 'at' | 'after' | 'on' | 'off'>
  /** Compares everything with one more peer, another one each time. @returns whom, or `undefined` where nobody is left to ask */
  readonly exchangeWithAnother: (asked: ReadonlySet<PeerIdText>) => Promise<PeerIdText | undefined>
}

/** Compares the own leaves with every anchored root, and fetches what is missing; an epoch that stays different is said to be so and never proved from. */
export class AnchorFollower implements Startable, EventSource<{ settled: SettledAnchor }> {
  readonly #components: AnchorFollowerComponents
  readonly #states = new Map<number, AnchoredState>()
  readonly #listeners = new Listeners<{ settled: SettledAnchor }>()
  #stopped = false

  constructor(components: AnchorFollowerComponents) {
    this.#components = components
  }

  on(name: 'settled', listener: (event: SettledAnchor) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'settled', listener: (event: SettledAnchor) => void): void {
    this.#listeners.off(name, listener)
  }

  start(): Promise<void> {
    this.#stopped = false
    this.#components.anchors.on('change', this.#onAnchor)
    this.#components.replica.on('head', this.#onHead)
    this.#components.tries.late.on('forgotten', this.#onForgotten)
    // A source that runs on its own may know anchors before anybody follows them.
    const known = this.#components.anchors.after(-1).slice(-MAX_STATES)
    for (const anchor of known) if (!this.#states.has(anchor.epoch)) this.#onAnchor(anchor)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#stopped = true
    this.#components.anchors.off('change', this.#onAnchor)
    this.#components.replica.off('head', this.#onHead)
    this.#components.tries.late.off('forgotten', this.#onForgotten)
    return Promise.resolve()
  }

  /** `undefined` where no anchor of the epoch is known. */
  state(epoch: number): AnchoredState | undefined {
    const anchor = this.#components.anchors.at(epoch)
    if (anchor === undefined) return undefined
    // Entries may have arrived since, and an author may have forked since.
    if (this.#isEqual(anchor)) return 'equal'
    const noted = this.#states.get(epoch) ?? 'different'
    return noted === 'equal' ? 'not-provable' : noted
  }

  /** Anchored epochs that cannot be proved here. */
  notProvable(): readonly number[] {
    return [...this.#states].filter(([epoch, state]) => state === 'not-provable' && this.state(epoch) !== 'equal').map(([epoch]) => epoch)
  }

  /** Anchored epochs that were not equal when they were looked at last, newest first. */
  unequal(): readonly number[] {
    return [...this.#states.keys()].filter((epoch) => this.isUnequal(epoch)).sort((a, b) => b - a)
  }

  /** Is it one of {@link AnchorFollower.unequal}? */
  isUnequal(epoch: number): boolean {
    const state = this.#states.get(epoch)
    return state !== undefined && state !== 'equal'
  }

  /** Looks again at an epoch: what its root covers has become clearer. */
  look(epoch: number): void {
    const state = this.#states.get(epoch)
    if (state === undefined || state === 'equal') return
    const anchor = this.#components.anchors.at(epoch)
    if (anchor !== undefined) this.#note(anchor, state)
  }

  /** Looks again at the epochs from one on that were not equal: positions or other leaves have changed. */
  lookAgain(from: number): void {
    for (const epoch of [...this.#states.keys()]) if (epoch >= from) this.look(epoch)
  }

  #isEqual(anchor: Anchor): boolean {
    return Buffer.compare(this.#components.tries.epochTrie(anchor.epoch).root, anchor.root) === 0
  }

  /** What was missing in an epoch may come later than it was asked for: from somebody else, or because its author became known. */
  readonly #onHead = ({ epoch }: LogHead): void => {
    if (this.#states.get(epoch) === 'not-provable') this.look(epoch)
  }

  readonly #onForgotten = (epoch: number): void => {
    if (this.#states.get(epoch) === 'equal') this.#states.set(epoch, 'not-provable')
  }

  readonly #onAnchor = (anchor: Anchor): void => {
    if (this.#states.size >= MAX_STATES) this.#states.delete(Math.min(...this.#states.keys()))
    void this.#follow(anchor)
  }

  async #follow(anchor: Anchor): Promise<void> {
    const asked = new Set<PeerIdText>()
    this.#note(anchor, 'different')
    while (!this.#stopped && this.#states.get(anchor.epoch) === 'different' && asked.size < ASKED) {
      const peer = await this.#components.exchangeWithAnother(asked)
      if (peer === undefined) break
      asked.add(peer)
      this.#note(anchor, 'different')
    }
    if (!this.#stopped) this.#note(anchor, 'not-provable')
  }

  #note(anchor: Anchor, otherwise: AnchoredState): void {
    const { epoch } = anchor
    const before = this.#states.get(epoch)
    const state = this.#isEqual(anchor) ? 'equal' : otherwise
    this.#states.set(epoch, state)
    if (state === 'equal' && before !== 'equal') {
      this.#components.tries.seal(epoch)
      this.#components.replica.setAnchored(epoch)
    }
    if (state !== before && state !== 'different') this.#listeners.emit('settled', { epoch, state })
  }
}
