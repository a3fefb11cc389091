import type {
  AvoidedRouters,
  Clock,
  ComponentLogger,
  EventSource,
  Member,
  Milliseconds,
  PeerIdText,
  QuarantineVerdict,
  RosterSource,
  Sid,
  Signer,
  Startable
} from '@srwan/interface'
import type { Observation } from './observation.ts'
import type { DelaysBetween } from './recomputed.ts'
import type { VerifyOfRouter } from './two-columns.ts'

/** Where observations are kept and spread: DiTEx. */
export interface ObservationLog extends EventSource<{ change: undefined }> {
  /** Writes an entry of kind `observation` in the scope evidence. Resolves when it is durable. */
  append: (entry: { readonly key: string; readonly ttl: number; readonly body: unknown }) => Promise<void>
  /** Every entry of that kind that counts (not expired, not dropped by a fork), in any order; not only the last of a key. */
  observations: () => Iterable<{ readonly author: PeerIdText; readonly epoch: number; readonly body: unknown }>
  /** Authors of which a fork proof is held, with the epoch from which they count as forked. */
  forks: () => Iterable<{ readonly author: PeerIdText; readonly epoch: number }>
}

/** What the quarantine works with; it starts and stops none of these. */
export interface QuarantineComponents {
  readonly log: ObservationLog
  /** The group. */
  readonly roster: RosterSource
  readonly self: Pick<Signer, 'sid'>
  /** By the key of a router of the network. @default nothing of that kind is proven */
  readonly verify?: VerifyOfRouter
  /** What the columns held here say; testimony that they contradict when it comes in counts for nothing. @default nothing is recomputed */
  readonly delaysBetween?: DelaysBetween
  readonly clock: Clock
  readonly logger: ComponentLogger
}

/** Knobs; the first two are the network's, the same at every member. */
export interface QuarantineInit {
  readonly pulseInterval: Milliseconds
  readonly epoch: Milliseconds
  /** Goes into every signature; with `verify`. */
  readonly networkId?: string
  /** Has a member a say? Guests have none. @default all have */
  readonly votes?: (member: Member) => boolean
}

/** Why a router should be tried: `own` suspicion, `accused` by others, on `probation`. */
export type TrialCause = 'own' | 'accused' | 'probation'

/** Verdicts of the group, own evidence, and the routers that follow to be left out. */
export interface Quarantine extends Startable, AvoidedRouters {
  /** All that something speaks against, in the order of their SIDs. */
  readonly verdicts: () => readonly QuarantineVerdict[]
  /** Leaves a router out of the own paths now, on own evidence. @param reason - for people: what was seen */
  readonly avoid: (router: Sid, reason: string) => void
  /** Own evidence against it is void; what the group says stays. */
  readonly relieve: (router: Sid) => void
  /** A trial is to show what a router does; forgotten once `tried`. */
  readonly suspect: (router: Sid) => void
  /** Routers of which a trial would say something new, the most urgent first. */
  readonly trialsWanted: () => readonly { readonly router: Sid; readonly cause: TrialCause }[]
  /** A trial took place. */
  readonly tried: (router: Sid) => void
  /**
   * Tells the group what was seen; left out where the same was said within half the time that a word speaks, or too much was said this epoch.
   *
   * @returns whether it was written
   */
  readonly report: (observation: Omit<Observation, 'at'>) => Promise<boolean>
  /**
   * Shows the group two pulses of one router that cannot both be true, where nobody has yet.
   *
   * @returns whether it was written
   */
  readonly prove: (router: Sid, messages: readonly [Uint8Array, Uint8Array]) => Promise<boolean>
  /** Testimony that did not count as an observation, since the start. */
  readonly malformed: () => number
  /** Testimony that the columns held here contradicted, since the start. */
  readonly contradicted: () => number
}
