import { randomBytes } from 'node:crypto'
import { KEY_LENGTH, keyOfPeerId, keyPairFromSeed, libp2pPrivateKey, peerIdOfKey, signWith, verifyWith } from './ed25519.ts'
import { loadKeyFile, saveKeyFile } from './key-file.ts'
import { overlayAddressOf, sidOf } from './overlay-address.ts'
import type { KeyPair } from './ed25519.ts'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { OverlayAddress, PeerIdText, Random, Sid, Signer, VerifySignature } from '@srwan/interface'

/** The one Ed25519 key that is the node; everything else of its name follows from it. */
export interface Identity extends Signer {
  readonly peerId: PeerIdText
  readonly sid: Sid
  readonly overlayAddress: OverlayAddress
  /** Raw Ed25519 public key, 32 octets. */
  readonly publicKey: Uint8Array
  /** For libp2p's Noise handshake. */
  readonly privateKey: Ed25519PrivateKey
}

const pairs = new WeakMap<Identity, KeyPair>()

function identityOf(pair: KeyPair): Identity {
  const peerId = peerIdOfKey(pair.publicKey)
  const identity: Identity = {
    peerId,
    sid: sidOf(peerId),
    overlayAddress: overlayAddressOf(peerId),
    publicKey: pair.publicKey,
    privateKey: libp2pPrivateKey(pair),
    sign: (data) => Promise.resolve(signWith(pair, data))
  }
  pairs.set(identity, pair)
  return identity
}

/**
 * Draws a new identity.
 *
 * @param random - for tests and simulations only @default the operating system's generator
 */
export function createIdentity(random?: Random): Identity {
  return identityOf(keyPairFromSeed(random?.bytes(KEY_LENGTH) ?? randomBytes(KEY_LENGTH)))
}

/**
 * Reads an identity that {@link saveIdentity} wrote.
 *
 * @throws InvalidInputError where the file is missing, may be read by others, or is damaged
 */
export async function loadIdentity(file: string): Promise<Identity> {
  return identityOf(keyPairFromSeed(await loadKeyFile(file, 'srwan-identity')))
}

/**
 * Writes the identity with mode 0600; never overwrites.
 *
 * @throws InvalidInputError where the file exists or cannot be written, UnavailableResourceError where the disk is full
 */
export async function saveIdentity(file: string, identity: Identity): Promise<void> {
  const pair = pairs.get(identity)
  if (pair === undefined) throw new TypeError('not an identity of this package')
  await saveKeyFile(file, 'srwan-identity', pair.seed)
}

/** {@link VerifySignature} by the Ed25519 key inside the peer id. */
export const verifySignature: VerifySignature = (peerId, data, signature) => {
  try {
    return Promise.resolve(verifyWith(keyOfPeerId(peerId), data, signature))
  } catch {
    return Promise.resolve(false)
  }
}
