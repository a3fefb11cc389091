import { MalformedMessageError } from '@srwan/interface'
import type { Milliseconds } from '@srwan/interface'
import { MAX_LANDMARKS } from './group-column.ts'
import { packRoundTrips, unpackRoundTrips } from './round-trips.ts'

/** First octet of a datagram that tells the group this node's round trips to the landmarks. */
export const DATAGRAM_LANDMARK_VECTOR = 3
const HEADER = 5

/** A member's round trips to the landmarks of which the 32 bits say which they are. */
export interface LandmarkVectorMessage {
  /** First 32 bits of SHA-256 over the landmarks' SIDs in order. */
  readonly landmarks: number
  readonly trips: readonly (Milliseconds | undefined)[]
}

/** @returns one datagram payload, 5 + 2 octets for each landmark */
export function encodeLandmarkVector(message: LandmarkVectorMessage): Uint8Array {
  const data = new Uint8Array(HEADER + 2 * message.trips.length)
  data[0] = DATAGRAM_LANDMARK_VECTOR
  new DataView(data.buffer).setUint32(1, message.landmarks)
  data.set(packRoundTrips(message.trips), HEADER)
  return data
}

/** @throws MalformedMessageError where the octets are not exactly one vector */
export function decodeLandmarkVector(data: Uint8Array): LandmarkVectorMessage {
  const count = (data.length - HEADER) / 2
  if (data[0] !== DATAGRAM_LANDMARK_VECTOR || !Number.isInteger(count) || count < 0 || count > MAX_LANDMARKS) throw new MalformedMessageError('not a landmark vector')
  return { landmarks: new DataView(data.buffer, data.byteOffset, data.length).getUint32(1), trips: unpackRoundTrips(data.subarray(HEADER), count) }
}
