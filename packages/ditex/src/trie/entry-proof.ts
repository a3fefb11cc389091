import type { LogHead, LogScope, SignedEntry } from '@srwan/interface'
import { headDigest } from '../log/head-digest.ts'
import { leafValue } from './leaf-value.ts'
import { prove, verifyInclusion } from './proof.ts'
import type { HeadDigests } from './leaf-value.ts'
import type { AuthorHeads } from './head-tries.ts'
import type { TrieProof } from './proof.ts'
import type { Trie } from './trie.ts'

/** That a log ended with this head when the root of its epoch was made. */
export interface HeadProof {
  readonly head: LogHead
  /** Digests of the author's three logs; the one of `head.scope` follows from the head and is not believed. */
  readonly digests: HeadDigests
  /** Of the author in that epoch, 32 octets. */
  readonly position: Uint8Array
  readonly trie: TrieProof
}

/** That an entry is part of what the root of its epoch commits to. */
export interface EntryProof {
  readonly head: HeadProof
  /** The encoded entries that follow it in its log, up to the head: each names the hash of the one before. */
  readonly chain: readonly Uint8Array[]
}

/**
 * Proof of a head, from the trie of its epoch.
 *
 * @returns `undefined` where the trie has no such log
 */
export function proveHead(trie: Trie<AuthorHeads>, position: Uint8Array, scope: LogScope): HeadProof | undefined {
  const heads = trie.get(position)?.item.heads
  const head = heads?.[scope]
  if (heads === undefined || head === undefined) return undefined
  const digests = { global: headDigest(heads.global), group: headDigest(heads.group), evidence: headDigest(heads.evidence) }
  return { head, digests, position, trie: prove(trie, position) }
}

/** Does the root commit to this head? A function of its arguments alone: no store, no network. */
export function verifyHeadProof(root: Uint8Array, { head, digests, position, trie }: HeadProof): boolean {
  try {
    const value = leafValue(head.author, { ...digests, [head.scope]: headDigest(head) })
    return verifyInclusion(root, { position, value }, trie)
  } catch {
    // An author that is no peer id, a number out of its range.
    return false
  }
}

/**
 * Does the root commit to this entry? A function of its arguments alone. That the entry's own signature holds is for whoever decoded it to check.
 *
 * @param decode - reads an encoded entry, and throws where it is none or its signature does not hold
 */
export function verifyEntryProof(root: Uint8Array, entry: SignedEntry, proof: EntryProof, decode: (encoded: Uint8Array) => SignedEntry): boolean {
  const { head } = proof.head
  if (head.forkedAt !== undefined && entry.entry.seq >= head.forkedAt) return false
  if (proof.chain.length !== head.seq - entry.entry.seq) return false
  let last = entry
  try {
    for (const encoded of proof.chain) {
      const next = decode(encoded)
      if (!follows(last, next)) return false
      last = next
    }
  } catch {
    return false
  }
  return isAt(last, head) && verifyHeadProof(root, proof.head)
}

function follows(last: SignedEntry, next: SignedEntry): boolean {
  return next.entry.seq === last.entry.seq + 1 && next.entry.prev !== undefined && Buffer.compare(next.entry.prev, last.hash) === 0
}

function isAt({ author, incarnation, entry, hash }: SignedEntry, head: LogHead): boolean {
  const samePlace = author === head.author && entry.scope === head.scope && entry.epoch === head.epoch && incarnation === head.incarnation
  return samePlace && entry.seq === head.seq && Buffer.compare(hash, head.hash) === 0
}
