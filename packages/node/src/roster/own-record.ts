import { encodeDescriptor, encodeEnvelope, signedOctets } from '@srwan/wire'
import type { DescriptorContent, RosterRecord } from '@srwan/wire'
import type { Identity } from '@srwan/membership'

/** What this node says of itself at this start; the number is added for each issue. */
export type OwnDescriptor = Omit<DescriptorContent, 'number'>

/** Signs the descriptor of this node under a number. */
export async function signOwnRecord(
  identity: Identity,
  networkId: string,
  own: { readonly membership: Uint8Array; readonly descriptor: OwnDescriptor; readonly number: number }
): Promise<RosterRecord> {
  const payload = encodeDescriptor(networkId, identity.publicKey, { ...own.descriptor, number: own.number })
  const signature = await identity.sign(signedOctets('srwan-descriptor', networkId, payload))
  return { membership: own.membership, descriptor: encodeEnvelope({ payload, signer: identity.publicKey, signature }), registeredAt: 0 }
}
