import { decodeDescriptor, decodeEnvelope } from '@srwan/wire'
import { MalformedMessageError, NotAuthorisedError, ms } from '@srwan/interface'
import { keyOfPeerId, openEnvelope, openMembership, overlayAddressOf, peerIdOfKey, sidOf, verifyCertificate } from '@srwan/membership'
import type { RosterRecord } from '@srwan/wire'
import type { Member, Milliseconds, PeerIdText, RouterDescriptor } from '@srwan/interface'
import type { NetworkAdmission, VerifiedMembership } from '@srwan/membership'

/** A descriptor of an open network that is numbered this far ahead of our clock or less counts as made now, ms. */
export const NUMBER_TOLERANCE = 24 * 3600 * 1000

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

/** @throws MalformedMessageError where the key is none */
export function peerIdOfRouter(router: Uint8Array): PeerIdText {
  try {
    return peerIdOfKey(router)
  } catch (cause) {
    throw new MalformedMessageError('the router of the descriptor is no Ed25519 key', { cause })
  }
}

/**
 * Checks certificate, claim and descriptor of a record; in an open network the descriptor alone, which says itself who it is of and how old it is.
 *
 * @param now - wall time
 * @throws MalformedMessageError, NotAuthorisedError
 */
export function verifyRecord(network: NetworkAdmission, record: RosterRecord, now: Milliseconds): RosterEntry {
  const membership = network.organisation === undefined ? membershipByDescriptor(record, now) : verifyCertificate(network, record.membership, now)
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
    prefixes: [...membership.prefixes, ...((network.organisation === undefined ? undefined : network.sites?.get(membership.peerId)) ?? [])],
    descriptor
  }
  return { member, membership, record }
}

/** Of a descriptor whose signature is still to be checked. */
function membershipByDescriptor(record: RosterRecord, now: Milliseconds): VerifiedMembership {
  if (record.membership.length > 0) throw new MalformedMessageError('an open network knows no certificates')
  const { router, number } = peekDescriptor(record.descriptor)
  if (number > now + NUMBER_TOLERANCE) throw new NotAuthorisedError('the descriptor was made in the future', { remedy: 'check the date of this machine' })
  const membership = openMembership(peerIdOfRouter(router), ms(number))
  if (membership.notAfter <= now) throw new NotAuthorisedError('the descriptor is too old', { remedy: 'check the date of this machine' })
  return membership
}

/** Is the record of this peer? Without any verification. @throws MalformedMessageError */
export function isOf(record: RosterRecord, peerId: PeerIdText): boolean {
  return Buffer.from(peekDescriptor(record.descriptor).router).equals(keyOfPeerId(peerId))
}

/** The same entry, registered earlier than was known. */
export function registeredEarlier(entry: RosterEntry, registeredAt: number): RosterEntry {
  return { ...entry, record: { ...entry.record, registeredAt: ms(registeredAt) } }
}
