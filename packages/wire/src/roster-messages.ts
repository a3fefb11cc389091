import { MalformedMessageError } from '@srwan/interface'
import { integer, messageCodec, nested, octetString, repeated, text } from './message-codec.ts'
import { MAX_DESCRIPTOR } from './descriptor-codec.ts'
import { MAX_MEMBERSHIP, MAX_REVOCATION } from './membership-messages.ts'
import type { Decoded } from './message-codec.ts'

/** libp2p protocol of the roster exchange. */
export const ROSTER_PROTOCOL = '/srwan/roster/1'
/** Largest frame on that protocol, without its length prefix. */
export const MAX_ROSTER_MESSAGE = 65_536
/** Most records in one frame: eight of the largest fit. */
export const MAX_RECORDS_PER_MESSAGE = 8
/** Most revocations in one frame. */
export const MAX_REVOCATIONS_PER_MESSAGE = 24
/** Octets of a roster digest. */
export const ROSTER_DIGEST_LENGTH = 16

const recordFields = {
  /** `MembershipMessage`: certificate and claim. Empty in an open network, where the descriptor is all that a member shows. */
  membership: [1, octetString(0, MAX_MEMBERSHIP)],
  /** Envelope of the member over its descriptor. */
  descriptor: [2, octetString(1, MAX_DESCRIPTOR)],
  /** Wall time at which the first member saw it, as far as the sender knows; ms since 1970. */
  registeredAt: [3, integer()]
} as const

/** One member, as members tell each other. */
export type RosterRecord = Decoded<typeof recordFields>
const recordCodec = messageCodec(recordFields)
/** Largest encoded record. */
const MAX_RECORD = MAX_MEMBERSHIP + MAX_DESCRIPTOR + 32

const rosterMessageCodec = messageCodec({
  version: [1, integer(1)],
  records: [2, repeated(nested(recordCodec, MAX_RECORD), MAX_RECORDS_PER_MESSAGE)],
  revocations: [3, repeated(octetString(1, MAX_REVOCATION), MAX_REVOCATIONS_PER_MESSAGE)],
  refusal: [4, text(0, 200)],
  digest: [5, octetString(0, ROSTER_DIGEST_LENGTH)]
})

/** One frame. The first in each direction holds the sender's own record, and the digest of all that it knows. */
export interface RosterMessage {
  readonly records: readonly RosterRecord[]
  readonly revocations: readonly Uint8Array[]
  /** Why the receiver is not taken; the sender closes after it. Empty: not refused. */
  readonly refusal: string
  /** {@link ROSTER_DIGEST_LENGTH} octets in the first frame, else empty. */
  readonly digest: Uint8Array
}

/** @throws MalformedMessageError where a part is out of bounds */
export function encodeRosterMessage(message: Partial<RosterMessage>): Uint8Array {
  const { records = [], revocations = [], refusal = '', digest = new Uint8Array(0) } = message
  return rosterMessageCodec.encode({ version: 1, records, revocations, refusal, digest })
}

/** @throws MalformedMessageError */
export function decodeRosterMessage(bytes: Uint8Array): RosterMessage {
  if (bytes.length > MAX_ROSTER_MESSAGE) throw new MalformedMessageError('roster message too long')
  const { records, revocations, refusal, digest } = rosterMessageCodec.decode(bytes)
  return { records: records.filter((record) => record !== undefined), revocations, refusal, digest }
}
