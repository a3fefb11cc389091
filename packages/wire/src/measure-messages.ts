import { MalformedMessageError, peerIdText } from '@srwan/interface'
import type { PeerIdText } from '@srwan/interface'
import { integer, messageCodec, octetString, repeated, text } from './message-codec.ts'
import { MAX_ENVELOPE } from './signed-envelope.ts'

/** libp2p protocol between routers of different groups: leases, columns, echoes. One request and one reply at a time on a stream. */
export const MEASURE_PROTOCOL = '/srwan/measure/1'
/** Largest frame on that protocol, without its length prefix. */
export const MAX_MEASURE_MESSAGE = 8192
/** Most routers that one request asks leases for: the asker and its relays. */
export const MAX_LEASE_GUESTS = 5
const MAX_PEER_ID = 64
const KINDS = ['lease', 'column', 'echo'] as const

/** What is asked of a router. */
export type MeasureRequest =
  | { readonly kind: 'lease' /** Who shall be let probe, relay and open sessions. */; readonly guests: readonly PeerIdText[] }
  | { readonly kind: 'column' /** A member of the responder's group. */; readonly router: PeerIdText }
  | { readonly kind: 'echo' }

/** The answer; a part that the request did not ask for is absent. */
export interface MeasureReply {
  /** Why not; empty: not refused. */
  readonly refusal: string
  /** Leases given, of those asked for. */
  readonly granted: readonly PeerIdText[]
  /** For so long, ms from the reply. */
  readonly duration: number
  /** Envelope over a group column, domain `srwan-measure`. */
  readonly column: Uint8Array
}

const requestCodec = messageCodec({
  version: [1, integer(1)],
  kind: [2, integer(0, KINDS.length - 1)],
  routers: [3, repeated(text(1, MAX_PEER_ID), MAX_LEASE_GUESTS)]
})

const replyCodec = messageCodec({
  version: [1, integer(1)],
  refusal: [2, text(0, 200)],
  granted: [3, repeated(text(1, MAX_PEER_ID), MAX_LEASE_GUESTS)],
  duration: [4, integer(0, 0xffffffff)],
  column: [5, octetString(0, MAX_ENVELOPE)]
})

/** @throws MalformedMessageError where a part is out of bounds */
export function encodeMeasureRequest(request: MeasureRequest): Uint8Array {
  const routers = request.kind === 'lease' ? request.guests : request.kind === 'column' ? [request.router] : []
  return requestCodec.encode({ version: 1, kind: KINDS.indexOf(request.kind), routers })
}

/** @throws MalformedMessageError */
export function decodeMeasureRequest(bytes: Uint8Array): MeasureRequest {
  const { kind, routers } = requestCodec.decode(bytes)
  const [first] = routers
  if (KINDS[kind] === 'echo') return { kind: 'echo' }
  if (first === undefined) throw new MalformedMessageError('measure request without a router')
  return KINDS[kind] === 'lease' ? { kind: 'lease', guests: routers.map(peerIdText) } : { kind: 'column', router: peerIdText(first) }
}

/** @throws MalformedMessageError where a part is out of bounds */
export function encodeMeasureReply(reply: Partial<MeasureReply>): Uint8Array {
  const { refusal = '', granted = [], duration = 0, column = new Uint8Array(0) } = reply
  return replyCodec.encode({ version: 1, refusal, granted, duration, column })
}

/** @throws MalformedMessageError */
export function decodeMeasureReply(bytes: Uint8Array): MeasureReply {
  const { refusal, granted, duration, column } = replyCodec.decode(bytes)
  return { refusal, granted: granted.map(peerIdText), duration, column }
}
