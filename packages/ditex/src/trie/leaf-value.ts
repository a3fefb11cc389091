import { hash } from 'node:crypto'
import { keyOfAuthor } from '../entry/author-name.ts'
import type { LogScope, PeerIdText } from '@srwan/interface'

const LEAF_DOMAIN = Buffer.from('srwan-leaf')
/** libp2p's identity multihash of an Ed25519 key; see packages/spec/protocol/identity.md. */
const PEER_ID_HEAD = Buffer.from('002408011220', 'hex')
const SID_LENGTH = 8

/** Digests of the three logs of one author in one epoch. */
export type HeadDigests = Readonly<Record<LogScope, Uint8Array>>

/** First 64 bits of SHA-256(peer id), as octets. @throws MalformedMessageError where the text is no peer id */
export function sidOctets(author: PeerIdText): Uint8Array {
  return hash('sha256', Buffer.concat([PEER_ID_HEAD, keyOfAuthor(author)]), 'buffer').subarray(0, SID_LENGTH)
}

/** What stands at an author's position in the trie of an epoch, 32 octets. @throws MalformedMessageError where the author is no peer id */
export function leafValue(author: PeerIdText, digests: HeadDigests): Uint8Array {
  return hash('sha256', Buffer.concat([LEAF_DOMAIN, sidOctets(author), digests.global, digests.group, digests.evidence]), 'buffer')
}
