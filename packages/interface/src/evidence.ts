import type { Sid } from './identifiers.ts'

/** An inequality between measurements that does not hold: evidence, shown and not acted on. */
export interface EvidenceFinding {
  /** `round-trip`: the two published one-way delays sum to less than the measured round trip · `light-speed`: they sum to less than light in fibre needs. */
  readonly kind: 'round-trip' | 'light-speed'
  readonly from: Sid
  readonly to: Sid
  /** How far it is off, in ms. */
  readonly excessMs: number
}
