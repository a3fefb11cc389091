import type { IpPrefix, SegmentList, Sid, UnderlayEndpoint } from './identifiers.ts'
import type { EventSource, Startable } from './lifecycle.ts'
import type { Milliseconds, Nanoseconds, PartsPerMillion } from './units.ts'

/** What a datapath is born with; it cannot change without a new one. */
export interface DatapathInit {
  /** Goes into every key derivation. */
  readonly networkId: string
  readonly sid: Sid
  /** UDP socket; port 0 lets the system choose. */
  readonly listen: UnderlayEndpoint
  /** `undefined`: no TUN (a pure transit needs no privilege). */
  readonly tun?: TunInit
  /** Pulse interval: one probe exchange per pair in each. */
  readonly probeInterval: Milliseconds
  /** Symmetric ratchet of a session. @default 120_000 ms */
  readonly rekeyInterval?: Milliseconds
  /** Fresh Diffie–Hellman of a session; the hard stop is twice this. @default 3_600_000 ms */
  readonly sessionLifetime?: Milliseconds
  /**
   * Cipher that this node prefers for data; two nodes use AES-256-GCM only where both prefer it. `auto`: AES-256-GCM where the CPU has
   * instructions for it. @default 'auto'
   */
  readonly cipher?: DataCipher
  /** Socket mark of the outer packets, so that the overlay's own routing rule excludes them; 0 = none. */
  readonly mark?: number
  /** Threads that carry packets, 1 to {@link MAX_DATAPATH_THREADS}; `auto` = one per processor, at most 4. @default 'auto' */
  readonly threads?: number | 'auto'
}

/** What data is sealed with, see {@link DatapathInit.cipher}. */
export type DataCipher = 'auto' | 'aes-256-gcm' | 'chacha20-poly1305'

/** The device through which applications send and receive. */
export interface TunInit {
  /** Device name, at most 15 characters. */
  readonly name: string
  /** Addresses of the device with prefix length, the overlay address first. */
  readonly addresses: readonly IpPrefix[]
  /** Largest packet at the start, octets. @default 1280 */
  readonly mtu?: number
  /** What paths that carry more may raise it to, octets: the largest inner packet that a direct path over IPv4 is tried with. @default 1424: fills an outer packet of 1,500 */
  readonly mtuMax?: number
}

/** The whole desired state; the datapath diffs it against what it runs. */
export interface DatapathConfig {
  /** Destinations that this node delivers to its TUN: overlay address and site prefixes. */
  readonly localPrefixes: readonly IpPrefix[]
  readonly peers: readonly DatapathPeer[]
  readonly policies: readonly DatapathPolicy[]
  /** May this node forward for others? */
  readonly transit: boolean
}

/** A member whose descriptor the control plane has verified. Packets of anybody else are dropped before any work. */
export interface DatapathPeer {
  readonly sid: Sid
  /** X25519, 32 octets. */
  readonly publicKey: Uint8Array
  readonly endpoint: UnderlayEndpoint
  /** Inner source addresses it may use and inner destinations that it serves. */
  readonly prefixes: readonly IpPrefix[]
  /** Common members that may forward control packets when the direct link does not answer, best first; at most 3 are tried. */
  readonly relays: readonly Sid[]
}

/** One SR policy: every member has at least the default one (`forward: [[endpoint]]`), so that the first packet never waits for JavaScript. */
export interface DatapathPolicy {
  readonly endpoint: Sid
  /** Wire number of the color. */
  readonly color: number
  /** Segment lists from here to the endpoint, opened and kept; at most `MAX_PATHS_PER_POLICY`. */
  readonly forward: readonly SegmentList[]
  /** Segment lists from the endpoint back to here, last SID this node's own. */
  readonly reverse: readonly SegmentList[]
  /** Indexes into `forward` and `reverse`. */
  readonly active: PathPair
  readonly standby?: PathPair
  /** Open the session now and keep it, instead of with the first packet. */
  readonly keepOpen: boolean
}

/** One way there and one way back, as indexes into a policy's lists. */
export interface PathPair {
  readonly forward: number
  readonly reverse: number
}

