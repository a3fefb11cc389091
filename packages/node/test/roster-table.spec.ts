import { expect } from 'chai'
import fc from 'fast-check'
import { seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { acceptInvitation, createIdentity, createInvitation, createOrganisation, issueCertificate, revoke, signSite, verifySites } from '@srwan/membership'
import { signOwnRecord } from '../src/roster/own-record.ts'
import { RosterTable } from '../src/roster/roster-table.ts'
import type { Identity } from '@srwan/membership'
import type { RosterRecord } from '@srwan/wire'

const NOW = ms(1_750_000_000_000)
const organisation = createOrganisation(seededRandom(1))
const network = { id: 'acme', organisation: organisation.text }
const init = { networkId: 'acme', prefixes: [], issuedAt: NOW, notAfter: ms(NOW + 1e10) }
const random = seededRandom(2)
const observer = createIdentity(random)

function record(
  identity: Identity,
  options: { readonly number?: number; readonly registeredAt?: number; readonly membership?: Uint8Array; readonly name?: string; readonly prefixes?: readonly string[] } = {}
): Promise<RosterRecord> {
  const membership = options.membership ?? issueCertificate(organisation, { ...init, prefixes: options.prefixes ?? [], peerId: identity.peerId, name: options.name ?? 'n', random })
  const descriptor = { datapathKey: new Uint8Array(32).fill(options.number ?? 1), endpoints: [{ address: '192.0.2.1', port: 4801 }], multiaddrs: [], geo: {}, roles: [] }
  return signOwnRecord(identity, 'acme', { membership, descriptor, number: options.number ?? 1 }).then((signed) => ({ ...signed, registeredAt: options.registeredAt ?? NOW }))
}

const LIMIT = 20
const table = (limit?: number): RosterTable => new RosterTable(network, observer.peerId, limit)
const relayed = { direct: false, now: NOW }
const direct = { direct: true, now: NOW }
const ids = (of: RosterTable): readonly string[] => of.roster().members.map((member) => member.peerId)

describe('the roster table', () => {
  it('adds the prefixes that the network file lets a member serve, and gives them to nobody else', async () => {
    const [served, other] = [createIdentity(random), createIdentity(random)]
    const sites = verifySites(network, [signSite(organisation, { networkId: 'acme', router: served.peerId, prefix: '10.9.0.0/16' })])
    const withSites = new RosterTable({ ...network, sites }, observer.peerId)
    withSites.apply(await record(served, { prefixes: ['10.8.0.0/16'] }), relayed)
    withSites.apply(await record(other, { name: 'o' }), relayed)
    const prefixesOf = (identity: Identity): unknown => withSites.roster().members.find((member) => member.peerId === identity.peerId)?.prefixes
    expect(prefixesOf(served)).to.deep.equal(['10.8.0.0/16', '10.9.0.0/16'])
    expect(prefixesOf(other)).to.deep.equal([])
  })

  it('keeps members in the order of their SIDs, and fingerprints them', async () => {
    const [one, other] = [table(), table()]
    const records = await Promise.all(Array.from({ length: 5 }, () => record(createIdentity(random))))
    for (const each of records) one.apply(each, relayed)
    for (const each of [...records].reverse()) other.apply(each, relayed)
    const sids = one.roster().members.map((member) => member.sid)
    expect(sids).to.deep.equal([...sids].sort())
    expect(one.roster().fingerprint).to.equal(other.roster().fingerprint)
    expect(one.roster().fingerprint).to.be.within(0, 0xffffff)
    const before = one.roster().fingerprint
    one.apply(await record(createIdentity(random)), relayed)
    expect(one.roster().fingerprint).to.not.equal(before)
  })

  it('takes the higher number and never goes back', async () => {
    const identity = createIdentity(random)
    const membership = issueCertificate(organisation, { ...init, peerId: identity.peerId, name: 'n', random })
    const one = table()
    expect(one.apply(await record(identity, { membership, number: 5 }), relayed).kind).to.equal('news')
    expect(one.apply(await record(identity, { membership, number: 4 }), relayed).kind).to.equal('known')
    expect(one.apply(await record(identity, { membership, number: 6 }), relayed).kind).to.equal('news')
    expect(one.roster().members[0]?.descriptor.number).to.equal(6)
  })

  it('lets one peer use an invitation, the one registered first, whatever the order of messages', async () => {
    const line = createInvitation(organisation, { ...init, network: { ...network, bootstrap: [], parameters: {} }, name: 'branch', redeemBefore: ms(NOW + 1e6), random })
    const [first, second] = [createIdentity(random), createIdentity(random)]
    const early = await record(first, { membership: acceptInvitation(first, line, NOW).certificate, registeredAt: NOW - 1000 })
    const late = await record(second, { membership: acceptInvitation(second, line, NOW).certificate, registeredAt: NOW })
    for (const order of [
      [early, late],
      [late, early]
    ]) {
      const one = table()
      for (const each of order) one.apply(each, relayed)
      expect(ids(one)).to.deep.equal([first.peerId])
    }
    const one = table()
    one.apply(early, relayed)
    expect(one.apply(late, direct)).to.deep.include({ kind: 'refused', cause: 'conflict', holder: first.peerId })
  })

  it('refuses an invitation that was first used after its time, and keeps one that was used in time', async () => {
    const line = createInvitation(organisation, { ...init, network: { ...network, bootstrap: [], parameters: {} }, name: 'branch', redeemBefore: ms(NOW + 1000), random })
    const identity = createIdentity(random)
    const membership = acceptInvitation(identity, line, NOW).certificate
    expect(table().apply(await record(identity, { membership }), { direct: true, now: ms(NOW + 1001) })).to.deep.include({ kind: 'refused', cause: 'invalid' })
    expect(table().apply(await record(identity, { membership, registeredAt: NOW + 1001 }), { direct: false, now: ms(NOW + 5000) }).kind).to.equal('refused')
    const one = table()
    expect(one.apply(await record(identity, { membership, number: 1 }), { direct: true, now: ms(NOW + 999) }).kind).to.equal('news')
    expect(one.apply(await record(identity, { membership, number: 2 }), { direct: true, now: ms(NOW + 9999) }).kind).to.equal('news')
  })

  it('never has more members than its limit: those registered first', async () => {
    const records = await Promise.all(Array.from({ length: LIMIT + 3 }, (_, i) => record(createIdentity(random), { registeredAt: NOW - 1000 + i })))
    const [one, other] = [table(LIMIT), table(LIMIT)]
    for (const each of records) one.apply(each, relayed)
    for (const each of [...records].reverse()) other.apply(each, relayed)
    expect(ids(one)).to.have.lengthOf(LIMIT)
    expect(ids(one)).to.deep.equal(ids(other))
    expect(one.apply(records[LIMIT] as RosterRecord, relayed)).to.deep.include({ kind: 'refused', cause: 'full' })
  }).timeout(20_000)

  it('removes the revoked, and refuses them afterwards', async () => {
    const identity = createIdentity(random)
    const one = table()
    const each = await record(identity)
    one.apply(each, relayed)
    const bytes = revoke(organisation, { networkId: 'acme', target: { peerId: identity.peerId }, issuedAt: ms(NOW + 1) })
    expect(one.revoke(bytes)).to.deep.equal([identity.peerId])
    expect(one.revoke(bytes)).to.equal(undefined)
    expect(one.apply(each, direct)).to.deep.include({ kind: 'refused', cause: 'revoked' })
    const again = issueCertificate(organisation, { ...init, issuedAt: ms(NOW + 2), peerId: identity.peerId, name: 'n', random })
    expect(one.apply(await record(identity, { membership: again, number: 9 }), direct).kind).to.equal('news')
  })

  it('removes those whose certificate is over', async () => {
    const identity = createIdentity(random)
    const membership = issueCertificate(organisation, { ...init, notAfter: ms(NOW + 1000), peerId: identity.peerId, name: 'n', random })
    const one = table()
    one.apply(await record(identity, { membership }), relayed)
    expect(one.expire(ms(NOW + 999))).to.deep.equal([])
    expect(one.expire(ms(NOW + 1000))).to.deep.equal([identity.peerId])
  })

  it('gives a prefix of two certificates to one member only', async () => {
    const one = table()
    const older = createIdentity(random)
    const membership = issueCertificate(organisation, { ...init, issuedAt: ms(NOW - 1), prefixes: ['10.7.0.0/16'], peerId: older.peerId, name: 'o', random })
    one.apply(await record(createIdentity(random), { prefixes: ['10.7.0.0/16', '10.8.0.0/16'] }), relayed)
    one.apply(await record(older, { membership }), relayed)
    const owners = one.roster().members.filter((member) => member.prefixes.includes('10.7.0.0/16' as never))
    expect(owners.map((member) => member.peerId)).to.deep.equal([older.peerId])
  })

  it('refuses, and never throws for, any octets in any place', async () => {
    const good = await record(createIdentity(random))
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), fc.boolean(), fc.nat(), (octets, inMembership, place) => {
        const one = table()
        const base = inMembership ? good.membership : good.descriptor
        const spliced = Uint8Array.from(base)
        spliced.set(octets.subarray(0, spliced.length - (place % spliced.length)), place % spliced.length)
        const changed = !Buffer.from(spliced).equals(base)
        for (const candidate of [octets, spliced]) {
          const outcome = one.apply(inMembership ? { ...good, membership: candidate } : { ...good, descriptor: candidate }, direct)
          if (candidate !== spliced || changed) expect(outcome.kind).to.equal('refused')
        }
      }),
      { numRuns: 300 }
    )
  })

  it('comes to the same state for any order and repetition of messages', async () => {
    const line = createInvitation(organisation, { ...init, network: { ...network, bootstrap: [], parameters: {} }, name: 'shared', redeemBefore: ms(NOW + 1e6), random })
    const peers = Array.from({ length: 6 }, () => createIdentity(random))
    const memberships = peers.map((identity, i) =>
      i < 3 ? acceptInvitation(identity, line, NOW).certificate : issueCertificate(organisation, { ...init, peerId: identity.peerId, name: `n${i}`, random })
    )
    const records = await Promise.all(
      peers.flatMap((identity, i) => [1, 2].map((number) => record(identity, { membership: memberships[i] as Uint8Array, number, registeredAt: NOW - ((i * 7) % 5) })))
    )
    const revocation = revoke(organisation, { networkId: 'acme', target: { name: 'n4' }, issuedAt: ms(NOW + 1) })
    const play = (order: readonly number[]): RosterTable => {
      const one = table()
      for (const index of order) {
        const each = records[index]
        if (each === undefined) one.revoke(revocation)
        else one.apply(each, relayed)
      }
      return one
    }
    const all = Array.from({ length: records.length + 1 }, (_, i) => i)
    const expected = play([...all, ...all]).digest()
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), fc.shuffledSubarray(all), (order, more) => {
        expect(play([...order, ...more, ...all]).digest()).to.deep.equal(expected)
      }),
      { numRuns: 60 }
    )
  }).timeout(20_000)
})
