import type { SegmentList, Sid } from './identifiers.ts'
import type { Milliseconds } from './units.ts'

/** Colours (RFC 9256 *color*): what a flow wants. The number is the wire value. */
export const COLORS = { latency: 1, price: 2, throughput: 3, assured: 4, realtime: 5, resilient: 6, multicast: 7, guarded: 8 } as const
/** Name of a colour, see {@link COLORS}. */
export type Color = keyof typeof COLORS

/** Why a candidate path stands where it stands, for people and for scripts. */
export type CandidateReason = 'default' | 'active' | 'standby' | 'not-better' | 'below-threshold' | 'waiting' | 'held-down' | 'unreachable' | 'estimate'

/** One candidate path of an SR policy, as last judged. */
export interface CandidatePath {
  readonly segments: SegmentList
  /** Difference of its one-way delay from the default path's; exact without synchronised clocks. `undefined` where the probes were lost. */
  readonly cost: Milliseconds | undefined
  readonly reason: CandidateReason
}

/** One direction of a decided SR policy. */
export interface DirectionDecision {
  readonly active: SegmentList
  readonly standby: SegmentList | undefined
  readonly candidates: readonly CandidatePath[]
}

/** Outcome of a decision for one (endpoint, color). */
export interface PathDecision {
  readonly endpoint: Sid
  readonly color: Color
  readonly decidedAt: Milliseconds
  /** When the active pair was last changed. */
  readonly since: Milliseconds
  readonly forward: DirectionDecision
  readonly reverse: DirectionDecision
  /** Round trip end to end, by sealed probes; `undefined` where lost. */
  readonly roundTrip: { readonly active: Milliseconds | undefined; readonly default: Milliseconds | undefined }
  /** One sentence that says why. */
  readonly explanation: string
}