/** Active, standby, default and three candidates, and as many being drained. */
export const MAX_PATHS_PER_POLICY = 8
/** Most threads that one datapath runs. */
export const MAX_DATAPATH_THREADS = 8
/** Largest payload of the datagram channel. */
export const MAX_DATAGRAM = 1000
/** Largest column part that rides on a probe: all cells of a group whose pulses hold whole columns. */
export const MAX_COLUMN_PART = 46

/** One direction of a probe exchange, seen by its receiver (STAMP, RFC 8762, extended): every exchange tells each side the delay towards itself. */
export interface ProbeEvent {
  readonly from: Sid
  /** `reflector`: received a request · `sender`: received the answer to an own request. */
  readonly role: 'reflector' | 'sender'
  /** Peer's clock when it sent, this node's clock when it arrived: their difference is delay + offset. */
  readonly sentAt: Nanoseconds
  readonly receivedAt: Nanoseconds
  /** Senders only: (t4 − t1) − (t3 − t2), free of offsets. */
  readonly roundTrip?: Nanoseconds
  /** 16 bits, changes when the peer's clock booted, was suspended or jumped. */
  readonly peerClockEpoch: number
  /** This node's clock epoch when it took `receivedAt`. */
  readonly clockEpoch: number
  /** Number of pair-keyed packets that the peer has sent to us so far, and that we accepted so far: their growth gives one-way loss. */
  readonly sentByPeer: number
  readonly acceptedFromPeer: number
  /** The last full column of ours that the peer has. */
  readonly columnSeen: number
  /** 0 to `MAX_COLUMN_PART` octets; what the peer's `setColumnPart` held. */
  readonly columnPart: Uint8Array
}

/** The datapath changed paths by itself: a direction of the pair in use was dead, and the standby's list of that direction answered. */
export interface SwitchedEvent {
  readonly endpoint: Sid
  readonly color: number
  /** The pair in use from now on; a direction that still answered is unchanged. */
  readonly forward: SegmentList
  readonly reverse: SegmentList
  /** Which direction was dead. */
  readonly cause: 'forward' | 'reverse' | 'both'
  /** From the last answer over the pair that was left to the switch, ms. */
  readonly gapMs: Milliseconds
}

/** One pair of lists of a policy, as the datapath's own probes see it. */
export interface PathStateEvent {
  readonly endpoint: Sid
  readonly color: number
  readonly forward: SegmentList
  readonly reverse: SegmentList
  readonly role: 'active' | 'standby'
}

/** What the datapath tells the control plane; each kind is bounded by a token bucket. */
export interface DatapathEvents {
  probe: ProbeEvent
  /** An own probe request found no answer. */
  probeLost: { readonly to: Sid }
  datagram: { readonly from: Sid; readonly payload: Uint8Array }
  /** Data was sent or received under this policy; at most one event in 5 s for each. */
  demand: { readonly endpoint: Sid; readonly color: number }
  session: { readonly endpoint: Sid; readonly state: 'open' | 'failed' | 'closed'; readonly cause: string }
  switched: SwitchedEvent
  /** A pair that should answer does not: the one in use, which nothing better replaces, or the standby. Once for each failure. */
  pathFailed: PathStateEvent
  /** A pair that failed answers again. */
  pathRecovered: PathStateEvent
  clockEpoch: { readonly clockEpoch: number }
  /** A path turned out to carry no inner packet of 1,280 octets (`mtu` 0): the datapath no longer uses it. Or it carries them again. */
  pathMtu: { readonly endpoint: Sid; readonly color: number; readonly direction: 'forward' | 'reverse'; readonly path: SegmentList; readonly mtu: number }
  /** The datapath's own thread hit something it cannot mend. */
  failure: { readonly code: string; readonly message: string }
  /** A session of any role is over; the same counts wait in `takeEndedSessions`, which loses none where events are dropped. */
  sessionEnded: SessionSnapshot
  /** The egress claims to have received more under a path id in a key epoch than was sent: evidence; only what was sent is taken. */
  echoMismatch: EchoMismatch
}

/** An echo that cannot be true. */
export interface EchoMismatch {
  readonly endpoint: Sid
  readonly session: number
  readonly pathId: number
  readonly epoch: number
  readonly sentOctets: number
  readonly claimedOctets: number
}

