import type {
  AvoidedRouters,
  BeyondSource,
  Clock,
  ComponentLogger,
  Datapath,
  GroupMap,
  MatrixSource,
  Milliseconds,
  PeerDirectory,
  PeerIdText,
  Random,
  RosterSource,
  Sid,
  Signer,
  Startable,
  VerifySignature
} from '@srwan/interface'
import type { ColumnDifference, LandmarkVector } from '@srwan/topology'
import type { GroupDigest } from '@srwan/wire'
import type { MeasureTransport } from './measure-transport.ts'

/** What landmarks are drawn from. */
export interface LandmarkDraw {
  readonly beacon: Uint8Array
  /** Out of anchored digests; where most have none the beacon alone chooses. */
  readonly vectorOf?: (router: Sid) => LandmarkVector | undefined
  /** Who may be drawn. @default every transit with an endpoint that this node knows */
  readonly routers?: readonly Sid[]
}

/** What the inter-group mechanism works with. It neither starts nor stops any of these. */
export interface BeyondComponents {
  /** Everybody in the network whom this node knows. */
  readonly directory: PeerDirectory
  /** Which group is whose. */
  readonly groups: { readonly map: () => GroupMap }
  /** The own group as it is measured. */
  readonly roster: RosterSource
  readonly matrix: MatrixSource
  readonly datapath: Pick<Datapath, 'sendDatagram' | 'on' | 'off'>
  readonly transport: MeasureTransport
  readonly signer: Signer
  readonly verify: VerifySignature
  /** What draws the landmarks; `undefined`: what is anchored is just being read, the present ones stay. */
  readonly landmarkDraw: () => LandmarkDraw | undefined
  /** Who writes the digest of the own group. */
  readonly reporters: () => readonly Sid[]
  /** @default nobody */
  readonly avoided?: AvoidedRouters
  readonly clock: Clock
  readonly random: Random
  readonly logger: ComponentLogger
}

/** Knobs of the inter-group mechanism. */
export interface BeyondInit {
  readonly networkId: string
  readonly pulseInterval: Milliseconds
  /** In a network of at most so many routers everybody is a peer of everybody, lease or not: their first packet need not wait for one. @default 100 */
  readonly peersUpTo?: number
}

/** Two members of another group said different things about one column, each under its signature. */
export interface ColumnFinding {
  readonly router: Sid
  readonly responders: readonly [PeerIdText, PeerIdText]
  readonly differences: readonly ColumnDifference[]
  /** Both envelopes, domain `srwan-measure`: whoever holds them can check. */
  readonly envelopes: readonly [Uint8Array, Uint8Array]
  /** Wall time. */
  readonly at: Milliseconds
}

/** Messages that were not used, by reason. */
export type BeyondDrop = 'requestMalformed' | 'requestRateLimited' | 'leaseRefused' | 'vectorMalformed' | 'columnMalformed' | 'columnForged'

/** Routers of other groups: leases given and held, columns, landmarks. */
export interface Beyond extends BeyondSource, Startable {
  /** The own round trips to the landmarks, in their order. */
  readonly landmarks: () => { readonly landmarks: readonly Sid[]; readonly vector: LandmarkVector }
  /** Body of this group's `digest` entry as this node sees it; `undefined` before anything is measured. */
  readonly digest: () => GroupDigest | undefined
  /** Is this node among those who write it in this epoch? */
  readonly isReporter: () => boolean
  /** The latest, at most 64. */
  readonly findings: () => readonly ColumnFinding[]
  readonly drops: () => Readonly<Partial<Record<BeyondDrop, number>>>
}
