import type { Sid } from './identifiers.ts'
import type { Microseconds, Milliseconds, Ratio } from './units.ts'

/** What the receiver of a directed pair knows of it. */
export interface DelayCell {
  /** One-way delay (RFC 7679) on the receiver's clock minus the sender's: true delay + clock offset; `undefined` = lost or unknown, never 0 or −1. */
  readonly oneWayDelay: Microseconds | undefined
  /** One-way loss ratio (RFC 7680) over the last exchanges. */
  readonly loss: Ratio | undefined
  /** Inter-packet delay variation (RFC 3393), mean of absolute values. */
  readonly ipdv: Microseconds | undefined
  /** Local monotonic instant to which the delay belongs. */
  readonly sampledAt: Milliseconds
}

/** A view of the n × n matrix: row = sender, column = receiver, both in roster order. */
export interface DelayMatrix {
  readonly sids: readonly Sid[]
  /** `cells[i][j]` = i → j; `undefined` on the diagonal, where never measured, and where stale. */
  readonly cells: readonly (readonly (DelayCell | undefined)[])[]
  /** Clock rate of each router against this node's, in ppm; 0 for this node. */
  readonly rates: readonly number[]
}