/** Sealed end-to-end probes over several paths of one policy at once. */
export interface PathProbeRequest {
  readonly endpoint: Sid
  readonly color: number
  /** Pairs to compare; each list is opened first if it is not. All probes of a list that is not open after 2 s (of any, where the session is not open after 5 s) count as lost. */
  readonly paths: readonly { readonly forward: SegmentList; readonly reverse: SegmentList }[]
  /** Probes per path. @default 10 */
  readonly count?: number
  /** Time over which they are spread. @default 1000 ms */
  readonly duration?: Milliseconds
}

/** Per path, in request order; `undefined` for each probe that was lost. */
export interface PathProbeSample {
  /** Egress clock − own clock included, the same for every path. */
  readonly forward: Nanoseconds
  /** Own clock − egress clock included, the same for every path. */
  readonly reverse: Nanoseconds
  readonly roundTrip: Nanoseconds
}

/** Outcome of {@link PathProbeRequest}, for each path in the order of the request. */
export interface PathProbeResult {
  readonly samples: readonly (readonly (PathProbeSample | undefined)[])[]
}

/** Octets of one session over one segment list, UDP payload; cumulative. What this node's role cannot know is absent. */
export interface PathOctets {
  readonly direction: 'forward' | 'reverse'
  readonly segments: SegmentList
  /** By this node, at the list's head. */
  readonly octetsSent?: number
  /** By the egress's echoes; never more than was sent. Ingress only. */
  readonly octetsConfirmed?: number
  /** By this node, at the list's end. */
  readonly octetsReceived?: number
}

/** What one session has carried; cumulative, for people and for settlement. */
export interface SessionSnapshot {
  /** Number of this session in this datapath, never given twice, while an id may come again. */
  readonly instance: number
  readonly session: number
  readonly ingress: Sid
  readonly egress: Sid
  readonly role: 'ingress' | 'transit' | 'egress'
  readonly state: 'opening' | 'open' | 'closing'
  /** What the ends agreed to seal its data with; a transit is not told. */
  readonly cipher?: Exclude<DataCipher, 'auto'>
  readonly ageSeconds: number
  /** Billed octets: UDP payload of accepted segment packets as received by this node. */
  readonly forwardOctets: number
  readonly reverseOctets: number
  /** Ingress only: the paths in use. */
  readonly active?: { readonly forward: SegmentList; readonly reverse: SegmentList }
  /** Ingress and egress; at most 256 lists in each direction, what goes over further ones is in the sums only. */
  readonly paths: readonly PathOctets[]
  /** Ingress only: largest inner packets of the active pair, octets, and how far their search is (RFC 8899); `error`: no path of that direction carries 1,280, and none is used. */
  readonly mtu?: { readonly forward: number; readonly reverse: number; readonly state: 'base' | 'searching' | 'complete' | 'error' }
}

/** What this machine lets the datapath use, settled at its start. */
export interface DatapathFeatures {
  /** Threads that carry packets. */
  readonly threads: number
  /** Preferred for data: see {@link DatapathInit.cipher}; a session says what its ends agreed on. */
  readonly cipher: Exclude<DataCipher, 'auto'>
  /** What the device hands over in one piece: `none` = plain packets, `checksum` = without checksums, `tso` = TCP super-packets, `tso+uso` = UDP ones as well; `off` = there is no device. */
  readonly tunOffload: 'none' | 'checksum' | 'tso' | 'tso+uso' | 'off'
  /** The kernel cuts outer packets of one size (UDP_SEGMENT). */
  readonly udpSegmentation: boolean
  /** The kernel joins outer packets of one flow (UDP_GRO). */
  readonly udpReceiveOffload: boolean
  /** The kernel hands each session's packets to its thread (SO_ATTACH_REUSEPORT_CBPF). */
  readonly steering: boolean
  /** Buffers of a UDP socket as the kernel granted them, octets of payload (half of what SO_RCVBUF and SO_SNDBUF say, socket(7)). */
  readonly receiveBufferOctets: number
  readonly sendBufferOctets: number
  /** What the datapath asked for; less was granted where `net.core.rmem_max` or `wmem_max` is lower and it may not go beyond. */
  readonly wantedBufferOctets: number
}

/**
 * The data plane of one node. JavaScript hands over the whole desired state and reads counters; it never sees a data packet and never a key.
 * Implementations: the native addon, and a simulated twin that passes the same compliance suite.
 */
