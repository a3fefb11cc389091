import { expect } from 'chai'
import { peerIdText } from '@srwan/interface'
import { AnchoredRouters } from '../../src/trie/anchored-routers.ts'
import type { PeerIdText } from '@srwan/interface'

const [a, b, c] = ['a', 'b', 'c'].map((name) => peerIdText(`12D3KooW${name.repeat(44)}`)) as [PeerIdText, PeerIdText, PeerIdText]

/** Who wrote a router entry in which epoch; ttl 192 unless said, 0 takes back. */
type Said = readonly { readonly author: PeerIdText; readonly epoch: number; readonly ttl?: number }[]

function routersOf(said: Said): AnchoredRouters {
  const held = (epoch: number): Said => said.filter((one) => one.epoch === epoch)
  const head = { incarnation: 0, seq: 1 }
  const routers = new AnchoredRouters({
    replica: {
      heads: (_: string, epoch: number) => held(epoch),
      view: {
        history: (author: PeerIdText) =>
          said.filter((one) => one.author === author).map(({ epoch, ttl = 192 }) => ({ epoch, scope: 'global', incarnation: 0, seq: 1, ttl, takesBack: ttl === 0 }))
      }
    },
    roster: { position: () => new Uint8Array(32) },
    tries: { epochTrie: () => ({ get: () => ({ item: { heads: { global: head } } }) }) }
  } as never)
  for (const { epoch } of said) routers.note(epoch)
  return routers
}

describe('routers of an anchored epoch', () => {
  it('are those whose last entry counts in the epoch after it', () => {
    const routers = routersOf([
      { author: a, epoch: 10 },
      { author: b, epoch: 10, ttl: 3 },
      { author: c, epoch: 11 },
      { author: a, epoch: 12, ttl: 0 }
    ])
    expect([9, 10, 11, 12, 13].map((epoch) => routers.at(epoch))).to.deep.equal([[], [a, b], [a, b, c], [c], [c]])
  })

  it('a proven state counts instead of what was noted before it: of those who joined later, entries may be missing', () => {
    const routers = routersOf([
      { author: a, epoch: 10 },
      { author: c, epoch: 14 }
    ])
    routers.rebase(12, [b])
    expect(routers.at(11), 'before the state').to.deep.equal([a])
    expect(routers.at(12), 'b is proven, a is proven not to be').to.deep.equal([b])
    expect(routers.at(14), 'c came later').to.deep.equal([b, c])
    const again = routersOf([
      { author: a, epoch: 13 },
      { author: b, epoch: 13, ttl: 0 },
      { author: c, epoch: 9, ttl: 5 }
    ])
    again.rebase(12, [b, c])
    expect(again.at(13), 'entries after the state count as ever, and known ends before it, too').to.deep.equal([a])
  })
})
