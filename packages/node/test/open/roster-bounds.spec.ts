import { seededRandom } from '@srwan/clock'
import { networkOf } from '@srwan/groups'
import { ms } from '@srwan/interface'
import { OPEN_DESCRIPTOR_LIFETIME, createIdentity, createOrganisation, issueCertificate } from '@srwan/membership'
import { expect } from 'chai'
import { signOwnRecord } from '../../src/roster/own-record.ts'
import { RosterTable } from '../../src/roster/roster-table.ts'
import type { Identity } from '@srwan/membership'
import type { RosterRecord } from '@srwan/wire'

const ID = 'open'
const NOW = ms(1_750_000_000_000)
const NOBODY = new Uint8Array(0)
const random = seededRandom(3)
const observer = createIdentity(random)
const proven = { direct: false, now: NOW, proven: true }
const told = { direct: false, now: NOW }

interface Said {
  readonly address?: string
  readonly number?: number
  readonly asn?: number
  readonly membership?: Uint8Array
}

async function record(identity: Identity, { address = '192.0.2.1', number = NOW, asn, membership = NOBODY }: Said = {}): Promise<RosterRecord> {
  const endpoints = address === '' ? [] : [{ address, port: 4801 }]
  const descriptor = { datapathKey: new Uint8Array(32), endpoints, multiaddrs: [], geo: asn === undefined ? {} : { asn }, roles: [] }
  return { ...(await signOwnRecord(identity, ID, { membership, descriptor, number })), registeredAt: NOW }
}

async function tableWithSelf(limit?: number): Promise<RosterTable> {
  const table = new RosterTable({ id: ID }, observer.peerId, limit)
  table.apply(await record(observer, { address: '198.51.100.1' }), { direct: true, now: NOW })
  return table
}

const ids = (table: RosterTable): string[] => table.entries().map(({ member }) => member.peerId)

describe('the roster of an open network', function () {
  this.timeout(30_000)
  it('counts whose address is proven; whoever is only told of is not taken yet', async () => {
    const table = await tableWithSelf()
    const identity = createIdentity(random)
    expect(table.apply(await record(identity), told)).to.have.property('kind', 'unproven')
    expect(ids(table)).to.deep.equal([observer.peerId])
    expect(table.apply(await record(identity), proven)).to.include({ kind: 'news', peerId: identity.peerId })
    expect(table.apply(await record(identity, { number: NOW + 1 }), told), 'news of a router that counts').to.have.property('kind', 'news')
    expect(table.apply(await record(identity, { number: NOW + 2, address: '203.0.113.1' }), told), 'it names another address').to.have.property('kind', 'unproven')
    expect(table.entry(identity.peerId)?.member.descriptor.endpoints[0]?.address).to.equal('192.0.2.1')
  })

  it('keeps two of a flood from one /24 and one /48, in any order the same, and never more than its limit', async () => {
    const flood = await Promise.all(
      Array.from({ length: 80 }, (_, i) => record(createIdentity(random), { address: i % 2 === 0 ? `203.0.113.${i % 256}` : `2001:db8:5:${i.toString(16)}::1` }))
    )
    const [one, other] = [await tableWithSelf(), await tableWithSelf()]
    for (const each of flood) {
      one.apply(each, proven)
      expect(one.entries().length).to.be.at.most(5)
    }
    for (const each of [...flood].reverse()) other.apply(each, proven)
    expect(ids(one).sort()).to.deep.equal(ids(other).sort())
    const networks = one.entries().map(({ member }) => networkOf(member.descriptor.endpoints[0]?.address ?? ''))
    expect(networks.sort()).to.deep.equal(['198.51.100', '2001:db8:5', '2001:db8:5', '203.0.113', '203.0.113'])
    const spread = await Promise.all(Array.from({ length: 30 }, (_, i) => record(createIdentity(random), { address: `10.${i}.0.1`, asn: i })))
    const full = await tableWithSelf(10)
    for (const each of spread) full.apply(each, proven)
    expect(full.entries()).to.have.lengthOf(10)
    expect(ids(full)).to.include(observer.peerId)
  })

  it('says who gave way, and refuses the others before anybody tries their addresses', async () => {
    const table = await tableWithSelf()
    const records = await Promise.all(Array.from({ length: 30 }, (_, i) => record(createIdentity(random), { address: `203.0.113.${i}` })))
    const outcomes = records.map((each) => table.apply(each, proven))
    const ousted = outcomes.flatMap((outcome) => (outcome.kind === 'news' ? (outcome.ousted ?? []) : []))
    const taken = outcomes.filter(({ kind }) => kind === 'news').length
    expect(taken - ousted.length).to.equal(2)
    for (const peerId of ousted) expect(ids(table)).to.not.include(peerId)
    expect(outcomes.filter(({ kind }) => kind === 'refused').length).to.equal(30 - taken)
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.kind === 'refused') expect(table.apply(records[i] as RosterRecord, told)).to.include({ kind: 'refused', cause: 'bounded' })
    }
  })

  it('takes no certificate, no revocation, no descriptor of another key, of another network, without address, from the future or too old', async () => {
    const table = await tableWithSelf()
    const identity = createIdentity(random)
    const organisation = createOrganisation(random)
    const certificate = issueCertificate(organisation, {
      networkId: ID,
      name: 'n',
      prefixes: ['10.0.0.0/8'],
      issuedAt: NOW,
      notAfter: ms(NOW + 1e9),
      peerId: identity.peerId,
      random
    })
    const refused: Record<string, RosterRecord> = {
      'a certificate': await record(identity, { membership: certificate }),
      'no address': await record(identity, { address: '' }),
      'the future': await record(identity, { number: NOW + 25 * 3_600_000 }),
      'too old': await record(identity, { number: NOW - OPEN_DESCRIPTOR_LIFETIME })
    }
    const good = await record(identity)
    const changed = Uint8Array.from(good.descriptor)
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1
    refused['a wrong signature'] = { ...good, descriptor: changed }
    for (const [name, each] of Object.entries(refused)) expect(table.apply(each, proven), name).to.include({ kind: 'refused', cause: 'invalid' })
    expect(() => table.revoke(new Uint8Array(100))).to.throw('nobody who could revoke')
    const elsewhere = new RosterTable({ id: 'other' }, observer.peerId)
    expect(elsewhere.apply(good, proven)).to.include({ kind: 'refused', cause: 'invalid' })
    const closed = new RosterTable({ id: ID, organisation: organisation.text }, observer.peerId)
    expect(closed.apply(good, proven), 'in a private network a descriptor alone is nothing').to.include({ kind: 'refused', cause: 'invalid' })
  })

  it('forgets who is silent for three days; this node itself stays', async () => {
    const table = await tableWithSelf()
    const identity = createIdentity(random)
    table.apply(await record(identity), proven)
    expect(table.expire(ms(NOW + OPEN_DESCRIPTOR_LIFETIME - 1))).to.deep.equal([])
    expect(table.expire(ms(NOW + OPEN_DESCRIPTOR_LIFETIME))).to.deep.equal([identity.peerId])
    expect(ids(table)).to.deep.equal([observer.peerId])
  })
})
