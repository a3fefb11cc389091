import { expect } from 'chai'
import { askedShards } from '../../src/query/asked-shards.ts'
import { authorAt, memoryView, sidAt } from './memory-view.ts'
import type { DitexQuery } from '../../src/index.ts'

/** Two routers in each of the groups 2, 3 and 4; where they are says their country, and both of 3 are in one city, too. */
const COUNTRIES = ['DE', 'US', 'FR', 'FR', 'DE', 'AU']
const ROUTERS = COUNTRIES.map((country, index) => ({ peerId: authorAt(index), sid: sidAt(index), country, city: index >> 1 === 1 ? 'Paris' : `c${index}` }))
const { reader } = memoryView([], ROUTERS, 100)
const shards = {
  ownGroup: () => 2,
  groupOf: (author: string) => {
    const index = ROUTERS.findIndex(({ peerId }) => peerId === author)
    return index < 0 ? undefined : 2 + (index >> 1)
  },
  holders: () => Promise.resolve([])
}
const asked = (query: DitexQuery): unknown => {
  const { looked: _looked, ...rest } = askedShards(shards, reader, query)
  return rest
}
const between = (from: string, to: string, by: 'delay' | 'price' = 'delay'): DitexQuery => ({ bestOf: { from: { country: from }, to: { country: to }, by } })

describe('the shards that a question is about', () => {
  it('are that of the group it names, or the own one', () => {
    expect([asked({ group: 3 }), asked({ group: 2 }), asked({ kind: 'column' }), asked({ kind: 'listing', country: 'FR' }), asked({ arrived: true, country: 'FR' })]).to.deep.equal(
      [{ elsewhere: 3 }, {}, {}, {}, {}]
    )
  })

  it('are those of the authors whose columns are wanted', () => {
    expect(asked({ kind: 'column', author: sidAt(3) })).to.deep.equal({ elsewhere: 3 })
    expect(asked({ kind: 'column', author: sidAt(0) })).to.deep.equal({})
    expect(asked({ kind: 'column', country: 'FR' })).to.deep.equal({ elsewhere: 3 })
    expect(asked({ kind: 'column', city: 'paris' })).to.deep.equal({ elsewhere: 3 })
    expect(asked({ kind: 'column', country: 'DE' })).to.deep.equal({ named: { used: [2], missing: [4] } })
    expect(asked({ kind: 'column', country: 'DE', group: 4 })).to.deep.equal({ elsewhere: 4 })
    expect(asked({ kind: 'column', country: 'IT' })).to.deep.equal({})
  })

  it('are named where other kinds are wanted, too: those are held here', () => {
    expect(asked({ country: 'FR' })).to.deep.equal({ named: { used: [2], missing: [3] } })
    expect(asked({ author: sidAt(5), history: true })).to.deep.equal({ named: { used: [2], missing: [4] } })
  })

  it('are those with routers at both places, for the best by delay; prices are held everywhere', () => {
    expect(asked(between('FR', 'FR'))).to.deep.equal({ elsewhere: 3 })
    expect(asked(between('AU', 'DE'))).to.deep.equal({ elsewhere: 4 })
    expect(asked(between('DE', 'US'))).to.deep.equal({})
    expect(asked(between('DE', 'FR')), 'no group has both').to.deep.equal({})
    expect(asked(between('DE', 'DE')), 'one router of each group').to.deep.equal({})
    expect(asked(between('AU', 'DE', 'price'))).to.deep.equal({})
    const everywhere: DitexQuery = { bestOf: { from: { country: 'DE' }, to: { router: sidAt(1) }, by: 'delay' } }
    expect(asked(everywhere)).to.deep.equal({})
  })
})
