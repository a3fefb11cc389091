import { expect } from 'chai'
import fc from 'fast-check'
import { BoundedUnion, admitByStake, boundedUnion, networkOf } from '../src/index.ts'
import { fakePeerIds } from './routers.ts'
import { simulateSybils } from './sybils.ts'
import type { Defence, SybilFigures } from './sybils.ts'
import type { PeerIdText } from '@srwan/interface'

const LONG = process.env['SRWAN_CAMPAIGN'] === 'sybils'
const SEEDS = LONG ? [1, 2, 3, 4, 5] : [1]
const HONEST = LONG ? 5000 : 1000

const row = (name: string, figures: SybilFigures): string =>
  `        ${name.padEnd(34)} ${[figures.seats, figures.selections, figures.votes, figures.worst, figures.majorities, figures.guests].map((value) => `${(100 * value).toFixed(2)} %`.padStart(10)).join('')}\n`

describe('half of all identities hostile', function () {
  this.timeout(LONG ? 1_800_000 : 60_000)
  const run = (defence: Defence, stakeShare = 0.01, reach = { networks: 250, asns: 3 }): SybilFigures => {
    const all = SEEDS.map((seed) => simulateSybils(defence, { honest: HONEST, seed, stakeShare, ...reach }))
    const mean = (field: keyof SybilFigures): number => all.reduce((sum, figures) => sum + figures[field], 0) / all.length
    const most = (field: keyof SybilFigures): number => Math.max(...all.map((figures) => figures[field]))
    return { seats: mean('seats'), selections: mean('selections'), votes: mean('votes'), worst: most('worst'), majorities: mean('majorities'), guests: most('guests') }
  }

  before(() => {
    process.stdout.write(`        ${'hostile share of'.padEnd(34)} ${['seats', 'relays', 'votes', 'worst', 'groups', 'guests'].map((name) => name.padStart(10)).join('')}\n`)
  })

  it('1 % of the stake gets 1 % of selections and votes and no group, whatever number of identities shares it', () => {
    for (const stakeShare of [0.01, 0.1, 0.33]) {
      const figures = run('stake quota', stakeShare)
      process.stdout.write(row(`stake quota, ${100 * stakeShare} % of stake`, figures))
      expect(figures.votes).to.be.at.most(stakeShare * 1.02)
      expect(figures.selections).to.be.at.most(stakeShare * 1.1 + 0.004)
      expect(figures.guests).to.be.at.most(0.1)
      expect(figures.majorities).to.be.at.most(stakeShare < 0.3 ? 0 : 0.1)
    }
  })

  it('without a bond they are the half, and the caps by network and AS are all that there is', () => {
    const open = run('none')
    process.stdout.write(row('no defence', open))
    expect(open.worst, 'of the group that they drew best').to.be.above(0.5)
    expect(open.majorities, 'groups that are theirs').to.be.within(0.2, 0.8)
    expect(open.guests, 'on the day of the flood').to.be.at.most(0.1)
    const capped = run('union of views', 0, { networks: 20, asns: 1 })
    process.stdout.write(row('union of views, 20 networks', capped))
    expect(capped.seats).to.be.at.most(40 / (HONEST + 40) + 0.001)
    expect(capped.majorities).to.equal(0)
    const one = run('union of views', 0, { networks: 1, asns: 1 })
    process.stdout.write(row('union of views, 1 network', one))
    expect(one.seats).to.be.at.most(2 / HONEST)
    process.stdout.write(row('union of views, 250 networks', run('union of views')))
  })
})

