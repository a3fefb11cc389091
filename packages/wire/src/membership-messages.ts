import { integer, messageCodec, octetString, repeated, text } from './message-codec.ts'
import { MAX_ENVELOPE } from './signed-envelope.ts'
import type { Decoded } from './message-codec.ts'

/** Longest network id, UTF-8 octets. */
export const MAX_NETWORK_ID = 64
/** Longest member name. */
export const MAX_NAME = 63
/** Most prefixes that one certificate may carry. */
export const MAX_CERTIFICATE_PREFIXES = 16
/** Largest certificate with its claim: two envelopes. */
export const MAX_MEMBERSHIP = 3072
/** Largest revocation envelope. */
export const MAX_REVOCATION = 512

const certificateFields = {
  network: [1, text(1, MAX_NETWORK_ID)],
  /** 16 random octets. */
  serial: [2, octetString(16)],
  /** 1: the subject is a peer · 2: the subject is an invitation key, which signs one claim. */
  kind: [3, integer(1, 2)],
  /** Raw Ed25519 public key of the subject. */
  subject: [4, octetString(32)],
  name: [5, text(1, MAX_NAME)],
  prefixes: [6, repeated(text(1, 49), MAX_CERTIFICATE_PREFIXES)],
  /** Milliseconds since 1970. */
  issuedAt: [7, integer(1)],
  /** Membership ends then. */
  notAfter: [8, integer(1)],
  /** Invitations only: the claim must have been registered by then. */
  redeemBefore: [9, integer()]
} as const

/** What the organisation signs (domain `srwan-certificate`). */
export type CertificatePayload = Decoded<typeof certificateFields>
/** What the organisation signs: the payload of a certificate. */
export const certificateCodec = messageCodec(certificateFields)

const claimFields = {
  /** Serial of the invitation. */
  serial: [1, octetString(16)],
  /** Raw Ed25519 public key of the peer that takes it. */
  peer: [2, octetString(32)]
} as const

/** What an invitation key signs (domain `srwan-claim`). */
export type ClaimPayload = Decoded<typeof claimFields>
/** What an invitation key signs: the peer id that redeemed it. */
export const claimCodec = messageCodec(claimFields)

const membershipFields = {
  /** Envelope of the organisation. */
  certificate: [1, octetString(1, 2048)],
  /** Envelope of the invitation key; empty where the certificate names the peer itself. */
  claim: [2, octetString(0, 512)]
} as const

/** What a member shows: the chain organisation → (invitation →) peer. */
export type MembershipMessage = Decoded<typeof membershipFields>
/** What a member shows: certificate, and the claim where it came by invitation. */
export const membershipCodec = messageCodec(membershipFields)

const revocationFields = {
  network: [1, text(1, MAX_NETWORK_ID)],
  number: [2, integer(1)],
  /** Certificates issued later are not meant: a member may be invited again. */
  issuedAt: [3, integer(1)],
  /** One of the three is set. */
  peer: [4, octetString(0, 32)],
  serial: [5, octetString(0, 16)],
  name: [6, text(0, MAX_NAME)]
} as const

/** What the organisation signs (domain `srwan-revocation`). */
export type RevocationPayload = Decoded<typeof revocationFields>
/** What the organisation signs to end a membership. */
export const revocationCodec = messageCodec(revocationFields)

const invitationFields = {
  /** Envelope of the organisation over a certificate of kind 2. */
  certificate: [1, octetString(1, 2048)],
  /** Ed25519 seed of the invitation key. */
  seed: [2, octetString(32)],
  /** Envelope of the organisation (domain `srwan-network`) over UTF-8 JSON: what the joiner needs of the network file. */
  network: [3, octetString(2, MAX_ENVELOPE)]
} as const

/** Content of the one-line invitation. */
export type InvitationMessage = Decoded<typeof invitationFields>
/** Content of an invitation line. */
export const invitationCodec = messageCodec(invitationFields)
