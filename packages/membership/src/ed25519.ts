import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { MalformedMessageError, peerIdText } from '@srwan/interface'
import { ED25519_SPKI_HEAD } from '@srwan/wire'
import type { KeyObject } from 'node:crypto'
import type { Ed25519PrivateKey, Ed25519PublicKey, PeerId } from '@libp2p/interface'
import type { PeerIdText } from '@srwan/interface'

export { KEY_LENGTH, verifyWith } from '@srwan/wire'

/** PKCS #8 head of a raw Ed25519 seed (RFC 8410, section 7). */
const PRIVATE_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/** An Ed25519 key pair as node:crypto wants it, with the raw public key. */
export interface KeyPair {
  readonly seed: Uint8Array
  readonly publicKey: Uint8Array
  readonly signer: KeyObject
}

/** @param seed - 32 octets of good randomness */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  const signer = createPrivateKey({ key: Buffer.concat([PRIVATE_HEAD, seed]), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(signer).export({ format: 'der', type: 'spki' })
  return { seed: Uint8Array.from(seed), publicKey: Uint8Array.from(spki.subarray(ED25519_SPKI_HEAD.length)), signer }
}

export function signWith(pair: KeyPair, data: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(null, data, pair.signer))
}

/** The libp2p key of a pair: raw form = seed ‖ public key. */
export function libp2pPrivateKey(pair: KeyPair): Ed25519PrivateKey {
  return privateKeyFromRaw(Buffer.concat([pair.seed, pair.publicKey])) as Ed25519PrivateKey
}

/** @param publicKey - raw, 32 octets */
export function peerIdOfKey(publicKey: Uint8Array): PeerIdText {
  return peerIdText(peerIdFromPublicKey(publicKeyFromRaw(publicKey) as Ed25519PublicKey).toString())
}

/**
 * The raw Ed25519 public key inside a peer id.
 *
 * @throws MalformedMessageError where the text is no peer id or carries another kind of key
 */
export function keyOfPeerId(peerId: string): Uint8Array {
  return parsePeerId(peerId).publicKey
}

/** The peer id as libp2p takes it. @throws MalformedMessageError */
export function libp2pPeerId(peerId: PeerIdText): PeerId {
  parsePeerId(peerId)
  return peerIdFromString(peerId)
}

/** @returns the multihash octets and the raw key of a peer id · @throws MalformedMessageError */
export function parsePeerId(peerId: string): { readonly multihash: Uint8Array; readonly publicKey: Uint8Array } {
  // 52 characters are what an Ed25519 peer id has; base58 decoding is quadratic, so longer text is not even tried.
  if (peerId.length > 64) throw new MalformedMessageError('not the peer id of an Ed25519 key')
  try {
    const parsed = peerIdFromString(peerId)
    if (parsed.type === 'Ed25519' && parsed.toString() === peerId) {
      return { multihash: Uint8Array.from(parsed.toMultihash().bytes), publicKey: Uint8Array.from(parsed.publicKey.raw) }
    }
  } catch (cause) {
    throw new MalformedMessageError('not a peer id', { cause })
  }
  throw new MalformedMessageError('not the peer id of an Ed25519 key')
}
