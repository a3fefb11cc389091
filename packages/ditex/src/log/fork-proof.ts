import { verifyWith } from '@srwan/wire'
import { authorOfKey } from '../entry/author-name.ts'
import { ENTRY_HEAD, MAX_ENCODED_ENTRY } from '../entry/bounds.ts'
import { hashOfEncoded, parseEntry, signedOctetsOf } from '../entry/parsed-entry.ts'
import type { ForkProof } from '@srwan/interface'
import type { ParsedEntry } from '../entry/parsed-entry.ts'
import type { VerifyByKey } from '../replica/replica.ts'

/** Octets of the length of the first claim. */
const LENGTH = 2
/** Largest encoded fork proof. */
export const MAX_FORK_PROOF = LENGTH + 2 * MAX_ENCODED_ENTRY

/** An entry and its hash: claims its own hash for its position, and `prev` for the one before. */
export interface Claimant {
  readonly parsed: ParsedEntry
  readonly hash: Uint8Array
}

/** Least position about which two entries of one log claim different hashes; `undefined` where they agree. */
export function conflictOf(one: Claimant, other: Claimant): number | undefined {
  const [early, late] = one.parsed.seq <= other.parsed.seq ? [one, other] : [other, one]
  const distance = late.parsed.seq - early.parsed.seq
  if (distance > 1) return undefined
  if (distance === 1) return differ(early.hash, late.parsed.prev) ? early.parsed.seq : undefined
  if (differ(early.parsed.prev, late.parsed.prev)) return early.parsed.seq - 1
  return differ(early.hash, late.hash) ? early.parsed.seq : undefined
}

function differ(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) !== 0
}

/** The proof that two conflicting entries are; the one of the lesser hash first, so that one pair gives one proof. */
export function forkProofOf(one: Claimant, other: Claimant, seq: number): ForkProof {
  const { scope, epoch, incarnation, authorKey } = one.parsed
  const [first, second] = Buffer.compare(one.hash, other.hash) < 0 ? [one, other] : [other, one]
  return { place: { scope, epoch, author: authorOfKey(authorKey) }, incarnation, seq, claims: [first.parsed.encoded.slice(), second.parsed.encoded.slice()] }
}

/** `length of the first claim 16 ‖ first claim ‖ second claim`. */
export function encodeForkProof(proof: ForkProof): Uint8Array {
  const [first, second] = proof.claims
  const encoded = new Uint8Array(LENGTH + first.length + second.length)
  new DataView(encoded.buffer).setUint16(0, first.length)
  encoded.set(first, LENGTH)
  encoded.set(second, LENGTH + first.length)
  return encoded
}

/**
 * Takes a proof apart; checks everything but the signatures.
 *
 * @returns `undefined` for what proves nothing
 */
export function parseForkProof(encoded: Uint8Array, network: string): { readonly proof: ForkProof; readonly claimants: readonly [Claimant, Claimant] } | undefined {
  if (encoded.length > MAX_FORK_PROOF || encoded.length < LENGTH + 2 * ENTRY_HEAD) return undefined
  const split = LENGTH + new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength).getUint16(0)
  const one = claimant(encoded.subarray(LENGTH, split), network)
  const other = claimant(encoded.subarray(split), network)
  if (one === undefined || other === undefined || !sameLog(one.parsed, other.parsed)) return undefined
  const seq = conflictOf(one, other)
  return seq === undefined ? undefined : { proof: forkProofOf(one, other, seq), claimants: [one, other] }
}

function claimant(encoded: Uint8Array, network: string): Claimant | undefined {
  const parsed = parseEntry(encoded)
  return parsed === undefined ? undefined : { parsed, hash: hashOfEncoded(network, encoded) }
}

function sameLog(one: ParsedEntry, other: ParsedEntry): boolean {
  return one.scope === other.scope && one.epoch === other.epoch && one.incarnation === other.incarnation && Buffer.compare(one.authorKey, other.authorKey) === 0
}

/** Whether the author signed both claims. */
export function verifyClaims(claimants: readonly Claimant[], network: string, verify: VerifyByKey = verifyWith): boolean {
  return claimants.every(({ parsed }) => verify(parsed.authorKey, signedOctetsOf(network, parsed.authorKey, parsed.incarnation, parsed.bytes), parsed.signature))
}

/**
 * Checks an encoded fork proof; needs no store and no roster.
 *
 * @returns the proof, or `undefined` where it proves nothing
 */
export function verifyForkProof(encoded: Uint8Array, network: string, verify: VerifyByKey = verifyWith): ForkProof | undefined {
  const parsed = parseForkProof(encoded, network)
  return parsed !== undefined && verifyClaims(parsed.claimants, network, verify) ? parsed.proof : undefined
}
