import { MalformedMessageError, ms, sid } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'

/** Octets of a SID. */
export const SID_LENGTH = 8
/** A round trip on the wire: units of 50 µs in 16 bits, up to 3.27 s; 0xffff = not measured. */
export const ROUND_TRIP_UNIT = ms(0.05)
const UNKNOWN = 0xffff
const HEX = 16

/** @param sids - in order */
export function packSids(sids: readonly Sid[]): Uint8Array {
  return Uint8Array.from(Buffer.from(sids.join(''), 'hex'))
}

/** @throws MalformedMessageError where the octets are not at most `max` whole SIDs, strictly ascending */
export function unpackSids(octets: Uint8Array, max: number): readonly Sid[] {
  if (octets.length % SID_LENGTH !== 0 || octets.length > max * SID_LENGTH) throw new MalformedMessageError('list of SIDs')
  const text = Buffer.from(octets).toString('hex')
  const sids = Array.from({ length: octets.length / SID_LENGTH }, (_, index) => sid(text.slice(index * HEX, (index + 1) * HEX)))
  if (sids.some((value, index) => index > 0 && value <= (sids[index - 1] as Sid))) throw new MalformedMessageError('SIDs out of order')
  return sids
}

/** Round trips in order; what does not fit is not measured. */
export function packRoundTrips(trips: readonly (Milliseconds | undefined)[]): Uint8Array {
  const octets = new Uint8Array(2 * trips.length)
  const view = new DataView(octets.buffer)
  trips.forEach((trip, index) => {
    const units = trip === undefined ? UNKNOWN : Math.round(trip / ROUND_TRIP_UNIT)
    view.setUint16(2 * index, units >= 0 && units < UNKNOWN ? units : UNKNOWN)
  })
  return octets
}

/** @throws MalformedMessageError where the octets are not exactly `count` round trips */
export function unpackRoundTrips(octets: Uint8Array, count: number): readonly (Milliseconds | undefined)[] {
  if (octets.length !== 2 * count) throw new MalformedMessageError('number of round trips')
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  return Array.from({ length: count }, (_, index) => {
    const units = view.getUint16(2 * index)
    return units === UNKNOWN ? undefined : ms(units * ROUND_TRIP_UNIT)
  })
}
