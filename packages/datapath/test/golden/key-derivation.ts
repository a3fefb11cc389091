import { createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { fromHex, uint } from './octets.ts'

// RFC 8410: what stands in front of the 32 octets of an X25519 key in DER.
const PRIVATE_PREFIX = fromHex('302e020100300506032b656e04220420')
const PUBLIC_PREFIX = fromHex('302a300506032b656e032100')

export const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer => {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}

const ascii = (text: string): Buffer => Buffer.from(text, 'ascii')

/** HKDF-Expand of RFC 5869, step by step: node's own always extracts first. */
export function expand(prk: Uint8Array, info: Uint8Array, octets: number): Buffer {
  const blocks: Buffer[] = []
  let block: Buffer = Buffer.alloc(0)
  for (let i = 1; blocks.length * 32 < octets; i++) {
    block = hmac(prk, block, info, uint(i, 1))
    blocks.push(block)
  }
  return Buffer.concat(blocks).subarray(0, octets)
}

const privateKeyOf = (octets: Uint8Array): KeyObject => createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, octets]), format: 'der', type: 'pkcs8' })

export const publicOf = (privateKey: Uint8Array): Buffer => createPublicKey(privateKeyOf(privateKey)).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_PREFIX.length)

export const x25519 = (privateKey: Uint8Array, publicKey: Uint8Array): Buffer =>
  diffieHellman({
    privateKey: privateKeyOf(privateKey),
    publicKey: createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, publicKey]), format: 'der', type: 'spki' })
  })

export interface PairKeys {
  readonly ofOwn: Buffer
  readonly ofPeer: Buffer
  readonly root: Buffer
}

export function pairKeys(networkId: string, privateKey: Uint8Array, peer: Uint8Array): PairKeys {
  const own = publicOf(privateKey)
  const prk = hmac(sha256(ascii('srwan-pair'), ascii(networkId)), x25519(privateKey, peer))
  const ownIsLo = Buffer.compare(own, peer) < 0
  const loHi = ownIsLo ? [own, peer] : [peer, own]
  const key = (senderIsLo: boolean): Buffer => expand(prk, Buffer.concat([ascii('srwan pair key'), ...loHi, uint(senderIsLo ? 0 : 1, 1)]), 32)
  return { ofOwn: key(ownIsLo), ofPeer: key(!ownIsLo), root: expand(prk, Buffer.concat([ascii('srwan pair root'), ...loHi]), 32) }
}

export const hopRoot = (pairRoot: Uint8Array, session: number, direction: number): Buffer =>
  expand(pairRoot, Buffer.concat([ascii('srwan hop root'), uint(session, 4), uint(direction, 1)]), 32)

export const hopKey = (root: Uint8Array, epoch: number): Buffer => expand(root, Buffer.concat([ascii('srwan hop key'), uint(epoch, 4)]), 16)

export const ratchet = (chainKey: Uint8Array): Buffer => expand(chainKey, ascii('srwan ratchet'), 32)
export const dataKey = (chainKey: Uint8Array): Buffer => expand(chainKey, ascii('srwan data key'), 32)

/** The suites that may seal data, by their numbers in handshakes. */
export type SuiteNumber = 1 | 2
const CIPHERS = { 1: 'aes-256-gcm', 2: 'chacha20-poly1305' } as const
const TAG = { authTagLength: 16 }
/** Both ciphers have one interface; the type that node declares for it carries GCM's name. */
const cipherName = (suite: SuiteNumber): 'aes-256-gcm' => CIPHERS[suite] as 'aes-256-gcm'

/** Seals and opens with nonce 0³² ‖ `nonce` (8 octets). */
interface Aead {
  /** @returns ciphertext ‖ tag */
  readonly seal: (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array) => Buffer
  /** @throws Error where it does not authenticate */
  readonly open: (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array) => Buffer
}

export const aead = (suite: SuiteNumber): Aead => ({
  seal: (key, nonce, additionalData, plaintext) => {
    const cipher = createCipheriv(cipherName(suite), key, Buffer.concat([Buffer.alloc(4), nonce]), TAG)
    cipher.setAAD(additionalData)
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  },
  open: (key, nonce, additionalData, sealed) => {
    const decipher = createDecipheriv(cipherName(suite), key, Buffer.concat([Buffer.alloc(4), nonce]), TAG)
    decipher.setAAD(additionalData)
    decipher.setAuthTag(sealed.subarray(-16))
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  }
})

/** AES-256-GCM: of handshakes and pair-keyed packets always. */
export const { seal, open } = aead(1)
