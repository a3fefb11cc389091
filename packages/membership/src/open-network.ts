import { createHash } from 'node:crypto'
import { decodeDescriptor, decodeEnvelope } from '@srwan/wire'
import { InvalidInputError, MalformedMessageError, NotAuthorisedError, ms } from '@srwan/interface'
import { openEnvelope } from './certificate.ts'
import { peerIdOfKey } from './ed25519.ts'
import { MAX_BOOTSTRAP, checkNetworkEssentials } from './invited-network.ts'
import { peerDigest, sidOf } from './overlay-address.ts'
import type { VerifiedMembership } from './certificate.ts'
import type { NetworkEssentials } from './invited-network.ts'
import type { NetworkTrust } from './organisation.ts'
import type { Milliseconds, PeerIdText } from '@srwan/interface'

/** A network that takes whoever proves a key: nobody signs its members. */
export interface OpenNetwork {
  readonly id: string
  readonly organisation?: undefined
}

/** Whom a network takes: whoever its organisation signed or, without one, whoever shows a descriptor of its own. */
export type NetworkAdmission = NetworkTrust | OpenNetwork

/** For so long after its number a descriptor counts in an open network, ms: no certificate ends there, and identities that nobody uses any more must not fill it. */
export const OPEN_DESCRIPTOR_LIFETIME = ms(72 * 3600 * 1000)

/** A descriptor that is numbered this far ahead of our clock or less counts as made now, ms. */
export const OPEN_NUMBER_TOLERANCE = 24 * 3600 * 1000

/** How the invitation to an open network begins. */
export const OPEN_INVITATION_PREFIX = 'srwan-open:'
/** Longest line that is looked at. */
const MAX_LINE = 10_000
/** A line that was not copied whole is told from a whole one by the first octets of its SHA-256. */
const CHECKSUM_LENGTH = 4

/**
 * What stands for a certificate in an open network. Nobody vouches for names there, so a router is called by its SID, and it serves no site prefixes: any stranger could take the bank's.
 *
 * @param issuedAt - wall time: the number of its descriptor
 */
export function openMembership(peerId: PeerIdText, issuedAt: Milliseconds): VerifiedMembership {
  return {
    peerId,
    serial: Buffer.from(peerDigest(peerId)).subarray(0, 16).toString('hex'),
    name: sidOf(peerId),
    prefixes: [],
    issuedAt,
    notAfter: ms(issuedAt + OPEN_DESCRIPTOR_LIFETIME)
  }
}

/**
 * Checks what a member of an open network shows: a descriptor that its own key signed, not too old and not from the future.
 *
 * @param now - wall time
 * @throws MalformedMessageError, NotAuthorisedError
 */
export function verifyOpenMembership(network: OpenNetwork, descriptor: Uint8Array, now: Milliseconds): VerifiedMembership {
  const { router, network: named, content } = decodeDescriptor(decodeEnvelope(descriptor).payload)
  if (named !== network.id) throw new NotAuthorisedError('the descriptor is of another network')
  if (content.number > now + OPEN_NUMBER_TOLERANCE) throw new NotAuthorisedError('the descriptor was made in the future', { remedy: 'check the date of this machine' })
  if (content.number + OPEN_DESCRIPTOR_LIFETIME <= now) throw new NotAuthorisedError('the descriptor is too old', { remedy: 'check the date of this machine' })
  openEnvelope('srwan-descriptor', network.id, descriptor, router)
  return openMembership(peerOf(router), ms(content.number))
}

function peerOf(router: Uint8Array): PeerIdText {
  try {
    return peerIdOfKey(router)
  } catch (cause) {
    throw new MalformedMessageError('the router of the descriptor is no Ed25519 key', { cause })
  }
}

/**
 * One line that says all that a newcomer of an open network needs; it is no secret, and anyone may pass it on.
 *
 * @returns `srwan-open:` and base64url
 * @throws InvalidInputError naming the field
 */
export function createOpenInvitation(network: NetworkEssentials): string {
  const bootstrap = network.bootstrap.slice(0, MAX_BOOTSTRAP)
  const { id, parameters } = checkNetworkEssentials(JSON.parse(JSON.stringify({ ...network, bootstrap })), 'network file')
  const text = Buffer.from(JSON.stringify({ id, bootstrap, parameters }))
  return OPEN_INVITATION_PREFIX + Buffer.concat([text, checksum(text)]).toString('base64url')
}

/** @throws InvalidInputError for anything that is not a whole line of {@link createOpenInvitation} */
export function parseOpenInvitation(line: string): NetworkEssentials {
  const trimmed = line.trim()
  const encoded = trimmed.slice(OPEN_INVITATION_PREFIX.length)
  const octets = Buffer.from(encoded, 'base64url')
  const text = octets.subarray(0, -CHECKSUM_LENGTH)
  const isWhole = trimmed.startsWith(OPEN_INVITATION_PREFIX) && trimmed.length <= MAX_LINE && octets.toString('base64url') === encoded
  if (!isWhole || text.length === 0 || !checksum(text).equals(octets.subarray(-CHECKSUM_LENGTH))) {
    throw new InvalidInputError({ source: 'invitation' }, 'damaged or incomplete', { remedy: 'copy the whole line again, or ask for a new one (`srwan network invite`)' })
  }
  return checkNetworkEssentials(parseJson(text), 'invitation')
}

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}

function checksum(text: Uint8Array): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, CHECKSUM_LENGTH)
}