export interface Datapath extends Startable, EventSource<DatapathEvents> {
  /** X25519 public key, drawn at construction and never stored. */
  readonly publicKey: Uint8Array
  /** The UDP endpoint in use, after `start`. */
  readonly listenEndpoint: UnderlayEndpoint
  readonly clockEpoch: number
  /** This node's measuring clock (CLOCK_MONOTONIC_RAW, injected offset and drift included). */
  clockNow: () => Nanoseconds
  /** @throws InvalidInputError where the config contradicts itself; the running one then stays */
  reconfigure: (config: DatapathConfig) => 'applied' | 'unchanged'
  /** @param part - rides on every probe from now on, ≤ MAX_COLUMN_PART octets · @param columnSeen - number of the last full column held, per peer */
  setColumnPart: (part: Uint8Array, columnSeen: ReadonlyMap<Sid, number>) => void
  /** @returns false where the peer is unknown or the rate limit is reached; delivery is not guaranteed */
  sendDatagram: (to: Sid, payload: Uint8Array) => boolean
  probePaths: (request: PathProbeRequest, signal?: AbortSignal) => Promise<PathProbeResult>
  /** Counter values by name: a read of shared memory, no call into native code. */
  counters: () => Readonly<Record<DatapathCounter, number>>
  sessions: () => readonly SessionSnapshot[]
  /**
   * Last counts of the sessions that ended and that no call has returned yet; also after `stop`. At most 4,096 wait: after that one is added to another
   * between the same ends, or counted in `dropLimit`. Sessions that carried nothing are left out.
   */
  takeEndedSessions: () => readonly SessionSnapshot[]
  /** @throws InvalidInputError where it does not run */
  features: () => DatapathFeatures
  /** For emulated clocks only: changes offset and drift of the measuring clock; a jump changes the clock epoch. */
  adjustClock: (change: { readonly step?: Nanoseconds; readonly drift?: PartsPerMillion }) => void
}

/** Traffic by purpose (UDP payload octets and packets), then every reason for a drop. Names are part of the shared layout: append only. */
export const DATAPATH_COUNTERS = [
  'probeTxOctets',
  'probeRxOctets',
  'probeTxPackets',
  'probeRxPackets',
  'pathProbeTxOctets',
  'pathProbeRxOctets',
  'pathProbeTxPackets',
  'pathProbeRxPackets',
  'datagramTxOctets',
  'datagramRxOctets',
  'datagramTxPackets',
  'datagramRxPackets',
  'openTxOctets',
  'openRxOctets',
  'openTxPackets',
  'openRxPackets',
  'handshakeTxOctets',
  'handshakeRxOctets',
  'handshakeTxPackets',
  'handshakeRxPackets',
  'relayedTxOctets',
  'relayedRxOctets',
  'relayedTxPackets',
  'relayedRxPackets',
  'dataTxOctets',
  'dataRxOctets',
  'dataTxPackets',
  'dataRxPackets',
  'transitOctets',
  'transitPackets',
  'tunTxOctets',
  'tunRxOctets',
  'tunTxPackets',
  'tunRxPackets',
  'sessionsOpened',
  'sessionsFailed',
  'pathSwitches',
  'rekeys',
  'dropMalformed',
  'dropUnknownPeer',
  'dropUnknownKey',
  'dropAuthentication',
  'dropReplay',
  'dropUnknownSession',
  'dropHopProof',
  'dropNotNextSegment',
  'dropUnknownNextSegment',
  'dropTransitRefused',
  'dropSourceNotAllowed',
  'dropDestinationNotAllowed',
  'dropNoRoute',
  'dropNoSession',
  'dropTtlExpired',
  'dropTooBig',
  'dropRateLimited',
  'dropQueueFull',
  'dropSocketError',
  'dropTunError',
  'dropKeyEpoch',
  'dropLimit',
  'dropEventQueueFull',
  'echoTxOctets',
  'echoRxOctets',
  'echoTxPackets',
  'echoRxPackets',
  'echoMismatches',
  'dropPathTooNarrow',
  'icmpAnswers',
  'cookiesSent',
  'dropCookie'
] as const
/** Name of one counter. */
export type DatapathCounter = (typeof DATAPATH_COUNTERS)[number]
/** Version of the shared counter layout; the wrapper refuses an addon that has another. */
export const DATAPATH_LAYOUT_VERSION = 2
