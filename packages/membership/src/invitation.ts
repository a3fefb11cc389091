import { randomBytes } from 'node:crypto'
import { certificateCodec, claimCodec, decodeEnvelope, encodeEnvelope, invitationCodec, membershipCodec, signedOctets } from '@srwan/wire'
import { BaseError, InvalidInputError, ms } from '@srwan/interface'
import { openCertificate, openEnvelope, signInvitationCertificate } from './certificate.ts'
import { KEY_LENGTH, keyPairFromSeed, signWith } from './ed25519.ts'
import { parseOrganisationKey } from './organisation.ts'
import { MAX_BOOTSTRAP, checkInvitedNetwork } from './invited-network.ts'
import type { CertificateInit } from './certificate.ts'
import type { Identity } from './identity.ts'
import type { InvitedNetwork } from './invited-network.ts'
import type { Organisation } from './organisation.ts'
import type { IpPrefix, Milliseconds } from '@srwan/interface'

/** How an invitation line begins. */
export const INVITATION_PREFIX = 'srwan-invite:'
/** Longest line that is looked at. */
export const MAX_INVITATION_LINE = 10_000

/** A line, taken apart and checked against the organisation key that it carries itself. */
export interface Invitation {
  readonly network: InvitedNetwork
  readonly name: string
  readonly prefixes: readonly IpPrefix[]
  /** Wall time by which a member must have seen the new peer. */
  readonly redeemBefore: Milliseconds
  /** Wall time at which the membership ends. */
  readonly notAfter: Milliseconds
  readonly certificate: Uint8Array
  /** Seed of the invitation key: a secret until it is used. */
  readonly seed: Uint8Array
}

/**
 * One line that lets one peer join.
 *
 * @returns `srwan-invite:` and base64url
 * @throws InvalidInputError where name, prefixes, dates or the network's essentials are unusable
 */
export function createInvitation(
  organisation: Organisation,
  init: Omit<CertificateInit, 'networkId'> & { readonly network: InvitedNetwork; readonly redeemBefore: Milliseconds }
): string {
  if (organisation.text !== init.network.organisation) {
    throw new InvalidInputError({ source: 'network file', field: 'organisation' }, 'the organisation key at hand is not the one of this network', {
      remedy: 'run this where the network was created'
    })
  }
  const network = checkInvitedNetwork(JSON.parse(JSON.stringify({ ...init.network, bootstrap: init.network.bootstrap.slice(0, MAX_BOOTSTRAP) })), 'network file')
  const seed = init.random?.bytes(KEY_LENGTH) ?? randomBytes(KEY_LENGTH)
  const certificate = signInvitationCertificate(organisation, { ...init, networkId: network.id }, { publicKey: keyPairFromSeed(seed).publicKey, redeemBefore: init.redeemBefore })
  const message = invitationCodec.encode({ certificate, seed, network: signNetwork(organisation, network) })
  return INVITATION_PREFIX + Buffer.from(message).toString('base64url')
}

/**
 * Reads an invitation line and checks it as far as that goes without the network.
 *
 * @param now - wall time
 * @throws InvalidInputError for anything that is not a whole, current invitation
 */
export function parseInvitation(line: string, now: Milliseconds): Invitation {
  try {
    return openInvitation(line.trim(), now)
  } catch (error) {
    if (error instanceof BaseError && error.code === 'ERR_INVALID_INPUT') throw error
    const reason = error instanceof BaseError && error.code === 'ERR_NOT_AUTHORISED' ? error.message : 'damaged or incomplete'
    throw unusable(reason, error)
  }
}

function unusable(reason: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError({ source: 'invitation' }, reason, { cause, remedy: 'copy the whole line again, or ask for a new one (`srwan network invite`)' })
}

function openInvitation(line: string, now: Milliseconds): Invitation {
  if (!line.startsWith(INVITATION_PREFIX)) throw unusable(`it must begin with ${INVITATION_PREFIX}`)
  const text = line.slice(INVITATION_PREFIX.length)
  const octets = Buffer.from(text, 'base64url')
  if (line.length > MAX_INVITATION_LINE || octets.toString('base64url') !== text) throw unusable('damaged or incomplete')
  const message = invitationCodec.decode(octets)
  const network = openNetwork(message.network)
  const certificate = openCertificate(network, message.certificate, now)
  if (!Buffer.from(keyPairFromSeed(message.seed).publicKey).equals(certificate.subject)) throw unusable('its key does not belong to its certificate')
  if (certificate.redeemBefore <= now) throw unusable('it has expired')
  return {
    network,
    name: certificate.name,
    prefixes: certificate.prefixes,
    redeemBefore: ms(certificate.redeemBefore),
    notAfter: ms(certificate.notAfter),
    certificate: message.certificate,
    seed: message.seed
  }
}

function signNetwork(organisation: Organisation, network: InvitedNetwork): Uint8Array {
  const payload = Buffer.from(JSON.stringify(network))
  return encodeEnvelope({ payload, signer: organisation.publicKey, signature: organisation.sign(signedOctets('srwan-network', network.id, payload)) })
}

/** The organisation key is in the signed text itself: that shows a line to be whole, not whose network it is, which is for the joiner to know. */
function openNetwork(bytes: Uint8Array): InvitedNetwork {
  const network = checkInvitedNetwork(JSON.parse(Buffer.from(decodeEnvelope(bytes).payload).toString('utf8')), 'invitation')
  openEnvelope('srwan-network', network.id, bytes, parseOrganisationKey(network.organisation, 'invitation'))
  return network
}

/**
 * Takes an invitation for this identity: the invitation key signs the peer, and the chain can be verified by everyone offline.
 *
 * @returns the network to join and the membership to show there
 * @throws InvalidInputError
 */
export function acceptInvitation(identity: Pick<Identity, 'publicKey'>, line: string, now: Milliseconds): { readonly invitation: Invitation; readonly certificate: Uint8Array } {
  const invitation = parseInvitation(line, now)
  const pair = keyPairFromSeed(invitation.seed)
  const { serial } = certificateCodec.decode(decodeEnvelope(invitation.certificate).payload)
  const payload = claimCodec.encode({ serial, peer: identity.publicKey })
  const signature = signWith(pair, signedOctets('srwan-claim', invitation.network.id, payload))
  const claim = encodeEnvelope({ payload, signer: pair.publicKey, signature })
  return { invitation, certificate: membershipCodec.encode({ certificate: invitation.certificate, claim }) }
}
