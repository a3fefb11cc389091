import { MalformedMessageError, sid } from '@srwan/interface'
import type { Sid } from '@srwan/interface'

/** What a member says to its whole group, signed: it lives, and which column it sent. */
export interface Pulse {
  readonly sender: Sid
  /** Number of the sender's descriptor: a restart raises it. */
  readonly descriptorNumber: number
  /** Strictly increasing within one descriptor number. */
  readonly counter: number
  readonly fingerprint: number
  readonly clockEpoch: number
  /** Number of the sender's current full column, 0 for none. */
  readonly columnNumber: number
  /** SHA-256 of that column's octets; zeros for none. */
  readonly root: Uint8Array
  /** A path became worse or broke. */
  readonly badNews: boolean
  readonly body: PulseBody
}

/** A full column in groups of at most `MAX_COLUMN_IN_PULSE`; a column part with bad news in larger ones. */
export interface PulseBody {
  readonly kind: 'none' | 'column' | 'part'
  readonly data: Uint8Array
}

/** Largest group whose pulses carry the column itself. */
export const MAX_COLUMN_IN_PULSE = 13
/** Octets of a root. */
export const PULSE_ROOT = 32
/** Largest body: the column of 13 members takes 132 octets. */
export const MAX_PULSE_BODY = 132
/** Largest pulse; anything longer is dropped unread. */
export const MAX_PULSE = 63 + MAX_PULSE_BODY + 64

const VERSION = 1
const HEADER = 63
const SIGNATURE = 64
const KINDS = ['none', 'column', 'part'] as const

/**
 * @returns everything but the signature, which is made over `signedOctets('srwan-pulse', networkId, …)` of it
 * @throws RangeError where a field is out of bounds (a fault of the caller)
 */
export const encodePulse = (pulse: Pulse): Uint8Array => {
  if (pulse.body.data.length > MAX_PULSE_BODY || pulse.root.length !== PULSE_ROOT) throw new RangeError('body or root of a pulse has a wrong length')
  const data = new Uint8Array(HEADER + pulse.body.data.length)
  const view = new DataView(data.buffer)
  view.setUint8(0, VERSION)
  view.setUint8(1, KINDS.indexOf(pulse.body.kind) | (pulse.badNews ? 4 : 0))
  view.setBigUint64(2, BigInt(`0x${pulse.sender}`))
  view.setBigUint64(10, BigInt(pulse.descriptorNumber))
  view.setUint32(18, pulse.counter)
  view.setUint8(22, pulse.fingerprint >>> 16)
  view.setUint16(23, pulse.fingerprint & 0xffff)
  view.setUint16(25, pulse.clockEpoch)
  view.setUint16(27, pulse.columnNumber)
  data.set(pulse.root, 29)
  view.setUint16(61, pulse.body.data.length)
  data.set(pulse.body.data, HEADER)
  return data
}

/** @returns the message for the topic */
export const sealPulse = (unsigned: Uint8Array, signature: Uint8Array): Uint8Array => {
  if (signature.length !== SIGNATURE) throw new RangeError('an Ed25519 signature has 64 octets')
  const message = new Uint8Array(unsigned.length + SIGNATURE)
  message.set(unsigned)
  message.set(signature, unsigned.length)
  return message
}

/** A pulse as received: nothing in it may be believed before the signature verifies. */
export interface UnverifiedPulse {
  readonly pulse: Pulse
  readonly unsigned: Uint8Array
  readonly signature: Uint8Array
}

/**
 * Copies nothing: all octet fields are views of the message.
 *
 * @throws MalformedMessageError
 */
export const decodePulse = (message: Uint8Array): UnverifiedPulse => {
  if (message.length < HEADER + SIGNATURE || message.length > MAX_PULSE) throw new MalformedMessageError('length of a pulse')
  const view = new DataView(message.buffer, message.byteOffset, message.length)
  const flags = view.getUint8(1)
  const kind = KINDS[flags & 3]
  if (view.getUint8(0) !== VERSION || kind === undefined || flags > 7) throw new MalformedMessageError('version or flags of a pulse')
  const length = view.getUint16(61)
  if (message.length !== HEADER + length + SIGNATURE || (kind === 'none') !== (length === 0)) throw new MalformedMessageError('body of a pulse')
  const descriptorNumber = Number(view.getBigUint64(10))
  if (!Number.isSafeInteger(descriptorNumber)) throw new MalformedMessageError('descriptor number of a pulse')
  const pulse: Pulse = {
    sender: sid(view.getBigUint64(2).toString(16).padStart(16, '0')),
    descriptorNumber,
    counter: view.getUint32(18),
    fingerprint: view.getUint8(22) * 65536 + view.getUint16(23),
    clockEpoch: view.getUint16(25),
    columnNumber: view.getUint16(27),
    root: message.subarray(29, 61),
    badNews: (flags & 4) !== 0,
    body: { kind, data: message.subarray(HEADER, HEADER + length) }
  }
  return { pulse, unsigned: message.subarray(0, HEADER + length), signature: message.subarray(HEADER + length) }
}
