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

/** The anchors as they stand; `change` fires for every new one, in no particular order. */
export interface AnchorSource extends EventSource<{ change: Anchor }> {
  /** `undefined` where the epoch is not anchored yet, or no longer of interest. */
  at: (epoch: number) => Anchor | undefined
  latest: () => Anchor | undefined
}
