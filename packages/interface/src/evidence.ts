import type { Sid } from './identifiers.ts'
import type { Milliseconds } from './units.ts'

/** An inequality between measurements that does not hold: evidence for the quarantine, never a reason to choose a path. */
export interface EvidenceFinding {
  /** `round-trip`: the two published one-way delays sum to less than the measured round trip · `light-speed`: they sum to less than light in fibre needs. */
  readonly kind: 'round-trip' | 'light-speed'
  readonly from: Sid
  readonly to: Sid
  /** What they must sum to at least, in ms. */
  readonly boundMs: number
  /** How far below that they are, in ms. */
  readonly excessMs: number
}

/** What every member that holds two columns knows of the pair, whatever the clocks say. */
export interface PairDelays {
  /** Sum of the two one-way delays as published; absent while one of them is unknown, lost or stale here. */
  readonly published?: Milliseconds
  /** What light in fibre needs there and back between the places that the two announce; absent where one does not say where it is. */
  readonly light?: Milliseconds
}
