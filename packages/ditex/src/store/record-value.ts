import { crc32 } from 'node:zlib'
import { HASH_LENGTH, MARK_LENGTH } from '../entry/bounds.ts'
import { parseEpochKey } from './store-keys.ts'
import type { PutEntry, StoredRecord } from './entry-store.ts'

/** Octets of the checksum: a record that was damaged on disk shows by itself, at a tenth of what hashing it again would cost a start. */
const CHECKSUM_LENGTH = 4
/** Octets of a record before the encoded entry. */
export const RECORD_HEAD = CHECKSUM_LENGTH + HASH_LENGTH + MARK_LENGTH

/** `CRC-32 of what follows 32 ‖ hash 256 ‖ mark 32 ‖ encoded entry`. */
export function entryValue({ hash, mark, encoded }: Pick<PutEntry, 'hash' | 'mark' | 'encoded'>): Uint8Array {
  const value = Buffer.allocUnsafe(RECORD_HEAD + encoded.length)
  value.set(hash, CHECKSUM_LENGTH)
  value.set(mark, CHECKSUM_LENGTH + HASH_LENGTH)
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
  const hash = new Uint8Array(buffer, byteOffset + CHECKSUM_LENGTH, HASH_LENGTH)
  const mark = new Uint8Array(buffer, byteOffset + CHECKSUM_LENGTH + HASH_LENGTH, MARK_LENGTH)
  return { type: 'entry', place: named.place, intact, hash, mark, encoded: Buffer.from(buffer, byteOffset + RECORD_HEAD, length - RECORD_HEAD) }
}
