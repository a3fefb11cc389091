import type { Anchor, AnchorSource } from '@srwan/interface'
import { verifyAnchor } from './anchor-codec.ts'
import { Listeners } from '@srwan/interface'
import type { VerifyByKey } from '../replica/replica.ts'

/** Anchors kept: the epochs of a retention and some. */
export const MAX_ANCHORS = 200
/** An anchor this many epochs from now or more is of no use yet. */
const MAX_AHEAD = 1

/** How anchors are believed in a private network. */
export interface SignedAnchorsInit {
  readonly network: string
  /** The organisation's raw key, 32 octets; `undefined` where there is none: then no anchor is believed. */
  readonly organisation: Uint8Array | undefined
  readonly verify: VerifyByKey
  readonly currentEpoch: () => number
}

/** The anchors that the organisation's key signed; two of one epoch that differ are a contradiction of the organisation itself, and the first one stays. */
export class SignedAnchors implements AnchorSource {
  readonly #init: SignedAnchorsInit
  readonly #byEpoch = new Map<number, Anchor>()
  readonly #listeners = new Listeners<{ change: Anchor }>()
  readonly #contradictory = new Set<number>()

  constructor(init: SignedAnchorsInit) {
    this.#init = init
  }

  /** Epochs of which a second, different anchor was seen. */
  get contradictions(): number {
    return this.#contradictory.size
  }

  on(name: 'change', listener: (anchor: Anchor) => void): void {
    this.#listeners.on(name, listener)
  }
  off(name: 'change', listener: (anchor: Anchor) => void): void {
    this.#listeners.off(name, listener)
  }

  at(epoch: number): Anchor | undefined {
    return this.#byEpoch.get(epoch)
  }

  latest(): Anchor | undefined {
    return [...this.#byEpoch.values()].reduce<Anchor | undefined>((latest, anchor) => (latest === undefined || anchor.epoch > latest.epoch ? anchor : latest), undefined)
  }

  /** Those of later epochs than `epoch`, oldest first. */
  after(epoch: number): readonly Anchor[] {
    return [...this.#byEpoch.values()].filter((anchor) => anchor.epoch > epoch).sort((a, b) => a.epoch - b.epoch)
  }

  /** Takes an anchor from anywhere. @returns whether it is new and good */
  offer(anchor: Anchor): boolean {
    const now = this.#init.currentEpoch()
    if (anchor.epoch > now + MAX_AHEAD || anchor.epoch <= now - MAX_ANCHORS) return false
    const known = this.#byEpoch.get(anchor.epoch)
    if (known !== undefined && Buffer.compare(known.root, anchor.root) === 0) return false
    if (!verifyAnchor(anchor, this.#init)) return false
    if (known !== undefined) {
      this.#contradictory.add(anchor.epoch)
      return false
    }
    this.#byEpoch.set(anchor.epoch, anchor)
    for (const epoch of this.#byEpoch.keys()) {
      if (epoch > now - MAX_ANCHORS) continue
      this.#byEpoch.delete(epoch)
      this.#contradictory.delete(epoch)
    }
    this.#listeners.emit('change', anchor)
    return true
  }
}
