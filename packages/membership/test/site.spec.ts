import { expect } from 'chai'
import { createIdentity, createOrganisation, signSite, verifySites } from '../src/index.ts'

const organisation = createOrganisation()
const network = { id: 'acme', organisation: organisation.text }
const router = createIdentity().peerId
const site = signSite(organisation, { networkId: 'acme', router, prefix: '10.20.0.0/16' })

describe('site prefixes in a network file', () => {
  it('are granted to the router that the organisation named, several to one', () => {
    const other = signSite(organisation, { networkId: 'acme', router, prefix: '10.21.0.0/16' })
    expect([...verifySites(network, [site, other])]).to.deep.equal([[router, ['10.20.0.0/16', '10.21.0.0/16']]])
  })

  const forged = {
    'another prefix': { ...site, prefix: '10.0.0.0/8' },
    'another router': { ...site, router: createIdentity().peerId },
    'a signature of somebody else': signSite(createOrganisation(), { networkId: 'acme', router, prefix: '10.20.0.0/16' }),
    'a signature for another network': signSite(organisation, { networkId: 'other', router, prefix: '10.20.0.0/16' }),
    'no signature at all': { ...site, signature: '' }
  }
  for (const [what, entry] of Object.entries(forged)) {
    it(`are refused with ${what}, naming the entry`, () => {
      expect(() => verifySites(network, [site, entry]))
        .to.throw()
        .that.includes({ code: 'ERR_INVALID_INPUT', field: 'sites.1' })
    })
  }

  it('are never signed for the overlay itself, everything, or what is no node', () => {
    for (const prefix of ['fd53:5257::/48', '0.0.0.0/0', '127.0.0.0/8']) {
      expect(() => signSite(organisation, { networkId: 'acme', router, prefix }))
        .to.throw()
        .with.property('code', 'ERR_INVALID_INPUT')
    }
    expect(() => signSite(organisation, { networkId: 'acme', router: 'nobody' as typeof router, prefix: '10.0.0.0/16' }))
      .to.throw()
      .with.property('code', 'ERR_INVALID_INPUT')
  })
})
