/**
 * Identity, certificates, invitations and revocation of a private network, and what stands for them in an open one.
 *
 * One Ed25519 key is a node; one is the organisation. Everything here is checked offline: no node is special.
 *
 * @packageDocumentation
 */
export { checkName, issueCertificate, openEnvelope, verifyCertificate } from './certificate.ts'
export type { CertificateInit, VerifiedMembership } from './certificate.ts'
export { keyOfPeerId, libp2pPeerId, peerIdOfKey } from './ed25519.ts'
export { createIdentity, loadIdentity, saveIdentity, verifySignature } from './identity.ts'
export type { Identity } from './identity.ts'
export { INVITATION_PREFIX, acceptInvitation, createInvitation, parseInvitation } from './invitation.ts'
export type { Invitation } from './invitation.ts'
export type { InvitedNetwork, NetworkEssentials } from './invited-network.ts'
export {
  OPEN_DESCRIPTOR_LIFETIME,
  OPEN_INVITATION_PREFIX,
  OPEN_NUMBER_TOLERANCE,
  createOpenInvitation,
  openMembership,
  parseOpenInvitation,
  verifyOpenMembership
} from './open-network.ts'
export type { NetworkAdmission, OpenNetwork } from './open-network.ts'
export { checkSitePrefix, formatPrefix, parseAddress, parsePrefix, prefixContains } from './ip-prefixes.ts'
export type { ParsedPrefix } from './ip-prefixes.ts'
export { createOrganisation, formatOrganisationKey, loadOrganisation, parseOrganisationKey, saveOrganisation } from './organisation.ts'
export type { NetworkTrust, Organisation, SitesByRouter } from './organisation.ts'
export { OVERLAY_PREFIX, overlayAddressOf, peerDigest, sidOf } from './overlay-address.ts'
export { signSite, verifySites } from './site.ts'
export type { Site } from './site.ts'
export { isRevokedBy, revoke, verifyRevocation } from './revocation.ts'
export type { Revocation, RevocationTarget } from './revocation.ts'
