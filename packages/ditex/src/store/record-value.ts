import { parseEpochKey } from './store-keys.ts'
import type { StoredRecord } from './entry-store.ts'

/** Octets of an entry's hash before it in its record: a record that was damaged on disk shows by itself. */
export const CHECK_LENGTH = 8

/** `first 64 bits of the hash ‖ encoded entry`. */
export function entryValue(hash: Uint8Array, encoded: Uint8Array): Uint8Array {
  const value = new Uint8Array(CHECK_LENGTH + encoded.length)
  value.set(hash.subarray(0, CHECK_LENGTH), 0)
  value.set(encoded, CHECK_LENGTH)
  return value
}

/** @returns the record under a key, `undefined` for notes; `damaged` where the key is none of ours or the value is too short */
export function recordOf(key: Uint8Array, value: Uint8Array): StoredRecord | 'damaged' | undefined {
  const named = parseEpochKey(key)
  if (named === undefined) return 'damaged'
  if (named.type === 'note') return undefined
  if (named.type === 'fork') return { ...named, proof: value }
  return value.length <= CHECK_LENGTH ? 'damaged' : { ...named, check: view(value, 0, CHECK_LENGTH), encoded: view(value, CHECK_LENGTH, value.length) }
}

/** A view of a plain array type: a million are made at a start, and those of Buffer cost twice as much. */
function view(octets: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset + from, to - from)
}
