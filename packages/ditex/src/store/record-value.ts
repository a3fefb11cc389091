import { crc32 } from 'node:zlib'
import { STAMP_LENGTH } from '../log/log-state.ts'
import { parseEpochKey } from './store-keys.ts'
import type { PutEntry, StoredRecord } from './entry-store.ts'

/** Octets of the checksum: a record that was damaged on disk shows by itself, at a tenth of what hashing it again would cost a start. */
const CHECKSUM_LENGTH = 4
/** Octets of a record before the encoded entry. */
export const RECORD_HEAD = CHECKSUM_LENGTH + STAMP_LENGTH

/** `CRC-32 of what follows 32 ‖ hash 256 ‖ mark 32 ‖ encoded entry`. */
export function entryValue({ stamp, encoded }: Pick<PutEntry, 'stamp' | 'encoded'>): Uint8Array {
  const value = Buffer.allocUnsafe(RECORD_HEAD + encoded.length)
  value.set(stamp, CHECKSUM_LENGTH)
  value.set(encoded, RECORD_HEAD)
  value.writeUInt32BE(crc32(value.subarray(CHECKSUM_LENGTH)), 0)
  return value
}

/** @returns the record under a key, `undefined` for notes; `damaged` where the key is none of ours or the value is too short */
export function recordOf(key: Uint8Array, value: Uint8Array): StoredRecord | 'damaged' | undefined {
  const named = parseEpochKey(key)
  if (named === undefined) return 'damaged'
  if (named.type === 'note') return undefined
  if (named.type === 'fork') return { ...named, proof: value }
  if (value.length <= RECORD_HEAD) return 'damaged'
  const { buffer, byteOffset, length } = value
  const checksum = ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0
  const intact = crc32(new Uint8Array(buffer, byteOffset + CHECKSUM_LENGTH, length - CHECKSUM_LENGTH)) === checksum
  const stamp = new Uint8Array(buffer, byteOffset + CHECKSUM_LENGTH, STAMP_LENGTH)
  return { type: 'entry', place: named.place, intact, stamp, encoded: Buffer.from(buffer, byteOffset + RECORD_HEAD, length - RECORD_HEAD) }
}
