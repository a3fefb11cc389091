import { decodeDescriptor, decodeEnvelope } from '@srwan/wire'
import { MalformedMessageError, NotAuthorisedError, ms } from '@srwan/interface'
import { keyOfPeerId, openEnvelope, overlayAddressOf, peerIdOfKey, sidOf, verifyCertificate, verifyOpenMembership } from '@srwan/membership'
import type { RosterRecord } from '@srwan/wire'
import type { Member, Milliseconds, PeerIdText, RouterDescriptor } from '@srwan/interface'
import type { NetworkAdmission, NetworkTrust, OpenNetwork, VerifiedMembership } from '@srwan/membership'

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
  const { membership, payload } = network.organisation === undefined ? openedAlone(network, record, now) : openedByCertificate(network, record, now)
  const decoded = decodeDescriptor(payload)
  if (decoded.network !== network.id) throw new NotAuthorisedError('the descriptor is of another network')
  if (!Buffer.from(decoded.router).equals(keyOfPeerId(membership.peerId))) throw new MalformedMessageError('the descriptor names another router than its signer')
  const descriptor: RouterDescriptor = { peerId: membership.peerId, ...decoded.content }
  const member: Member = {
    peerId: membership.peerId,
    sid: sidOf(membership.peerId),
    overlayAddress: overlayAddressOf(membership.peerId),
    name: membership.name,
    prefixes: [...membership.prefixes, ...(network.organisation === undefined ? [] : (network.sites?.get(membership.peerId) ?? []))],
    descriptor
  }
  return { member, membership, record }
}

interface Opened {
  readonly membership: VerifiedMembership
  /** Of the descriptor, its signature checked. */
  readonly payload: Uint8Array
}

function openedByCertificate(network: NetworkTrust, record: RosterRecord, now: Milliseconds): Opened {
  const membership = verifyCertificate(network, record.membership, now)
  return { membership, payload: openEnvelope('srwan-descriptor', network.id, record.descriptor, keyOfPeerId(membership.peerId)) }
}

function openedAlone(network: OpenNetwork, record: RosterRecord, now: Milliseconds): Opened {
  if (record.membership.length > 0) throw new MalformedMessageError('an open network knows no certificates')
  return { membership: verifyOpenMembership(network, record.descriptor, now), payload: decodeEnvelope(record.descriptor).payload }
}

/** Is the record of this peer? Without any verification. @throws MalformedMessageError */
export function isOf(record: RosterRecord, peerId: PeerIdText): boolean {
  return Buffer.from(peekDescriptor(record.descriptor).router).equals(keyOfPeerId(peerId))
}

/** The same entry, registered earlier than was known. */
export function registeredEarlier(entry: RosterEntry, registeredAt: number): RosterEntry {
  return { ...entry, record: { ...entry.record, registeredAt: ms(registeredAt) } }
}
