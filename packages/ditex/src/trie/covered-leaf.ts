import { MalformedMessageError } from '@srwan/interface'
import { authorOfKey, keyOfAuthor } from '../entry/author-name.ts'
import { headDigest } from '../log/head-digest.ts'
import { leafValue } from './leaf-value.ts'
import { HASH_LENGTH, POSITION_BITS } from './merkle-hash.ts'
import { decodeTrieProof, verifyAbsence, verifyInclusion } from './proof.ts'
import { SCOPES } from './shard.ts'
import type { LogHead, LogScope, PeerIdText } from '@srwan/interface'
import type { OctetReader, OctetWriter } from '../sync/octets.ts'

const NOT_FORKED = 0xffff
/** Octets that the heads of one author take at most. */
export const HEADS_ROOM = 1 + SCOPES.length * (1 + 2 + HASH_LENGTH + 2)
/** Octets of a proof at most: 256 siblings and another leaf. */
const MAX_PROOF = 2 + POSITION_BITS / 8 + POSITION_BITS * HASH_LENGTH + 1 + 2 * HASH_LENGTH

/** Heads of one author's logs in one epoch. */
export type CoveredHeads = Partial<Readonly<Record<LogScope, LogHead>>>

/** What the anchored root of an epoch covers of an author that has written into the epoch since, with the proof of it. */
export interface CoveredLeaf {
  readonly epoch: number
  readonly author: PeerIdText
  /** None where nothing of the author is covered. */
  readonly heads: CoveredHeads
  /** Inclusion of the leaf, or absence. */
  readonly proof: Uint8Array
}

/** Does the root cover just this of the author? A function of its arguments alone. @param position - of the author in the epoch's trie */
export function isCovered(root: Uint8Array, position: Uint8Array, { author, heads, proof }: CoveredLeaf): boolean {
  try {
    const decoded = decodeTrieProof(proof)
    if (Object.keys(heads).length === 0) return verifyAbsence(root, position, decoded)
    const value = leafValue(author, { global: headDigest(heads.global), group: headDigest(heads.group), evidence: headDigest(heads.evidence) })
    return verifyInclusion(root, { position, value }, decoded)
  } catch {
    return false
  }
}

/** Octets that a covered leaf takes at most. */
export function roomForCoveredLeaf({ proof }: CoveredLeaf): number {
  return 4 + 32 + HEADS_ROOM + 2 + proof.length
}

/** Bit i for scope i: those of which the author has something. */
export function scopeBits(heads: Partial<Readonly<Record<LogScope, unknown>>>): number {
  return SCOPES.reduce((bits, scope, i) => (heads[scope] === undefined ? bits : bits | (1 << i)), 0)
}

/** `scopes 8 ‖ (incarnation 8 ‖ entries 16 ‖ hash 256 ‖ position of the fork 16) each`. */
export function writeHeads(out: OctetWriter, heads: CoveredHeads): void {
  out.uint(scopeBits(heads), 1)
  for (const scope of SCOPES) {
    const head = heads[scope]
    if (head !== undefined)
      out
        .uint(head.incarnation, 1)
        .uint(head.seq + 1, 2)
        .octets(head.hash)
        .uint(head.forkedAt ?? NOT_FORKED, 2)
  }
}

/** @throws MalformedMessageError where they are cut off, or of a scope that is none */
export function readHeads(from: OctetReader, author: PeerIdText, epoch: number): CoveredHeads {
  const present = from.uint(1)
  if (present >> SCOPES.length !== 0) throw new MalformedMessageError('no such scope')
  const heads: Partial<Record<LogScope, LogHead>> = {}
  for (const [i, scope] of SCOPES.entries()) {
    if (((present >> i) & 1) === 0) continue
    const [incarnation, length, hash, forkedAt] = [from.uint(1), from.uint(2), from.octets(HASH_LENGTH), from.uint(2)]
    heads[scope] = { scope, epoch, author, incarnation, seq: length - 1, hash, ...(forkedAt === NOT_FORKED ? {} : { forkedAt }) }
  }
  return heads
}

/** `epoch 32 ‖ author 256 ‖ heads ‖ length 16 ‖ proof`. */
export function writeCoveredLeaf(out: OctetWriter, { epoch, author, heads, proof }: CoveredLeaf): void {
  out.uint(epoch, 4).octets(keyOfAuthor(author))
  writeHeads(out, heads)
  out.uint(proof.length, 2).octets(proof)
}

/** @throws MalformedMessageError where it is cut off or too long; the proof is not looked at */
export function readCoveredLeaf(from: OctetReader): CoveredLeaf {
  const epoch = from.uint(4)
  const author = authorOfKey(from.octets(32))
  const heads = readHeads(from, author, epoch)
  const length = from.uint(2)
  if (length > MAX_PROOF) throw new MalformedMessageError('a proof is too long')
  return { epoch, author, heads, proof: from.octets(length) }
}
