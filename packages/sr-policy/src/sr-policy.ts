import type {
  AvoidedRouters,
  BeyondSource,
  Clock,
  Color,
  ComponentLogger,
  Datapath,
  EventSource,
  IpPrefix,
  MatrixSource,
  Milliseconds,
  PathDecision,
  RosterSource,
  Sid,
  Signer,
  Startable
} from '@srwan/interface'

/** What the headend works with. It neither starts nor stops any of these. */
export interface SrPolicyComponents {
  readonly datapath: Datapath
  readonly matrix: MatrixSource
  readonly roster: RosterSource
  /** Leases with routers of other groups. @default there are no others */
  readonly beyond?: BeyondSource
  readonly self: Pick<Signer, 'sid'>
  /** Destinations that this node delivers: overlay address and site prefixes. */
  readonly localPrefixes: readonly IpPrefix[]
  readonly clock: Clock
  readonly logger: ComponentLogger
  /** Left out as transits, at once when it changes. @default nobody */
  readonly avoided?: AvoidedRouters
}

/** What the headend is told once. */
export interface SrPolicyInit {
  readonly pulseInterval: Milliseconds
  /** Longest chain of transits, 0 to 3. @default 3 */
  readonly maxTransits?: number
  /** May this node forward for others? */
  readonly transit: boolean
}

/** How a decision is asked for. */
export interface DecideOptions {
  /** Decide anew even where a decision is younger than 3 pulse intervals. @default false */
  readonly fresh?: boolean
  /** Ends the caller's wait, not the decision. */
  readonly signal?: AbortSignal
}

/** What the headend tells. */
export interface SrPolicyEvents {
  /** After every round of probes, and whenever a path changed. */
  decided: PathDecision
}

/**
 * SR policies of this node, one per (endpoint, color). While started it hands the datapath the whole desired configuration after every change of the roster
 * or of a decision, and decides again by itself for policies with data.
 */
export interface SrPolicy extends Startable, EventSource<SrPolicyEvents> {
  /**
   * The decision for a destination: the one that stands where it is younger than 3 pulse intervals, else a new one by probes. Works as soon as the endpoint is
   * in the roster or known to `beyond`; callers of one destination share one decision.
   *
   * @throws UnknownDestinationError where no member has this SID · InvalidInputError where the color is not `latency` · LimitExceededError where too many
   * decisions wait · NoCandidatePathError where the endpoint is of another group and gives no lease · the signal's reason
   */
  readonly decide: (endpoint: Sid, color: Color, options?: DecideOptions) => Promise<PathDecision>
  /** The decision that stands; `undefined` where none was ever needed. */
  readonly decision: (endpoint: Sid, color: Color) => PathDecision | undefined
  readonly decisions: () => readonly PathDecision[]
  /** Decisions whose path is not the default one in at least one direction. */
  readonly improvedCount: number
}
