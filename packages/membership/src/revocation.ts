import { MAX_REVOCATION, encodeEnvelope, revocationCodec, signedOctets } from '@srwan/wire'
import { InvalidInputError, MalformedMessageError, NotAuthorisedError, ms } from '@srwan/interface'
import { checkName, openEnvelope } from './certificate.ts'
import { keyOfPeerId, peerIdOfKey } from './ed25519.ts'
import { parseOrganisationKey } from './organisation.ts'
import type { VerifiedMembership } from './certificate.ts'
import type { NetworkTrust, Organisation } from './organisation.ts'
import type { Milliseconds, PeerIdText } from '@srwan/interface'

/** Whom a revocation means. */
export type RevocationTarget =
  | { readonly peerId: PeerIdText }
  /** 32 hexadecimal digits of the certificate's serial. */
  | { readonly serial: string }
  | { readonly name: string }

/** A checked revocation. */
export interface Revocation {
  readonly number: number
  /** Certificates issued after this are not meant. */
  readonly issuedAt: Milliseconds
  readonly target: RevocationTarget
}

/**
 * Signs a revocation; hand it to any running node (`Node.revoke`).
 *
 * @param init.number - order of the organisation's revocations @default `issuedAt`
 * @throws InvalidInputError where the target is unusable
 */
export function revoke(
  organisation: Organisation,
  init: { readonly networkId: string; readonly target: RevocationTarget; readonly issuedAt: Milliseconds; readonly number?: number }
): Uint8Array {
  const empty = new Uint8Array(0)
  const payload = revocationCodec.encode({
    network: init.networkId,
    number: Math.round(init.number ?? init.issuedAt),
    issuedAt: Math.round(init.issuedAt),
    peer: empty,
    serial: empty,
    name: '',
    ...encodeTarget(init.target)
  })
  const signature = organisation.sign(signedOctets('srwan-revocation', init.networkId, payload))
  return encodeEnvelope({ payload, signer: organisation.publicKey, signature })
}

function encodeTarget(target: RevocationTarget): { peer: Uint8Array } | { serial: Uint8Array } | { name: string } {
  const source = 'revocation'
  if ('name' in target) return { name: checkName(target.name, { source, field: 'name' }) }
  if ('serial' in target) {
    if (!/^[0-9a-f]{32}$/.test(target.serial))
      throw new InvalidInputError({ source, field: 'serial' }, 'not a serial', { remedy: 'use 32 hexadecimal digits, as `srwan network members` shows' })
    return { serial: Buffer.from(target.serial, 'hex') }
  }
  try {
    return { peer: keyOfPeerId(target.peerId) }
  } catch (cause) {
    throw new InvalidInputError({ source, field: 'peerId' }, 'not the peer id of a node', { cause, remedy: 'use a name or peer id that `srwan network members` shows' })
  }
}

/** @throws MalformedMessageError, NotAuthorisedError; InvalidInputError where `network.organisation` is no key */
export function verifyRevocation(network: NetworkTrust, bytes: Uint8Array): Revocation {
  if (bytes.length > MAX_REVOCATION) throw new MalformedMessageError('revocation too long')
  const payload = revocationCodec.decode(openEnvelope('srwan-revocation', network.id, bytes, parseOrganisationKey(network.organisation)))
  if (payload.network !== network.id) throw new NotAuthorisedError('the revocation is of another network')
  return { number: payload.number, issuedAt: ms(payload.issuedAt), target: decodeTarget(payload) }
}

function decodeTarget(payload: { readonly peer: Uint8Array; readonly serial: Uint8Array; readonly name: string }): RevocationTarget {
  const given = [payload.peer.length > 0, payload.serial.length > 0, payload.name !== ''].filter(Boolean).length
  if (given !== 1) throw new MalformedMessageError('a revocation names exactly one target')
  if (payload.name !== '') return { name: payload.name }
  if (payload.serial.length === 16) return { serial: Buffer.from(payload.serial).toString('hex') }
  try {
    return { peerId: peerIdOfKey(payload.peer) }
  } catch (cause) {
    throw new MalformedMessageError('the revoked peer is no Ed25519 key', { cause })
  }
}

/** Does the revocation mean this membership? */
export function isRevokedBy(membership: VerifiedMembership, revocation: Revocation): boolean {
  const { target } = revocation
  if ('serial' in target) return target.serial === membership.serial
  if (membership.issuedAt > revocation.issuedAt) return false
  return 'peerId' in target ? target.peerId === membership.peerId : target.name === membership.name
}
