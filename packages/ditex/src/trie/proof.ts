import { MalformedMessageError } from '@srwan/interface'
import { EMPTY_HASH, HASH_LENGTH, POSITION_BITS, bitOf, leafHash, nodeHash, octetsOf, sharePrefix, textOf } from './merkle-hash.ts'
import { childOf, hashOfSubtree, onlyLeaf } from './trie.ts'
import type { Trie } from './trie.ts'

/** The way from the root of a trie to a position: enough to compute the root again. */
export interface TrieProof {
  /** Hashes beside the way, the root's child first; at most 256. */
  readonly siblings: readonly Uint8Array[]
  /** Absence only: the leaf that is where the position would be. Without it, nothing is there. */
  readonly other?: { readonly position: Uint8Array; readonly value: Uint8Array }
}

/** Proof of what a trie holds at a position: of its leaf, or that there is none. */
export function prove<T>(trie: Trie<T>, position: Uint8Array): TrieProof {
  const siblings: Uint8Array[] = []
  let at = trie.node
  for (let depth = 0; at !== undefined && onlyLeaf(at) === undefined; depth++) {
    const bit = bitOf(position, depth)
    siblings.push(octetsOf(hashOfSubtree(childOf(at, depth, bit === 0 ? 1 : 0))))
    at = childOf(at, depth, bit)
  }
  const leaf = onlyLeaf(at)
  if (leaf === undefined || Buffer.compare(leaf.position, position) === 0) return { siblings }
  return { siblings, other: { position: leaf.position, value: octetsOf(leaf.value) } }
}

/**
 * The root that a proof leads to: equal to the trie's where what it says is true.
 *
 * @param position - 32 octets
 * @param value - 32 octets: what stands at the position; `undefined`: nothing does
 * @returns 32 octets; `undefined` where the proof cannot be one of this statement
 */
export function rootFromProof(position: Uint8Array, value: Uint8Array | undefined, proof: TrieProof): Uint8Array | undefined {
  const bottom = bottomHash(position, value, proof)
  if (bottom === undefined || proof.siblings.length > POSITION_BITS) return undefined
  let hash = bottom
  for (let depth = proof.siblings.length - 1; depth >= 0; depth--) {
    const sibling = textOf(proof.siblings[depth] ?? new Uint8Array())
    if (sibling.length !== HASH_LENGTH) return undefined
    hash = bitOf(position, depth) === 0 ? nodeHash(hash, sibling) : nodeHash(sibling, hash)
  }
  return octetsOf(hash)
}

function bottomHash(position: Uint8Array, value: Uint8Array | undefined, { siblings, other }: TrieProof): string | undefined {
  if (position.length !== HASH_LENGTH) return undefined
  if (value !== undefined) return value.length === HASH_LENGTH && other === undefined ? leafHash(position, textOf(value)) : undefined
  if (other === undefined) return EMPTY_HASH
  const usable = other.position.length === HASH_LENGTH && other.value.length === HASH_LENGTH && sharePrefix(position, other.position, siblings.length)
  // The position's own leaf would be a proof of presence.
  return usable && Buffer.compare(position, other.position) !== 0 ? leafHash(other.position, textOf(other.value)) : undefined
}

/** Does a trie of this root hold this value at this position? A function of its arguments alone. */
export function verifyInclusion(root: Uint8Array, leaf: { readonly position: Uint8Array; readonly value: Uint8Array }, proof: TrieProof): boolean {
  const computed = rootFromProof(leaf.position, leaf.value, proof)
  return computed !== undefined && Buffer.compare(computed, root) === 0
}

/** Does a trie of this root hold nothing at this position? A function of its arguments alone. */
export function verifyAbsence(root: Uint8Array, position: Uint8Array, proof: TrieProof): boolean {
  const computed = rootFromProof(position, undefined, proof)
  return computed !== undefined && Buffer.compare(computed, root) === 0
}

/** `count 16 ‖ bit per sibling: is it other than zeros ‖ those siblings ‖ 0, or 1 ‖ position ‖ value of the other leaf`. */
export function encodeTrieProof({ siblings, other }: TrieProof): Uint8Array {
  const head = Buffer.alloc(2 + Math.ceil(siblings.length / 8))
  head.writeUInt16BE(siblings.length)
  const full: Uint8Array[] = []
  for (const [i, sibling] of siblings.entries()) {
    if (sibling.every((octet) => octet === 0)) continue
    head[2 + (i >> 3)] = (head[2 + (i >> 3)] ?? 0) | (0x80 >> (i & 7))
    full.push(sibling)
  }
  const tail = other === undefined ? [Uint8Array.of(0)] : [Uint8Array.of(1), other.position, other.value]
  return Uint8Array.from(Buffer.concat([head, ...full, ...tail]))
}

/** @throws MalformedMessageError where the octets are not exactly one proof */
export function decodeTrieProof(octets: Uint8Array): TrieProof {
  const data = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  if (data.length < 3) throw new MalformedMessageError('a proof is cut off')
  const count = data.readUInt16BE(0)
  if (count > POSITION_BITS) throw new MalformedMessageError('a proof is longer than a position')
  let at = 2 + Math.ceil(count / 8)
  const next = (): Uint8Array => {
    const part = data.subarray(at, at + HASH_LENGTH)
    if (part.length !== HASH_LENGTH) throw new MalformedMessageError('a proof is cut off')
    at += HASH_LENGTH
    return Uint8Array.from(part)
  }
  const siblings = Array.from({ length: count }, (_, i) => (bitOf(data.subarray(2), i) === 1 ? next() : new Uint8Array(HASH_LENGTH)))
  const tag = data[at++]
  const other = tag === 1 ? { position: next(), value: next() } : undefined
  if (tag === undefined || tag > 1 || at !== data.length) throw new MalformedMessageError('what follows the siblings of a proof is none of it')
  const proof = other === undefined ? { siblings } : { siblings, other }
  // One statement, one form: neither bits of nobody nor a sibling of zeros written out.
  if (!data.equals(encodeTrieProof(proof))) throw new MalformedMessageError('a proof is not written as it should be')
  return proof
}
