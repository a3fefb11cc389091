import { hash } from 'node:crypto'

/** Octets of a hash, of a position and of a value. */
export const HASH_LENGTH = 32
/** Depth of the trie: bits of a position. */
export const POSITION_BITS = 256
/** Root of a trie without leaves. */
export const EMPTY_ROOT: Uint8Array = new Uint8Array(HASH_LENGTH)
/** The same as the tries keep it: hashes inside are strings of 32 Latin-1 characters, which take a quarter of the memory of arrays. */
export const EMPTY_HASH = '\0'.repeat(HASH_LENGTH)

const LEAF_TAG = 0
const NODE_TAG = 1
/** Filled and hashed within one synchronous call. */
const scratch = Buffer.alloc(1 + 2 * HASH_LENGTH)

/** SHA-256(00 ‖ position ‖ value). */
export function leafHash(position: Uint8Array, value: string): string {
  scratch[0] = LEAF_TAG
  scratch.set(position, 1)
  scratch.write(value, 1 + HASH_LENGTH, 'latin1')
  return hash('sha256', scratch, 'binary')
}

/** SHA-256(01 ‖ left ‖ right). */
export function nodeHash(left: string, right: string): string {
  scratch[0] = NODE_TAG
  scratch.write(left, 1, 'latin1')
  scratch.write(right, 1 + HASH_LENGTH, 'latin1')
  return hash('sha256', scratch, 'binary')
}

/** Bit `index` of a position, the most significant one first. */
export function bitOf(position: Uint8Array, index: number): 0 | 1 {
  return (((position[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) as 0 | 1
}

/** Do two positions agree in their first `bits` bits? */
export function sharePrefix(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false
  const rest = bits & 7
  return rest === 0 || (((a[whole] ?? 0) ^ (b[whole] ?? 0)) & (0xff << (8 - rest)) & 0xff) === 0
}

export function octetsOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

export function textOf(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1')
}
