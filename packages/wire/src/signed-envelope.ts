import { MalformedMessageError } from '@srwan/interface'
import { messageCodec, octetString } from './message-codec.ts'

/** What a signature is about: a signature made for one domain or network never counts in another. */
export type SignatureDomain =
  | 'srwan-certificate'
  | 'srwan-claim'
  | 'srwan-network'
  | 'srwan-revocation'
  | 'srwan-descriptor'
  | 'srwan-pulse'
  | 'srwan-site'
  | 'srwan-entry'
  | 'srwan-anchor'
  | 'srwan-beacon'
  | 'srwan-measure'

/** Largest payload of an envelope. */
export const MAX_ENVELOPE_PAYLOAD = 4096
/** Largest envelope: payload, key, signature and their framing. */
export const MAX_ENVELOPE = MAX_ENVELOPE_PAYLOAD + 128

/** Bytes and who signed them. The payload is verified as it stands and never re-encoded. */
export interface SignedEnvelope {
  readonly payload: Uint8Array
  /** Raw Ed25519 public key, 32 octets. */
  readonly signer: Uint8Array
  /** Ed25519 signature of {@link signedOctets}, 64 octets. */
  readonly signature: Uint8Array
}

const codec = messageCodec({
  payload: [1, octetString(1, MAX_ENVELOPE_PAYLOAD)],
  signer: [2, octetString(32)],
  signature: [3, octetString(64)]
})

/**
 * What is signed: `domain ‖ 0 ‖ length of network id 16 ‖ network id ‖ payload`. No domain contains a zero octet, so no two inputs give the same octets.
 *
 * @param networkId - UTF-8 length ≤ 65,535
 */
export function signedOctets(domain: SignatureDomain, networkId: string, payload: Uint8Array): Uint8Array {
  const network = new TextEncoder().encode(networkId)
  if (network.length > 0xffff) throw new MalformedMessageError('network id too long')
  const head = new TextEncoder().encode(domain)
  const out = new Uint8Array(head.length + 3 + network.length + payload.length)
  out.set(head, 0)
  new DataView(out.buffer).setUint16(head.length + 1, network.length)
  out.set(network, head.length + 3)
  out.set(payload, head.length + 3 + network.length)
  return out
}

/** @throws MalformedMessageError where a part is out of bounds */
export function encodeEnvelope(envelope: SignedEnvelope): Uint8Array {
  return codec.encode({ ...envelope })
}

/**
 * Takes an envelope apart; does not verify it.
 *
 * @throws MalformedMessageError
 */
export function decodeEnvelope(bytes: Uint8Array): SignedEnvelope {
  if (bytes.length > MAX_ENVELOPE) throw new MalformedMessageError('envelope too long')
  return codec.decode(bytes)
}
