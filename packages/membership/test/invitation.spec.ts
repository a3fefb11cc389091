import { expect } from 'chai'
import fc from 'fast-check'
import { ms } from '@srwan/interface'
import { acceptInvitation, createIdentity, createInvitation, createOrganisation, parseInvitation, verifyCertificate } from '@srwan/membership'

const DOCUMENTED = ['ERR_INVALID_INPUT']
const NOW = ms(1_750_000_000_000)
const HOUR = 3_600_000
const organisation = createOrganisation()
const network = {
  id: 'acme',
  organisation: organisation.text,
  bootstrap: ['/ip4/203.0.113.5/tcp/4801/p2p/12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq'],
  parameters: { pulseInterval: '10s', maxTransits: 3 }
}
const line = createInvitation(organisation, {
  network,
  name: 'branch-7',
  prefixes: ['10.7.0.0/16'],
  issuedAt: NOW,
  notAfter: ms(NOW + 1000 * HOUR),
  redeemBefore: ms(NOW + 24 * HOUR)
})

function codeOf(action: () => unknown): string | undefined {
  try {
    action()
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
  return undefined
}

describe('an invitation', () => {
  it('lets its taker prove its membership offline', () => {
    const identity = createIdentity()
    const { invitation, certificate } = acceptInvitation(identity, ` ${line}\n`, NOW)
    expect(invitation.network).to.deep.equal(network)
    expect(verifyCertificate(network, certificate, NOW)).to.deep.include({ peerId: identity.peerId, name: 'branch-7', prefixes: ['10.7.0.0/16'] })
    expect(certificate.length).to.be.lessThan(600)
  })

  it('fits on a line that people can paste', () => {
    expect(line).to.match(/^srwan-invite:[A-Za-z0-9_-]+$/)
    expect(line.length).to.be.lessThan(900)
  })

  it('expires', () => {
    expect(codeOf(() => parseInvitation(line, ms(NOW + 24 * HOUR - 1)))).to.equal(undefined)
    expect(() => parseInvitation(line, ms(NOW + 24 * HOUR)))
      .to.throw('expired')
      .with.property('code', 'ERR_INVALID_INPUT')
  })

  it('is refused where any of its characters is another', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let i = 0; i < line.length; i++) {
      for (const step of [1, 7, 32]) {
        const other = alphabet[(alphabet.indexOf(line[i] ?? '') + step + 64) % 64] ?? ''
        if (other === line[i]) continue
        expect(
          codeOf(() => parseInvitation(line.slice(0, i) + other + line.slice(i + 1), NOW)),
          `character ${i}`
        ).to.be.oneOf(DOCUMENTED)
      }
    }
  })

  it('is refused where it is cut off or continued', () => {
    for (let length = 0; length < line.length; length += 3) expect(codeOf(() => parseInvitation(line.slice(0, length), NOW))).to.be.oneOf(DOCUMENTED)
    expect(codeOf(() => parseInvitation(`${line}AAAA`, NOW))).to.be.oneOf(DOCUMENTED)
  })

  it('gives nothing but the documented error for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String().map((text) => `srwan-invite:${text}`),
          fc.uint8Array({ maxLength: 300 }).map((octets) => `srwan-invite:${Buffer.from(octets).toString('base64url')}`)
        ),
        (text) => {
          expect(codeOf(() => parseInvitation(text, NOW))).to.be.oneOf(DOCUMENTED)
        }
      ),
      { numRuns: 500 }
    )
  })

  it('is made only by the organisation of the network', () => {
    const other = createOrganisation()
    expect(codeOf(() => createInvitation(other, { network, name: 'x', prefixes: [], issuedAt: NOW, notAfter: ms(NOW + HOUR), redeemBefore: ms(NOW + HOUR) }))).to.equal(
      'ERR_INVALID_INPUT'
    )
  })
})
