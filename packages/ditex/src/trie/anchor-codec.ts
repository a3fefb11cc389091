import { MalformedMessageError } from '@srwan/interface'
import type { Anchor } from '@srwan/interface'

const DOMAIN = Buffer.from('srwan-anchor')
const SIGNATURE_LENGTH = 64
const PAYLOAD_LENGTH = 8 + 32 + 32
/** Octets of an encoded anchor: epoch, root, beacon, signature. */
export const ANCHOR_LENGTH: number = PAYLOAD_LENGTH + SIGNATURE_LENGTH

/** Checks a signature by a raw Ed25519 key; never throws. */
export type VerifyBy = (publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean

function payloadOf({ epoch, root, beacon }: Omit<Anchor, 'signature'>): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(epoch))
  return Buffer.concat([number, root, beacon])
}

/** What the organisation signs: `srwan-anchor ‖ 0 ‖ length of network id 16 ‖ network id ‖ epoch 64 ‖ root ‖ beacon`. */
export function anchorSigningInput(network: string, anchor: Omit<Anchor, 'signature'>): Uint8Array {
  const id = Buffer.from(network)
  const head = Buffer.alloc(3)
  head.writeUInt16BE(id.length, 1)
  return Uint8Array.from(Buffer.concat([DOMAIN, head, id, payloadOf(anchor)]))
}

/** 136 octets. */
export function encodeAnchor(anchor: Anchor): Uint8Array {
  return Uint8Array.from(Buffer.concat([payloadOf(anchor), anchor.signature]))
}

/** @throws MalformedMessageError where the octets are not one anchor */
export function decodeAnchor(octets: Uint8Array): Anchor {
  const epoch = octets.length === ANCHOR_LENGTH ? Number(Buffer.from(octets.subarray(0, 8)).readBigUInt64BE()) : Number.NaN
  if (!(epoch < 2 ** 32)) throw new MalformedMessageError('not an anchor')
  return { epoch, root: octets.slice(8, 40), beacon: octets.slice(40, 72), signature: octets.slice(72) }
}

/** Is the anchor signed by the organisation of this network? */
export function verifyAnchor(anchor: Anchor, trust: { readonly network: string; readonly organisation: Uint8Array; readonly verify: VerifyBy }): boolean {
  return trust.verify(trust.organisation, anchorSigningInput(trust.network, anchor), anchor.signature)
}
