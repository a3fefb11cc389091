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

/** 136 octets; where nobody's key has signed, the last 64 are zeros. */
export function encodeAnchor(anchor: Anchor): Uint8Array {
  const encoded = new Uint8Array(ANCHOR_LENGTH)
  encoded.set(payloadOf(anchor))
  encoded.set(anchor.signature, PAYLOAD_LENGTH)
  return encoded
}

/** @throws MalformedMessageError where the octets are not one anchor */
export function decodeAnchor(octets: Uint8Array): Anchor {
  const epoch = octets.length === ANCHOR_LENGTH ? Number(Buffer.from(octets.subarray(0, 8)).readBigUInt64BE()) : Number.NaN
  if (!(epoch < 2 ** 32)) throw new MalformedMessageError('not an anchor')
  const signature = octets.slice(PAYLOAD_LENGTH)
  return { epoch, root: octets.slice(8, 40), beacon: octets.slice(40, PAYLOAD_LENGTH), signature: signature.some((octet) => octet !== 0) ? signature : new Uint8Array(0) }
}

/** Is the anchor signed by the organisation of this network? A network without one has no anchors. */
export function verifyAnchor(anchor: Anchor, trust: { readonly network: string; readonly organisation: Uint8Array | undefined; readonly verify: VerifyByKey }): boolean {
  return trust.organisation !== undefined && trust.verify(trust.organisation, anchorSigningInput(trust.network, anchor), anchor.signature)
}