describe('seats by stake', () => {
  const [a, b, c] = fakePeerIds(3)
  if (a === undefined || b === undefined || c === undefined) throw new Error('three routers')

  it('go to the greatest bonds; weight is in proportion, at most 10 %', () => {
    const quota = { seats: 2, bond: 10n }
    expect(admitByStake([{ peerId: a, stake: 9n }], quota)).to.deep.equal([])
    const seated = admitByStake(
      [
        { peerId: a, stake: 100n },
        { peerId: b, stake: 900n },
        { peerId: c, stake: 400n }
      ],
      quota
    )
    expect(seated.map(({ peerId }) => peerId).sort()).to.deep.equal([b, c].sort())
    expect(seated.map(({ weight }) => weight)).to.deep.equal([0.1, 0.1])
    expect(
      admitByStake(
        [
          { peerId: a, stake: -5n },
          { peerId: b, stake: 0n }
        ],
        { seats: 4, bond: 0n }
      )
    ).to.deep.equal([])
  })
})

describe('a union of views', () => {
  it('is the same whatever the order, and keeps its caps by /24, /48 and AS', () => {
    const seen = fakePeerIds(400).map((peerId, i) => ({ peerId, address: i % 2 === 0 ? `10.0.${i % 20}.${i % 250}` : `2001:db8:${(i % 30).toString(16)}::${i}`, asn: i % 7 }))
    const bounds = { routers: 100, perNetwork: 3, asnShare: 0.08 }
    const union = boundedUnion('x', seen, bounds)
    expect(boundedUnion('x', [...seen].reverse(), bounds)).to.deep.equal(union)
    const count = (key: (router: (typeof union)[number]) => unknown): number => {
      const counts = new Map<unknown, number>()
      for (const router of union) counts.set(key(router), (counts.get(key(router)) ?? 0) + 1)
      return Math.max(...counts.values())
    }
    expect(count(({ address }) => networkOf(address))).to.be.at.most(3)
    expect(count(({ asn }) => asn)).to.equal(8)
    expect(union.length).to.equal(56)
  })

  it('grows one router at a time, in any order, to the same and never beyond its bounds', () => {
    const peerIds = fakePeerIds(60, 'grown ')
    const bounds = { routers: 12, perNetwork: 2, asnShare: 0.34 }
    // Two networks share an autonomous system, each network lies in one.
    const routers = peerIds.map((peerId, i) => ({ peerId, address: `10.0.${i % 14}.${i}`, asn: Math.floor((i % 14) / 2) }))
    const grown = fc.shuffledSubarray(routers)
    fc.assert(
      fc.property(grown, (seen) => {
        const union = new BoundedUnion('x', bounds)
        for (const router of seen) {
          const fit = union.fit(router)
          if (!fit.fits) continue
          for (const peerId of fit.ousted) union.delete(peerId)
          union.set(router)
          if (union.list().length > bounds.routers) throw new Error('too many')
        }
        expect(union.list()).to.deep.equal(boundedUnion('x', seen, bounds))
      })
    )
  })

  it('counts a router once, wherever it moves, and one stays whatever comes', () => {
    const [first, second, third] = fakePeerIds(3, 'moved ') as [PeerIdText, PeerIdText, PeerIdText]
    const union = new BoundedUnion('x', { perNetwork: 1, routers: 40 })
    union.set({ peerId: first, address: '10.0.0.1' })
    union.set({ peerId: first, address: '10.0.1.1' })
    expect(union.fit({ peerId: second, address: '10.0.0.7' })).to.deep.equal({ fits: true, ousted: [] })
    const fits = [second, third].map((peerId) => union.fit({ peerId, address: '10.0.1.7' }, first))
    expect(fits).to.deep.equal([
      { fits: false, full: 'network' },
      { fits: false, full: 'network' }
    ])
    expect(union.fit({ peerId: first, address: '10.0.1.9' })).to.deep.equal({ fits: true, ousted: [] })
  })

  it('an IPv6 address counts as its /48, however it is written', () => {
    expect(['2001:db8:1::5', '2001:0db8:0001:ffff:0:0:0:1', '2001:DB8:1:2::'].map(networkOf)).to.deep.equal(['2001:db8:1', '2001:db8:1', '2001:db8:1'])
    expect([networkOf('::1'), networkOf('192.0.2.77'), networkOf('2001::')]).to.deep.equal(['0:0:0', '192.0.2', '2001:0:0'])
  })
})
