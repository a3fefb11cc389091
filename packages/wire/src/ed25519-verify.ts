import { createPublicKey, verify } from 'node:crypto'
import { isStrict } from './ed25519-strictness.ts'
import { RecentCache } from './recent-cache.ts'
import type { KeyObject } from 'node:crypto'

/** Octets of a raw Ed25519 public key and of a seed. */
export const KEY_LENGTH = 32
/** Octets of an Ed25519 signature. */
export const SIGNATURE_LENGTH = 64
/** Decoded keys kept, so that the authors of a group and of its neighbours are never decoded twice. */
const MAX_CACHED_KEYS = 4096

/** SubjectPublicKeyInfo head of a raw Ed25519 key (RFC 8410, section 4). */
export const ED25519_SPKI_HEAD: Uint8Array = Buffer.from('302a300506032b6570032100', 'hex')

/** Of a key of 32 octets and a signature of 64. */
type Verify = (publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean

const decodedKeys = new RecentCache<string, KeyObject>(MAX_CACHED_KEYS)

function decodeKey(latin1: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([ED25519_SPKI_HEAD, Buffer.from(latin1, 'latin1')]), format: 'der', type: 'spki' })
}

/** By what Node brings along; throws for what is no key. */
export const verifyByNode: Verify = (publicKey, data, signature) => {
  const text = Buffer.from(publicKey.buffer, publicKey.byteOffset, KEY_LENGTH).toString('latin1')
  return verify(null, data, decodedKeys.get(text, decodeKey), signature)
}

/** By libsodium in machine code, which takes half the time; `undefined` where it has no build for this system. */
export const verifyBySodium: Verify | undefined = await import('sodium-native').then(
  ({ default: sodium }) =>
    (publicKey, data, signature) =>
      sodium.crypto_sign_verify_detached(signature, data, publicKey),
  () => undefined
)

const verifyAny = verifyBySodium ?? verifyByNode

/**
 * Checks an Ed25519 signature by a raw public key: RFC 8032 without the cofactor, and {@link isStrict}, so that every machine decides alike.
 *
 * @returns false, never an error, for anything that is not a valid signature
 */
export function verifyWith(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_LENGTH || signature.length !== SIGNATURE_LENGTH || !isStrict(publicKey, signature)) return false
  try {
    return verifyAny(publicKey, data, signature)
  } catch {
    return false
  }
}
