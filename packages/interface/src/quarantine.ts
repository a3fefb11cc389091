import type { Sid } from './identifiers.ts'
import type { EventSource } from './lifecycle.ts'
import type { Milliseconds } from './units.ts'

/** `suspected`: accused, not convicted · `quarantined`: left out of all paths · `probation`: still left out, on trial · `clear`: nothing against it. */
export type QuarantineState = 'clear' | 'suspected' | 'quarantined' | 'probation'

/** Where one router stands, and why. */
export interface QuarantineVerdict {
  readonly router: Sid
  readonly state: QuarantineState
  /** Wall time at which it came into this state. */
  readonly since: Milliseconds
  /** Wall time at which a sentence ends; absent where none runs. */
  readonly until?: Milliseconds
  /** One sentence each, the gravest first; never empty but for `clear`. */
  readonly reasons: readonly string[]
  /** Does this node leave it out of its paths: convicted by the group, or by what the node saw itself. */
  readonly isAvoided: boolean
}

/** Routers that carry nothing for this node as transits; they stay reachable as destinations. `change` fires at once, with the whole set. */
export interface AvoidedRouters extends EventSource<{ change: ReadonlySet<Sid> }> {
  current: () => ReadonlySet<Sid>
}
