import { MAX_GROUP_SIZE, MalformedMessageError } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'
import { integer, messageCodec, octetString, text } from './message-codec.ts'
import { MAX_NETWORK_ID } from './membership-messages.ts'
import { SID_LENGTH, packRoundTrips, packSids, unpackRoundTrips, unpackSids } from './round-trips.ts'

/** Most landmarks of a network. */
export const MAX_LANDMARKS = 8

/** Round trips of some routers to the landmarks. */
export interface LandmarkTable {
  /** In the order of their SIDs. */
  readonly landmarks: readonly Sid[]
  /** One vector per router, in the order of the landmarks. */
  readonly vectors: readonly (readonly (Milliseconds | undefined)[])[]
}

/** What a member tells another group about one of its own: the column of its matrix as round trips, which are free of clock offsets. */
export interface GroupColumn extends LandmarkTable {
  /** Whose column. */
  readonly router: Sid
  /** Wall time of the responder: tells two answers apart, and is believed for nothing. */
  readonly at: Milliseconds
  /** The group, `router` among them, in the order of their SIDs. */
  readonly members: readonly Sid[]
  /** Of `router` with each member; `undefined` for itself. */
  readonly trips: readonly (Milliseconds | undefined)[]
}

const codec = messageCodec({
  network: [1, text(1, MAX_NETWORK_ID)],
  router: [2, octetString(SID_LENGTH)],
  at: [3, integer()],
  members: [4, octetString(SID_LENGTH, SID_LENGTH * MAX_GROUP_SIZE)],
  trips: [5, octetString(2, 2 * MAX_GROUP_SIZE)],
  landmarks: [6, octetString(0, SID_LENGTH * MAX_LANDMARKS)],
  vectors: [7, octetString(0, 2 * MAX_LANDMARKS * MAX_GROUP_SIZE)]
})

/** Payload of an envelope of domain `srwan-measure`; 2.7 kB for 100 members and 8 landmarks. @throws MalformedMessageError where a part is out of bounds */
export function encodeGroupColumn(network: string, column: GroupColumn): Uint8Array {
  return codec.encode({
    network,
    router: packSids([column.router]),
    at: Math.floor(column.at),
    members: packSids(column.members),
    trips: packRoundTrips(column.trips),
    landmarks: packSids(column.landmarks),
    vectors: packVectors(column.vectors)
  })
}

/** @throws MalformedMessageError, also where it is of another network or its router is not among the members */
export function decodeGroupColumn(network: string, payload: Uint8Array): GroupColumn {
  const message = codec.decode(payload)
  if (message.network !== network) throw new MalformedMessageError('column of another network')
  const members = unpackSids(message.members, MAX_GROUP_SIZE)
  const [router] = unpackSids(message.router, 1)
  const landmarks = unpackSids(message.landmarks, MAX_LANDMARKS)
  if (router === undefined || !members.includes(router)) throw new MalformedMessageError('column of a router that is no member')
  return {
    router,
    at: message.at as Milliseconds,
    members,
    trips: unpackRoundTrips(message.trips, members.length),
    landmarks,
    vectors: unpackVectors(message.vectors, members.length, landmarks.length)
  }
}

/** Vectors one after the other. */
export function packVectors(vectors: readonly (readonly (Milliseconds | undefined)[])[]): Uint8Array {
  return packRoundTrips(vectors.flat())
}

/** @throws MalformedMessageError where the octets are not exactly so many vectors of that length */
export function unpackVectors(octets: Uint8Array, count: number, length: number): readonly (readonly (Milliseconds | undefined)[])[] {
  const trips = unpackRoundTrips(octets, count * length)
  return Array.from({ length: count }, (_, index) => trips.slice(index * length, (index + 1) * length))
}
