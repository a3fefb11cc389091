import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ms } from '@srwan/interface'
import {
  acceptInvitation,
  createIdentity,
  createOrganisation,
  issueCertificate,
  overlayAddressOf,
  parseInvitation,
  peerDigest,
  revoke,
  sidOf,
  verifyCertificate,
  verifyRevocation
} from '@srwan/membership'
import { decodeDescriptor, decodeEnvelope, signedOctets } from '@srwan/wire'
import type { PeerIdText, Random } from '@srwan/interface'

interface Vectors {
  readonly networkId: string
  readonly organisation: { readonly seed: string; readonly text: string }
  readonly identities: readonly {
    readonly seed: string
    readonly publicKey: string
    readonly peerId: PeerIdText
    readonly digest: string
    readonly sid: string
    readonly overlayAddress: string
  }[]
  readonly signedOctets: { readonly payload: string; readonly octets: string }
  readonly certificate: {
    readonly subject: PeerIdText
    readonly name: string
    readonly prefixes: readonly string[]
    readonly serial: string
    readonly issuedAt: number
    readonly notAfter: number
    readonly membership: string
  }
  readonly invitation: { readonly line: string; readonly redeemBefore: number; readonly acceptedBy: string; readonly membership: string }
  readonly revocation: { readonly target: PeerIdText; readonly number: number; readonly issuedAt: number; readonly envelope: string }
  readonly descriptor: { readonly content: { readonly number: number; readonly roles: readonly string[]; readonly geo: object }; readonly envelope: string }
}

const vectors = JSON.parse(readFileSync(new URL('../../spec/vectors/identity.json', import.meta.url), 'utf8')) as Vectors
const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const seeded = (seed: string): Random => ({ next: () => 0, bytes: () => Buffer.from(seed, 'hex') })
const constant = (octet: number): Random => ({ next: () => 0, bytes: (length) => new Uint8Array(length).fill(octet) })
const organisation = createOrganisation(seeded(vectors.organisation.seed))
const network = { id: vectors.networkId, organisation: vectors.organisation.text }

describe('identity vectors', () => {
  it('derive peer id, digest, SID and overlay address from a seed', () => {
    for (const expected of vectors.identities) {
      const identity = createIdentity(seeded(expected.seed))
      expect(hex(identity.publicKey)).to.equal(expected.publicKey)
      expect(identity.peerId).to.equal(expected.peerId)
      expect(hex(peerDigest(expected.peerId))).to.equal(expected.digest)
      expect([sidOf(expected.peerId), identity.sid]).to.deep.equal([expected.sid, expected.sid])
      expect([overlayAddressOf(expected.peerId), identity.overlayAddress]).to.deep.equal([expected.overlayAddress, expected.overlayAddress])
    }
  })

  it('sign these octets', () => {
    expect(organisation.text).to.equal(vectors.organisation.text)
    expect(hex(signedOctets('srwan-descriptor', vectors.networkId, Buffer.from(vectors.signedOctets.payload, 'hex')))).to.equal(vectors.signedOctets.octets)
  })

  it('make this certificate', () => {
    const { subject, name, prefixes, serial, issuedAt, notAfter, membership } = vectors.certificate
    const issued = issueCertificate(organisation, {
      networkId: vectors.networkId,
      peerId: subject,
      name,
      prefixes,
      issuedAt: ms(issuedAt),
      notAfter: ms(notAfter),
      random: constant(9)
    })
    expect(hex(issued)).to.equal(membership)
    expect(verifyCertificate(network, Buffer.from(membership, 'hex'), ms(issuedAt + 1))).to.deep.equal({ peerId: subject, name, prefixes, serial, issuedAt, notAfter })
  })

  it('make this membership out of this invitation', () => {
    const { line, redeemBefore, acceptedBy, membership } = vectors.invitation
    const now = ms(1_700_000_001_000)
    expect(parseInvitation(line, now)).to.deep.include({ name: 'branch-7', redeemBefore })
    const joiner = vectors.identities.find((identity) => identity.peerId === acceptedBy)
    const accepted = acceptInvitation({ publicKey: Buffer.from(joiner?.publicKey ?? '', 'hex') }, line, now)
    expect(hex(accepted.certificate)).to.equal(membership)
    expect(verifyCertificate(network, accepted.certificate, now)).to.deep.include({ peerId: acceptedBy, redeemBefore })
  })

  it('make this revocation', () => {
    const { target, number, issuedAt, envelope } = vectors.revocation
    expect(hex(revoke(organisation, { networkId: vectors.networkId, target: { peerId: target }, issuedAt: ms(issuedAt), number }))).to.equal(envelope)
    expect(verifyRevocation(network, Buffer.from(envelope, 'hex'))).to.deep.equal({ number, issuedAt, target: { peerId: target } })
  })

  it('decode this descriptor', () => {
    const { content } = decodeDescriptor(decodeEnvelope(Buffer.from(vectors.descriptor.envelope, 'hex')).payload)
    expect(content).to.deep.include({ number: vectors.descriptor.content.number, roles: vectors.descriptor.content.roles, geo: vectors.descriptor.content.geo })
  })
})
