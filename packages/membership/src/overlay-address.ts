import { createHash } from 'node:crypto'
import { overlayAddress, sid } from '@srwan/interface'
import { parsePeerId } from './ed25519.ts'
import type { OverlayAddress, PeerIdText, Sid } from '@srwan/interface'

/** Every overlay address lies in it: 32 bits, the rest is the first 96 bits of the digest. */
export const OVERLAY_PREFIX = 'fd53:5257::/32'

/**
 * SHA-256 over the multihash octets of the peer id.
 *
 * @throws MalformedMessageError where the text is no peer id of an Ed25519 key
 */
export function peerDigest(peerId: PeerIdText): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(parsePeerId(peerId).multihash).digest())
}

/** First 64 bits of {@link peerDigest}. */
export function sidOf(peerId: PeerIdText): Sid {
  return sid(Buffer.from(peerDigest(peerId)).subarray(0, 8).toString('hex'))
}

/** `fd53:5257::/32` and the first 96 bits of {@link peerDigest}, in RFC 5952 form. */
export function overlayAddressOf(peerId: PeerIdText): OverlayAddress {
  const octets = Buffer.concat([Buffer.from('fd535257', 'hex'), peerDigest(peerId).subarray(0, 12)])
  return overlayAddress(formatIpv6(octets))
}

/** RFC 5952: lower case, no leading zeros, the first longest run of at least two zero groups as `::`. */
export function formatIpv6(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (octets[2 * i] ?? 0) * 256 + (octets[2 * i + 1] ?? 0))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.start < 0) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}
