import { expect } from 'chai'
import fc from 'fast-check'
import { ms } from '@srwan/interface'
import {
  acceptInvitation,
  checkSitePrefix,
  createIdentity,
  createInvitation,
  createOrganisation,
  isRevokedBy,
  issueCertificate,
  revoke,
  verifyCertificate,
  verifyRevocation,
  verifySignature
} from '@srwan/membership'

const DOCUMENTED = ['ERR_MALFORMED_MESSAGE', 'ERR_NOT_AUTHORISED']
const NOW = ms(1_750_000_000_000)
const YEAR = 365 * 86_400_000
const organisation = createOrganisation()
const network = { id: 'acme', organisation: organisation.text }
const identity = createIdentity()
const init = { networkId: 'acme', name: 'fra', prefixes: ['10.20.0.0/16'], issuedAt: NOW, notAfter: ms(NOW + YEAR) }
const direct = issueCertificate(organisation, { ...init, peerId: identity.peerId })
const line = createInvitation(organisation, { ...init, network: { ...network, bootstrap: [], parameters: {} }, redeemBefore: ms(NOW + 1000) })
const invited = acceptInvitation(identity, line, NOW).certificate

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return undefined
}

describe('a certificate', () => {
  it('is refused where any bit is another', () => {
    for (const membership of [direct, invited]) {
      for (let bit = 0; bit < membership.length * 8; bit++) {
        const tampered = Uint8Array.from(membership)
        tampered[bit >> 3] = (tampered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(
          codeOf(() => verifyCertificate(network, tampered, NOW)),
          `bit ${bit}`
        ).to.be.oneOf(DOCUMENTED)
      }
    }
  })

  it('gives nothing but the documented errors for any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (octets) => {
        expect(codeOf(() => verifyCertificate(network, octets, NOW))).to.be.oneOf(DOCUMENTED)
        expect(codeOf(() => verifyRevocation(network, octets))).to.be.oneOf(DOCUMENTED)
      }),
      { numRuns: 500 }
    )
  })

  it('counts in its own network and under its own organisation only', () => {
    expect(codeOf(() => verifyCertificate({ ...network, id: 'acme2' }, direct, NOW))).to.equal('ERR_NOT_AUTHORISED')
    expect(codeOf(() => verifyCertificate({ ...network, organisation: createOrganisation().text }, direct, NOW))).to.equal('ERR_NOT_AUTHORISED')
  })

  it('is over at its date and not before it was issued', () => {
    expect(codeOf(() => verifyCertificate(network, direct, ms(NOW + YEAR - 1)))).to.equal(undefined)
    expect(codeOf(() => verifyCertificate(network, direct, ms(NOW + YEAR)))).to.equal('ERR_NOT_AUTHORISED')
    expect(codeOf(() => verifyCertificate(network, direct, ms(NOW - 2 * 86_400_000)))).to.equal('ERR_NOT_AUTHORISED')
  })

  it('is not issued with a bad name, date or peer id', () => {
    for (const name of ['', '-a', 'a-', 'a b', 'a/b', 'ä', 'x'.repeat(64), '../etc']) {
      expect(
        codeOf(() => issueCertificate(organisation, { ...init, peerId: identity.peerId, name })),
        name
      ).to.equal('ERR_INVALID_INPUT')
    }
    expect(codeOf(() => issueCertificate(organisation, { ...init, peerId: identity.peerId, notAfter: NOW }))).to.equal('ERR_INVALID_INPUT')
    expect(codeOf(() => issueCertificate(organisation, { ...init, peerId: '12D3KooWnope' as never }))).to.equal('ERR_INVALID_INPUT')
  })

  it('never holds a prefix of the overlay, of nobody or of everybody', () => {
    for (const prefix of [
      '0.0.0.0/0',
      '::/0',
      '0.0.0.0/1',
      'fd53:5257::/32',
      'fd53:5257:1::/48',
      'fd00::/8',
      '127.0.0.0/8',
      '127.1.2.0/24',
      '::1/128',
      '224.0.0.0/4',
      '239.1.0.0/16',
      'ff02::/16',
      'fe80::/64',
      '169.254.0.0/16',
      '::ffff:10.0.0.0/104',
      '10.0.0.1/16',
      '10.0.0.0/33',
      '10.0.0.0',
      'x/8',
      '10.0.0.0/08',
      '10.0.0.0/8/8'
    ]) {
      expect(
        codeOf(() => checkSitePrefix(prefix, { source: 'test' })),
        prefix
      ).to.equal('ERR_INVALID_INPUT')
    }
    expect(checkSitePrefix('2001:DB8:0:0::/48', { source: 'test' })).to.equal('2001:db8::/48')
    expect(checkSitePrefix('10.7.0.0/16', { source: 'test' })).to.equal('10.7.0.0/16')
  })
})

describe('a revocation', () => {
  const verified = verifyCertificate(network, direct, NOW)
  it('means the peer, the name or the serial that it names', () => {
    for (const target of [{ peerId: identity.peerId }, { name: 'fra' }, { serial: verified.serial }]) {
      const revocation = verifyRevocation(network, revoke(organisation, { networkId: 'acme', target, issuedAt: ms(NOW + 1) }))
      expect(isRevokedBy(verified, revocation), JSON.stringify(target)).to.equal(true)
    }
    for (const target of [{ peerId: createIdentity().peerId }, { name: 'chi' }, { serial: '00'.repeat(16) }]) {
      const revocation = verifyRevocation(network, revoke(organisation, { networkId: 'acme', target, issuedAt: ms(NOW + 1) }))
      expect(isRevokedBy(verified, revocation), JSON.stringify(target)).to.equal(false)
    }
  })

  it('does not mean a certificate that was issued later: a member may be invited again', () => {
    const revocation = verifyRevocation(network, revoke(organisation, { networkId: 'acme', target: { name: 'fra' }, issuedAt: ms(NOW - 1) }))
    expect(isRevokedBy(verified, revocation)).to.equal(false)
  })

  it('is refused where any bit is another or the organisation is', () => {
    const bytes = revoke(organisation, { networkId: 'acme', target: { name: 'fra' }, issuedAt: NOW })
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const tampered = Uint8Array.from(bytes)
      tampered[bit >> 3] = (tampered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(
        codeOf(() => verifyRevocation(network, tampered)),
        `bit ${bit}`
      ).to.be.oneOf(DOCUMENTED)
    }
    expect(codeOf(() => verifyRevocation(network, revoke(createOrganisation(), { networkId: 'acme', target: { name: 'fra' }, issuedAt: NOW })))).to.equal('ERR_NOT_AUTHORISED')
  })
})

describe('a signature', () => {
  it('verifies by the peer id alone, and never rejects', async () => {
    const data = Buffer.from('pulse')
    const signature = await identity.sign(data)
    expect(await verifySignature(identity.peerId, data, signature)).to.equal(true)
    expect(await verifySignature(createIdentity().peerId, data, signature)).to.equal(false)
    expect(await verifySignature('nobody' as never, data, signature)).to.equal(false)
    expect(await verifySignature(identity.peerId, data, new Uint8Array(3))).to.equal(false)
  })
})
