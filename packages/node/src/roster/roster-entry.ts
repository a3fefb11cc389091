import { decodeDescriptor, decodeEnvelope } from '@srwan/wire'
import { MalformedMessageError, NotAuthorisedError, ms } from '@srwan/interface'
import { openEnvelope, overlayAddressOf, sidOf, verifyCertificate } from '@srwan/membership'
import { keyOfPeerId } from '@srwan/membership'
import type { RosterRecord } from '@srwan/wire'
import type { Member, Milliseconds, RouterDescriptor } from '@srwan/interface'
import type { NetworkTrust, VerifiedMembership } from '@srwan/membership'

/** One member with the bytes that prove it, which are passed on as they came. */
export interface RosterEntry {
  readonly member: Member
  readonly membership: VerifiedMembership
  readonly record: RosterRecord
}

/**
 * Number and signer of a descriptor without any verification: cheap, to skip what is not newer.
 *
 * @throws MalformedMessageError
 */
export function peekDescriptor(descriptor: Uint8Array): { readonly number: number; readonly router: Uint8Array } {
  const { router, content } = decodeDescriptor(decodeEnvelope(descriptor).payload)
  return { router, number: content.number }
}

/**
 * Checks certificate, claim and descriptor of a record.
 *
 * @param now - wall time
 * @throws MalformedMessageError, NotAuthorisedError
 */
export function verifyRecord(network: NetworkTrust, record: RosterRecord, now: Milliseconds): RosterEntry {
  const membership = verifyCertificate(network, record.membership, now)
  const key = keyOfPeerId(membership.peerId)
  const decoded = decodeDescriptor(openEnvelope('srwan-descriptor', network.id, record.descriptor, key))
  if (decoded.network !== network.id) throw new NotAuthorisedError('the descriptor is of another network')
  if (!Buffer.from(decoded.router).equals(key)) throw new MalformedMessageError('the descriptor names another router than its signer')
  const descriptor: RouterDescriptor = { peerId: membership.peerId, ...decoded.content }
  const member: Member = {
    peerId: membership.peerId,
    sid: sidOf(membership.peerId),
    overlayAddress: overlayAddressOf(membership.peerId),
    name: membership.name,
    prefixes: [...membership.prefixes, ...(network.sites?.get(membership.peerId) ?? [])],
    descriptor
  }
  return { member, membership, record }
}

/** The same entry, registered earlier than was known. */
export function registeredEarlier(entry: RosterEntry, registeredAt: number): RosterEntry {
  return { ...entry, record: { ...entry.record, registeredAt: ms(registeredAt) } }
}
