import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { privateKeyFromRaw, publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey, peerIdFromString } from '@libp2p/peer-id'
import { MalformedMessageError, peerIdText } from '@srwan/interface'
import type { KeyObject } from 'node:crypto'
import type { Ed25519PrivateKey, Ed25519PublicKey } from '@libp2p/interface'
import type { PeerIdText } from '@srwan/interface'

/** Octets of a seed and of a raw public key. */
export const KEY_LENGTH = 32
/** Decoded keys kept: more than a full group has, so that verifying a pulse never decodes a key again. */
const MAX_CACHED_KEYS = 256

/** PKCS #8 and SubjectPublicKeyInfo heads of a raw Ed25519 key (RFC 8410, section 7 and 4). */
const PRIVATE_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const PUBLIC_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

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
  return { seed: Uint8Array.from(seed), publicKey: Uint8Array.from(spki.subarray(PUBLIC_HEAD.length)), signer }
}

export function signWith(pair: KeyPair, data: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(null, data, pair.signer))
}

const decodedKeys = new Map<string, KeyObject>()

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const cacheKey = Buffer.from(publicKey).toString('latin1')
  const known = decodedKeys.get(cacheKey)
  if (known !== undefined) return known
  const decoded = createPublicKey({ key: Buffer.concat([PUBLIC_HEAD, publicKey]), format: 'der', type: 'spki' })
  if (decodedKeys.size >= MAX_CACHED_KEYS) decodedKeys.clear()
  decodedKeys.set(cacheKey, decoded)
  return decoded
}

/** @returns false, never an error, for anything that is not a valid signature */
export function verifyWith(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_LENGTH || signature.length !== 64) return false
  try {
    return verify(null, data, publicKeyObject(publicKey), signature)
  } catch {
    return false
  }
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
