import { MalformedMessageError } from '@srwan/interface'
import { signedOctets } from '@srwan/wire'
import type { Anchor } from '@srwan/interface'
import type { VerifyByKey } from '../replica/replica.ts'

const SIGNATURE_LENGTH = 64
const PAYLOAD_LENGTH = 8 + 32 + 32
/** Octets of an encoded anchor: epoch, root, beacon, signature. */
export const ANCHOR_LENGTH: number = PAYLOAD_LENGTH + SIGNATURE_LENGTH

function payloadOf({ epoch, root, beacon }: Omit<Anchor, 'signature'>): Buffer {
  const number = Buffer.alloc(8)
  number.writeBigUInt64BE(BigInt(epoch))
  return Buffer.concat([number, root, beacon])
}

/** What the organisation signs: `srwan-anchor ‖ 0 ‖ length of network id 16 ‖ network id ‖ epoch 64 ‖ root ‖ beacon`. */
export function anchorSigningInput(network: string, anchor: Omit<Anchor, 'signature'>): Uint8Array {
  return signedOctets('srwan-anchor', network, payloadOf(anchor))
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

/** Is the anchor signed by the organisation of this network? A network without one has no anchors. */
export function verifyAnchor(anchor: Anchor, trust: { readonly network: string; readonly organisation: Uint8Array | undefined; readonly verify: VerifyByKey }): boolean {
  return trust.organisation !== undefined && trust.verify(trust.organisation, anchorSigningInput(trust.network, anchor), anchor.signature)
}
