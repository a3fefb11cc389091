import { hash } from 'node:crypto'
import { base58btc } from 'multiformats/bases/base58'
import type { LogHead, LogScope, PeerIdText } from '@srwan/interface'
import { HASH_LENGTH } from './merkle-hash.ts'

const HEAD_DOMAIN = Buffer.from('srwan-head')
const LEAF_DOMAIN = Buffer.from('srwan-leaf')
const NO_FORK = 0xffff
const SID_LENGTH = 8
/** Digest of a log that is not there. */
export const NO_HEAD: Uint8Array = new Uint8Array(HASH_LENGTH)

/** Digests of the three logs of one author in one epoch. */
export type HeadDigests = Readonly<Record<LogScope, Uint8Array>>

/** What a head says, as 32 octets; zeros where there is no log. */
export function headDigest(head: Pick<LogHead, 'incarnation' | 'seq' | 'hash' | 'forkedAt'> | undefined): Uint8Array {
  if (head === undefined) return NO_HEAD
  const octets = Buffer.alloc(HEAD_DOMAIN.length + 5 + HASH_LENGTH)
  HEAD_DOMAIN.copy(octets)
  let at = octets.writeUInt8(head.incarnation, HEAD_DOMAIN.length)
  at = octets.writeUInt16BE(head.seq + 1, at)
  octets.set(head.hash, at)
  octets.writeUInt16BE(head.forkedAt ?? NO_FORK, at + HASH_LENGTH)
  return Uint8Array.from(hash('sha256', octets, 'buffer'))
}

/** First 64 bits of SHA-256(peer id), as octets. */
export function sidOctets(author: PeerIdText): Uint8Array {
  return Uint8Array.from(hash('sha256', base58btc.decode(`z${author}`), 'buffer').subarray(0, SID_LENGTH))
}

/** What stands at an author's position in the trie of an epoch, 32 octets. */
export function leafValue(author: PeerIdText, digests: HeadDigests): Uint8Array {
  const octets = Buffer.concat([LEAF_DOMAIN, sidOctets(author), digests.global, digests.group, digests.evidence])
  return Uint8Array.from(hash('sha256', octets, 'buffer'))
}
