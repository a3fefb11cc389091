import type { Anchor, AnchorSource, PeerIdText, Startable } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import type { HeadTries } from './head-tries.ts'

/** Peers asked for what is missing under an anchored root before the epoch counts as not provable here. */
const ASKED = 3
/** Epochs remembered. */
const MAX_STATES = 200

/** How an anchored epoch stands here: `equal`: proofs can be made · `different`: peers are being asked · `not-provable`: they did not have it either. */
export type AnchoredState = 'equal' | 'different' | 'not-provable'

/** What a replica does about anchors. */
export interface AnchorFollowerComponents {
  readonly replica: Pick<Replica, 'setAnchored' | 'on' | 'off'>
  readonly tries: HeadTries
  readonly anchors: AnchorSource
  /** Compares everything with one more peer, another one each time. @returns whom, or `undefined` where nobody is left to ask */
  readonly exchangeWithAnother: (asked: ReadonlySet<PeerIdText>) => Promise<PeerIdText | undefined>
}

/** Compares the own leaves with every anchored root, and fetches what is missing; an epoch that stays different is said to be so and never proved from. */
export class AnchorFollower implements Startable {
  readonly #components: AnchorFollowerComponents
  readonly #states = new Map<number, AnchoredState>()
  #stopped = false

  constructor(components: AnchorFollowerComponents) {
    this.#components = components
  }

  start(): Promise<void> {
    this.#stopped = false
    this.#components.anchors.on('change', this.#onAnchor)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#stopped = true
    this.#components.anchors.off('change', this.#onAnchor)
    return Promise.resolve()
  }

  /** `undefined` where no anchor of the epoch is known. */
  state(epoch: number): AnchoredState | undefined {
    const anchor = this.#components.anchors.at(epoch)
    if (anchor === undefined) return undefined
    // Entries may have arrived since, and an author may have forked since.
    if (this.#isEqual(anchor)) return 'equal'
    return this.#states.get(epoch) ?? 'different'
  }

  /** Anchored epochs that cannot be proved here. */
  notProvable(): readonly number[] {
    return [...this.#states].filter(([epoch, state]) => state === 'not-provable' && this.state(epoch) !== 'equal').map(([epoch]) => epoch)
  }

  #isEqual(anchor: Anchor): boolean {
    return Buffer.compare(this.#components.tries.epochTrie(anchor.epoch).root, anchor.root) === 0
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
    const equal = this.#isEqual(anchor)
    this.#states.set(anchor.epoch, equal ? 'equal' : otherwise)
    if (!equal) return
    this.#components.tries.seal(anchor.epoch)
    this.#components.replica.setAnchored(anchor.epoch)
  }
}
