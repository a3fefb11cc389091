import type { EventSource } from './lifecycle.ts'

/** What the organisation or the chain vouches for: the state of a whole epoch. */
export interface Anchor {
  readonly epoch: number
  /** Root of the epoch's trie, 32 octets. */
  readonly root: Uint8Array
  /** 32 octets that nobody knew before: the randomness of later epochs. */
  readonly beacon: Uint8Array
  /** By the organisation's key, 64 octets; empty where a chain vouches in its own way. */
  readonly signature: Uint8Array
}

/** The anchors as they stand; `change` fires for every new one, in no particular order. Those of the organisation's key stand behind it in a private network, a client of the chain elsewhere. It keeps those of a retention, {@link Anchor.epoch} unique. */
export interface AnchorSource extends EventSource<{ change: Anchor }> {
  /** Epochs for which two different anchors were vouched for. */
  readonly contradictions: number
  /** `undefined` where the epoch is not anchored yet, or no longer of interest. */
  at: (epoch: number) => Anchor | undefined
  latest: () => Anchor | undefined
  /** Those of later epochs than `epoch`, oldest first: what a member is told that has none newer. */
  after: (epoch: number) => readonly Anchor[]
  /** A member told an anchor, or an older life of this node did: nothing says yet that it is one. @returns whether it is new here and vouched for, so that it may be passed on */
  offer: (anchor: Anchor) => boolean
}
