import { randomBytes } from 'node:crypto'
import { MAX_CERTIFICATE_PREFIXES, MAX_MEMBERSHIP, certificateCodec, claimCodec, decodeEnvelope, encodeEnvelope, membershipCodec, signedOctets } from '@srwan/wire'
import { InvalidInputError, MalformedMessageError, NotAuthorisedError, ms } from '@srwan/interface'
import { keyOfPeerId, peerIdOfKey, verifyWith } from './ed25519.ts'
import { checkSitePrefix } from './ip-prefixes.ts'
import { parseOrganisationKey } from './organisation.ts'
import type { NetworkTrust, Organisation } from './organisation.ts'
import type { CertificatePayload, SignatureDomain, SignedEnvelope } from '@srwan/wire'
import type { IpPrefix, Milliseconds, PeerIdText, Random } from '@srwan/interface'

/** 1 to 63 letters, digits, dots and hyphens, beginning and ending with a letter or digit. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/
/** A clock this far ahead of ours still counts as right when a certificate says when it was issued. */
const CLOCK_TOLERANCE = 24 * 3600 * 1000
/** Kinds of subject on the wire. */
const PEER = 1
const INVITATION = 2

/** What the organisation states in a certificate. */
export interface CertificateInit {
  readonly networkId: string
  readonly name: string
  readonly prefixes: readonly string[]
  /** Wall time. */
  readonly issuedAt: Milliseconds
  /** Wall time at which the membership ends. */
  readonly notAfter: Milliseconds
  /** @default the operating system's generator */
  readonly random?: Random
}

/** A checked membership: who, under which name, with which prefixes, until when. */
export interface VerifiedMembership {
  readonly peerId: PeerIdText
  /** Of the certificate, 32 hexadecimal digits. */
  readonly serial: string
  readonly name: string
  readonly prefixes: readonly IpPrefix[]
  readonly issuedAt: Milliseconds
  readonly notAfter: Milliseconds
  /** Set where the peer came by invitation: one peer per serial, registered by then. */
  readonly redeemBefore?: Milliseconds
}

/** @throws InvalidInputError */
export function checkName(name: string, at: { source: string; field?: string }): string {
  if (!NAME.test(name)) throw new InvalidInputError(at, 'not a usable name', { remedy: 'use 1 to 63 letters, digits, dots and hyphens, a letter or digit first and last' })
  return name
}

/**
 * Certificate of a peer that is already known.
 *
 * @returns the membership that the peer shows (`MembershipMessage` of packages/wire)
 * @throws InvalidInputError where name, prefixes, peer id or dates are unusable
 */
export function issueCertificate(organisation: Organisation, init: CertificateInit & { readonly peerId: PeerIdText }): Uint8Array {
  const certificate = signCertificate(organisation, init, { kind: PEER, subject: subjectKey(init.peerId), redeemBefore: 0 })
  return membershipCodec.encode({ certificate, claim: new Uint8Array(0) })
}

function subjectKey(peerId: PeerIdText): Uint8Array {
  try {
    return keyOfPeerId(peerId)
  } catch (cause) {
    throw new InvalidInputError({ source: 'certificate', field: 'peerId' }, 'not the peer id of a node', { cause, remedy: 'it reads 12D3Koo…; `srwan status` shows it' })
  }
}

/** Certificate for the fresh key of an invitation; see invitation.ts. */
export function signInvitationCertificate(
  organisation: Organisation,
  init: CertificateInit,
  invitation: { readonly publicKey: Uint8Array; readonly redeemBefore: Milliseconds }
): Uint8Array {
  return signCertificate(organisation, init, { kind: INVITATION, subject: invitation.publicKey, redeemBefore: invitation.redeemBefore })
}

function signCertificate(organisation: Organisation, init: CertificateInit, about: Pick<CertificatePayload, 'kind' | 'subject' | 'redeemBefore'>): Uint8Array {
  const source = 'certificate'
  checkName(init.name, { source, field: 'name' })
  if (init.prefixes.length > MAX_CERTIFICATE_PREFIXES)
    throw new InvalidInputError({ source, field: 'prefixes' }, `more than ${MAX_CERTIFICATE_PREFIXES} prefixes`, { remedy: 'summarise them into larger ones' })
  const prefixes = init.prefixes.map((prefix, i) => checkSitePrefix(prefix, { source, field: `prefixes.${i}` }))
  if (init.notAfter <= init.issuedAt) throw new InvalidInputError({ source, field: 'notAfter' }, 'the membership would be over before it begins', { remedy: 'choose a later date' })
  const payload = certificateCodec.encode({
    network: init.networkId,
    serial: init.random?.bytes(16) ?? randomBytes(16),
    ...about,
    name: init.name,
    prefixes,
    issuedAt: Math.round(init.issuedAt),
    notAfter: Math.round(init.notAfter),
    redeemBefore: Math.round(about.redeemBefore)
  })
  const signature = organisation.sign(signedOctets('srwan-certificate', init.networkId, payload))
  return encodeEnvelope({ payload, signer: organisation.publicKey, signature })
}

