import { ms } from '@srwan/interface'
import type { PeerIdText } from '@srwan/interface'
import { expect } from 'chai'
import fc from 'fast-check'
import { LeaseTable } from '../../src/beyond/lease-table.ts'

const LIMITS = { all: 6, ofAsker: 2, ofGroup: 4 }
const router = (index: number): PeerIdText => `router-${index}` as PeerIdText
const asker = (index: number): PeerIdText => `asker-${index}` as PeerIdText
const request = (of: number, by: number, group = of): { router: PeerIdText; askedBy: PeerIdText; group: number } => ({ router: router(of), askedBy: asker(by), group })

describe('leases that are given', () => {
  it('end at the share of one asker, and begin anew when they expire', () => {
    const table = new LeaseTable(LIMITS)
    expect([0, 1, 2].map((of) => table.grant(request(of, 0), ms(100)))).to.deep.equal([true, true, false])
    expect(table.grant(request(2, 1), ms(100))).to.equal(true)
    table.expire(ms(100))
    expect(table.grant(request(2, 0), ms(200))).to.equal(true)
  })

  it('cost nothing more where somebody else has one: such a router is shared beyond the share', () => {
    const table = new LeaseTable(LIMITS)
    for (const of of [0, 1]) table.grant(request(of, 0), ms(100))
    for (const of of [2, 3]) table.grant(request(of, 1), ms(100))
    expect([2, 3].map((of) => table.grant(request(of, 0), ms(100)))).to.deep.equal([true, true])
    expect(table.grant(request(4, 0), ms(100)), 'its own two are still its own').to.equal(false)
    table.grant(request(0, 1), ms(100))
    expect(table.grant(request(4, 0), ms(100)), 'one of them is shared now').to.equal(true)
  })

  it('never pass their limits, whoever asks for what', () => {
    const step = fc.record({ of: fc.nat(11), by: fc.nat(3), group: fc.nat(2), at: fc.nat(50) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new LeaseTable(LIMITS)
        let now = 0
        for (const { of, by, at } of steps) {
          now += at
          table.expire(ms(now))
          const before = table.routers()
          const granted = table.grant(request(of, by, of % 3), ms(now + 100))
          if (!granted) expect(before.has(router(of))).to.equal(false)
          expect(table.routers().size).to.be.at.most(LIMITS.all)
          for (const group of [0, 1, 2]) expect([...table.routers()].filter((name) => Number(name.split('-')[1]) % 3 === group).length).to.be.at.most(LIMITS.ofGroup)
        }
      })
    )
  })
})
