import type { GroupChainStatus } from './groups/group-chain.ts'
import type {
  Color,
  ComponentLogger,
  Clock,
  DatapathCounter,
  DatapathFeatures,
  DelayMatrix,
  EventSource,
  EvidenceFinding,
  GeoIsp,
  Member,
  Milliseconds,
  PathDecision,
  PathProbeRequest,
  PathProbeResult,
  PeerIdText,
  QuarantineVerdict,
  Role,
  Roster,
  SessionSnapshot,
  Sid,
  Startable,
  UnderlayEndpoint
} from '@srwan/interface'
import type { Accounts } from '@srwan/accounting'
import type { Exchange } from './ditex/exchange.ts'
import type { PathSwitch } from './switch-log.ts'

/** A fact about the node's health: stable code, what it means, what to do. */
export interface HealthFinding {
  readonly code: string
  readonly severity: 'error' | 'warning' | 'info'
  readonly title: string
  readonly remedy: string
}

/** Octets that this node sent and received, UDP payload or TCP payload, by purpose. */
export type TrafficByPurpose = Readonly<Record<string, { readonly sentOctets: number; readonly receivedOctets: number }>>

/** A member, for people. */
export interface MembershipView {
  readonly peerId: PeerIdText
  readonly sid: Sid
  readonly name: string
  /** Of its certificate, 32 hexadecimal digits. */
  readonly serial: string
  /** Wall times. */
  readonly registeredAt: Milliseconds
  readonly notAfter: Milliseconds
}

/** One running node: libp2p, membership, measurement, path choice and datapath together. */
export interface Node extends Startable, EventSource<{ ready: undefined }> {
  readonly self: { readonly peerId: PeerIdText; readonly sid: Sid; readonly overlayAddress: string; readonly name: string; readonly geo: GeoIsp; readonly roles: readonly Role[] }
  readonly networkId: string
  state: () => 'starting' | 'joining' | 'running' | 'stopping' | 'stopped'
  uptimeSeconds: () => number
  /** Everybody in the network. */
  roster: () => Roster
  /** The own group, guests included: whom this node measures, in the order of the matrix; and what the groups follow from, `undefined` while no epoch is anchored. */
  group: () => { readonly number: number; readonly roster: Roster; readonly anchored?: GroupChainStatus | undefined }
  matrix: () => DelayMatrix
  /** As `matrix`, with stale cells kept: for people, who also see the age (`clock.now() − sampledAt`). */
  lastKnownMatrix: () => DelayMatrix
  evidence: () => readonly EvidenceFinding[]
  /** Routers against which something speaks, this one among them where it is accused. */
  quarantine: () => readonly QuarantineVerdict[]
  decisions: () => readonly PathDecision[]
  /** Decides afresh where no decision is younger than 3 pulse intervals (or `fresh`), and waits for it. */
  decide: (endpoint: Sid, color: Color, options?: { readonly fresh?: boolean; readonly signal?: AbortSignal }) => Promise<PathDecision>
  /** Sealed end-to-end probes over given paths, for `srwan ping`; lists that are not open are opened first. */
  probePaths: (request: PathProbeRequest, signal?: AbortSignal) => Promise<PathProbeResult>
  /** @param text - name, SID, peer id, overlay address or an address inside a site prefix */
  resolve: (text: string) => Member
  sessions: () => readonly SessionSnapshot[]
  /** Octets carried, cumulative over restarts. */
  accounts: () => Accounts
  /** What the machine lets the datapath use. @throws InvalidInputError before `start` */
  features: () => DatapathFeatures
  /** The last switch of each policy that the datapath made by itself, latest first. */
  switches: () => readonly PathSwitch[]
  /** The exchange as this node holds it; `undefined` where it holds none. */
  exchange: () => Exchange | undefined
  counters: () => Readonly<Record<DatapathCounter, number>>
  traffic: () => TrafficByPurpose
  health: () => readonly HealthFinding[]
  connections: () => readonly { readonly peerId: PeerIdText; readonly address: string; readonly direction: 'inbound' | 'outbound' }[]
  /** Adds signed revocations (from `network revoke`) and spreads them. */
  revoke: (revocation: Uint8Array) => Promise<void>
  adjustClock: (change: { readonly stepNanoseconds?: bigint; readonly driftPpm?: number }) => void
  /** UDP endpoint of the datapath, after `start`. */
  readonly listenEndpoint: UnderlayEndpoint
  /** libp2p addresses that this node announces, the peer id included; after `start`. */
  multiaddrs: () => readonly string[]
  /** All that the roster knows, for `network members`: who was registered when, until when. */
  memberships: () => readonly MembershipView[]
  readonly clock: Clock
  readonly logger: ComponentLogger
}