/**
 * Opens an envelope and checks signer and signature.
 *
 * @throws MalformedMessageError, NotAuthorisedError
 */
export function openEnvelope(domain: SignatureDomain, networkId: string, bytes: Uint8Array, signer: Uint8Array): Uint8Array {
  const envelope: SignedEnvelope = decodeEnvelope(bytes)
  if (!Buffer.from(envelope.signer).equals(signer)) throw new NotAuthorisedError('signed by another key than it must be')
  if (!verifyWith(envelope.signer, signedOctets(domain, networkId, envelope.payload), envelope.signature)) throw new NotAuthorisedError('the signature does not verify')
  return envelope.payload
}

/**
 * Checks a certificate envelope without its claim.
 *
 * @throws MalformedMessageError, NotAuthorisedError
 */
export function openCertificate(network: NetworkTrust, bytes: Uint8Array, now: Milliseconds): CertificatePayload & { readonly prefixes: readonly IpPrefix[] } {
  const payload = certificateCodec.decode(openEnvelope('srwan-certificate', network.id, bytes, parseOrganisationKey(network.organisation)))
  if (payload.network !== network.id) throw new NotAuthorisedError('the certificate is of another network')
  if (payload.notAfter <= now)
    throw new NotAuthorisedError('the certificate has expired', { remedy: 'ask whoever runs the network for a new invitation, and check the date of this machine' })
  if (payload.issuedAt > now + CLOCK_TOLERANCE) throw new NotAuthorisedError('the certificate was issued in the future', { remedy: 'check the date of this machine' })
  try {
    checkName(payload.name, { source: 'certificate' })
    return { ...payload, prefixes: payload.prefixes.map((prefix) => checkSitePrefix(prefix, { source: 'certificate' })) }
  } catch (cause) {
    throw new MalformedMessageError('the certificate holds an unusable name or prefix', { cause })
  }
}

/**
 * Checks what a member shows: the chain organisation → (invitation →) peer, names, prefixes and dates. Offline and synchronous.
 * Whether the invitation was taken in time and by one peer only is for whoever registers members: see `redeemBefore`.
 *
 * @param membership - as made by {@link issueCertificate} or `acceptInvitation`
 * @param now - wall time
 * @throws MalformedMessageError, NotAuthorisedError; InvalidInputError where `network.organisation` is no key
 */
export function verifyCertificate(network: NetworkTrust, membership: Uint8Array, now: Milliseconds): VerifiedMembership {
  if (membership.length > MAX_MEMBERSHIP) throw new MalformedMessageError('membership too long')
  const message = membershipCodec.decode(membership)
  const certificate = openCertificate(network, message.certificate, now)
  const verified = {
    serial: Buffer.from(certificate.serial).toString('hex'),
    name: certificate.name,
    prefixes: certificate.prefixes,
    issuedAt: ms(certificate.issuedAt),
    notAfter: ms(certificate.notAfter)
  }
  if (certificate.kind === PEER) {
    if (message.claim.length > 0) throw new MalformedMessageError('a certificate of a peer needs no claim')
    return { ...verified, peerId: peerOf(certificate.subject) }
  }
  const claim = claimCodec.decode(openEnvelope('srwan-claim', network.id, message.claim, certificate.subject))
  if (!Buffer.from(claim.serial).equals(certificate.serial)) throw new NotAuthorisedError('the claim is for another invitation')
  return { ...verified, peerId: peerOf(claim.peer), redeemBefore: ms(certificate.redeemBefore) }
}

function peerOf(publicKey: Uint8Array): PeerIdText {
  try {
    return peerIdOfKey(publicKey)
  } catch (cause) {
    throw new MalformedMessageError('the subject is no Ed25519 key', { cause })
  }
}
