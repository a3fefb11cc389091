import type { Nanoseconds, SegmentList, Sid } from '@srwan/interface'

/**
 * What travels between simulated datapaths: the messages of the protocol documents as objects. Keys are compared instead of used; sizes are those of the wire.
 */
export type SimulatedPacket = PairPacket | SegmentPacket

/** Kinds 3 to 7: between two members that know each other's keys. */
export interface PairPacket {
  readonly kind: 'pair'
  readonly from: Sid
  readonly fromKey: string
  readonly toKey: string
  /** One space per (pair, sender). */
  readonly counter: number
  readonly body: PairBody
}

export type PairBody = ProbeBody | DatagramBody | HandshakeBody | ControlBody | RelayedBody

export interface ProbeBody {
  readonly type: 'probe'
  readonly reply: boolean
  readonly t1: Nanoseconds
  readonly t2: Nanoseconds
  readonly t3: Nanoseconds
  readonly clockEpoch: number
  readonly columnSeen: number
  readonly columnPart: Uint8Array
}

export interface DatagramBody {
  readonly type: 'datagram'
  readonly payload: Uint8Array
}

export interface HandshakeBody {
  readonly type: 'handshake'
  readonly message: 'initiation' | 'response'
  readonly session: number
  readonly code: number
}

export type ControlBody =
  | { readonly type: 'open'; readonly session: number; readonly egress: Sid }
  | { readonly type: 'paths'; readonly session: number; readonly sequence: number; readonly lists: readonly SegmentList[]; readonly active: SegmentList }
  | { readonly type: 'answer'; readonly session: number; readonly of: 'open' | 'paths'; readonly sequence: number; readonly code: number }
  | { readonly type: 'close'; readonly session: number }

export interface RelayedBody {
  readonly type: 'relayed'
  readonly stage: 'to relay' | 'from relay'
  readonly origin: Sid
  readonly destination: Sid
  readonly inner: PairPacket
}

/** Kinds 1 and 2: source-routed over a segment list. */
export interface SegmentPacket {
  readonly kind: 'segment'
  readonly direction: 'forward' | 'reverse'
  readonly ingress: Sid
  readonly session: number
  readonly color: number
  readonly segments: SegmentList
  /** Index of the segment that is to receive it. */
  readonly position: number
  readonly body: SegmentBody
}

export type SegmentBody =
  | { readonly type: 'data'; readonly octets: number }
  | { readonly type: 'request'; readonly sequence: number; readonly replyPath: SegmentList; readonly follow: boolean; readonly t1: Nanoseconds }
  | { readonly type: 'reply'; readonly sequence: number; readonly t1: Nanoseconds; readonly t2: Nanoseconds; readonly t3: Nanoseconds }

const PAIR_OVERHEAD = 40
const SEGMENT_OVERHEAD = 32
const SEGMENT_OCTETS = 16
const PATH_PROBE_OCTETS = 512
/** Largest size of each control message that is worth telling apart. */
const CONTROL_OCTETS = { open: 36, paths: 128, answer: 12, close: 8, probe: 98, handshake: 152 } as const

/** UDP payload in octets. */
export function octetsOf(packet: SimulatedPacket): number {
  if (packet.kind === 'segment') {
    const inner = packet.body.type === 'data' ? packet.body.octets : PATH_PROBE_OCTETS
    return SEGMENT_OVERHEAD + SEGMENT_OCTETS * packet.segments.length + inner
  }
  const { body } = packet
  if (body.type === 'datagram') return PAIR_OVERHEAD + body.payload.length
  if (body.type === 'relayed') return PAIR_OVERHEAD + 20 + octetsOf(body.inner)
  return PAIR_OVERHEAD + CONTROL_OCTETS[body.type]
}

/** Order-preserving text of a list, for maps. */
export function listKey(segments: SegmentList): string {
  return segments.join('>')
}
