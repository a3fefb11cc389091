import type {
  Clock,
  ComponentLogger,
  Datapath,
  DelayMatrix,
  EvidenceFinding,
  GroupTopic,
  MatrixSource,
  Milliseconds,
  PairDelays,
  Random,
  RosterSource,
  Sid,
  Signer,
  Startable,
  VerifySignature
} from '@srwan/interface'
import type { PulseContradiction } from './contradictions.ts'
import type { DropReason, MeasurementTraffic } from './tally.ts'

/** Collaborators of a measurement. */
export interface MeasurementComponents {
  readonly datapath: Pick<Datapath, 'on' | 'off' | 'setColumnPart' | 'sendDatagram' | 'clockNow' | 'clockEpoch'>
  readonly roster: RosterSource
  readonly topic: GroupTopic
  readonly signer: Signer
  readonly verify: VerifySignature
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
  /** Goes into every signature. */
  readonly networkId: string
}

/** Knobs of the measurement; each has its default. */
export interface MeasurementInit {
  /** One probe exchange per pair in each; the datapath's `probeInterval` is the same. */
  readonly pulseInterval: Milliseconds
}

/**
 * This node's view of its group. A cell's `sampledAt` is the instant, by the given clock, to which its delay belongs; `cellAt` brings cells to one instant. `current()` holds no cell that is older than
 * 3 pulse intervals or that was taken under a clock epoch that is over.
 */
export interface Measurement extends Startable, MatrixSource {
  /** As `current()`, with stale cells kept: for people, who also see the age (`clock.now() − sampledAt`). Never for choosing paths. */
  lastKnown: () => DelayMatrix
  /** Inequalities between the columns that do not hold (`EvidenceFinding`), the worst first. Computed on call. */
  evidence: () => readonly EvidenceFinding[]
  /** What the columns and descriptors held here say of a pair of members; nothing where one is none. */
  delaysBetween: (one: Sid, other: Sid) => PairDelays
  /** Members of which this node holds two signed pulses that cannot both be true, at most 100; the first pair of each. */
  contradictions: () => readonly PulseContradiction[]
  /** This node's column as it last published it in full: the roster's SIDs in order and the octets; `undefined` before there is one. */
  fullColumn: () => { readonly sids: readonly Sid[]; readonly octets: Uint8Array } | undefined
  /** Octets of pulses, full columns and requests for them, as this node published and received them; copies that gossip relays are the transport's to count. */
  traffic: () => MeasurementTraffic
  /** Messages of peers that were not used, by reason; reasons never seen are absent. */
  drops: () => Readonly<Partial<Record<DropReason, number>>>
}
