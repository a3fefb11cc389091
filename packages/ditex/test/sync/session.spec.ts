import { expect } from 'chai'
import * as fc from 'fast-check'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { authorOfKey } from '../../src/index.ts'
import { HeadJournal } from '../../src/trie/head-journal.ts'
import { OctetWriter } from '../../src/sync/octets.ts'
import { Quotas } from '../../src/sync/quotas.ts'
import { SyncSession } from '../../src/sync/sync-session.ts'
import { MAX_FRAME, readItems, roomFor, writeItem } from '../../src/sync/sync-items.ts'
import { authorKeys, lightEntry, lightSide, openRoster } from './light-replica.ts'
import { exchangePair } from './pair.ts'
import type { Anchor } from '@srwan/interface'
import type { SyncItem } from '../../src/sync/sync-items.ts'
import type { SyncSessionComponents } from '../../src/sync/sync-session-types.ts'
import type { CoveredLeaf } from '../../src/trie/covered-leaf.ts'
import type { LightReplica } from './light-replica.ts'

const EPOCH = 500_000
const keys = authorKeys(300)
const authors = keys.map((key) => authorOfKey(key))
const [self, peer] = [authors[0]!, authors[1]!]

const sides = (groupOf?: Parameters<typeof openRoster>[1]): readonly [ReturnType<typeof lightSide>, ReturnType<typeof lightSide>] => {
  const roster = openRoster(authors, groupOf)
  return [lightSide({ seed: 1, epoch: EPOCH, roster }), lightSide({ seed: 2, epoch: EPOCH, roster })]
}
const state = (replica: LightReplica): string =>
  replica
    .epochs()
    .flatMap((epoch) => (['global', 'group', 'evidence'] as const).flatMap((scope) => replica.heads(scope, epoch).map((head) => `${epoch}/${scope}/${head.author}/${head.seq}`)))
    .sort()
    .join('\n')

describe('session', function () {
  this.timeout(60_000)

  it('two replicas of any contents in any epochs and scopes end with the union of both', async () => {
    const part = fc.record({
      author: fc.nat(60),
      epoch: fc.constantFrom(0, -1, 1, -2, -7, -150),
      scope: fc.constantFrom('global', 'group', 'evidence'),
      a: fc.nat(6),
      b: fc.nat(6)
    })
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 80 }), fc.uint8Array({ minLength: 8, maxLength: 8 }), async (parts, salt) => {
        const [a, b] = sides()
        const [wholeA] = sides()
        for (const { author, epoch, scope, ...lengths } of parts) {
          const entries = Array.from({ length: 6 }, (_, seq) => lightEntry(keys[author]!, { epoch: EPOCH + epoch, scope: scope as 'global', seq }))
          await a.replica.offer(entries.slice(0, lengths.a))
          await b.replica.offer(entries.slice(0, lengths.b))
          await wholeA.replica.offer(entries.slice(0, Math.max(lengths.a, lengths.b)))
        }
        const result = await exchangePair({ self, components: a.components }, { self: peer, components: b.components }, salt)
        expect(state(a.replica)).to.equal(state(b.replica))
        expect(result.initiator).to.include({ complete: true, equal: true })
        expect(result.responder).to.include({ complete: true, equal: true, known: 0 })
        expect(state(a.replica).split('\n')).to.have.length(state(wholeA.replica).split('\n').length)
      }),
      { numRuns: 40 }
    )
  })

  it('two equal replicas exchange two frames of some 150 octets together', async () => {
    const [a, b] = sides()
    for (const { replica } of [a, b]) await replica.offer(keys.map((key) => lightEntry(key, { epoch: EPOCH, seq: 0 })))
    const result = await exchangePair({ self, components: a.components }, { self: peer, components: b.components })
    expect(result).to.include({ frames: 2, turns: 2 })
    expect(result.octets).to.be.below(160)
  })

  it('peers that met before tell each other what changed since, each log once', async () => {
    const [a, b] = sides()
    for (const { replica } of [a, b]) await replica.offer(keys.map((key) => lightEntry(key, { epoch: EPOCH, seq: 0 })))
    const first = await exchangePair({ self, components: a.components }, { self: peer, components: b.components })
    await a.replica.offer([5, 6].map((i) => lightEntry(keys[i]!, { epoch: EPOCH, seq: 1 })))
    await b.replica.offer([6, 7].map((i) => lightEntry(keys[i]!, { epoch: EPOCH, seq: 1 })))
    const again = await exchangePair({ self, components: a.components, known: first.initiator.cursor }, { self: peer, components: b.components, known: first.responder.cursor })
    expect(again.initiator).to.include({ equal: true, accepted: 1, known: 0, pushed: 1 })
    expect(again.responder).to.include({ equal: true, accepted: 1, known: 0, pushed: 1 })
    expect(again.octets).to.be.below(2 * 300 + 500)
  })

  it('a cursor that hides a difference does not keep two replicas apart: everything is compared then', async () => {
    const [a, b] = sides()
    await a.replica.offer([lightEntry(keys[9]!, { epoch: EPOCH, seq: 0 })])
    const cursor = { instance: Buffer.from(b.replica.instance.subarray(0, 8)).toString('latin1'), position: 0 }
    const back = { instance: Buffer.from(a.replica.instance.subarray(0, 8)).toString('latin1'), position: 1 }
    const result = await exchangePair({ self, components: a.components, known: cursor }, { self: peer, components: b.components, known: back })
    expect(result.responder).to.include({ equal: true, accepted: 1 })
  })

  it('the logs of a group go to its members only', async () => {
    const [a, b] = sides((author) => (author === self ? 1 : 2))
    await a.replica.offer([lightEntry(keys[0]!, { epoch: EPOCH, scope: 'group', seq: 0 }), lightEntry(keys[0]!, { epoch: EPOCH, scope: 'evidence', seq: 0 })])
    await exchangePair({ self, components: a.components }, { self: peer, components: b.components })
    expect(b.replica.heads('group', EPOCH)).to.deep.equal([])
    expect(b.replica.heads('evidence', EPOCH)).to.have.length(1)
  })

  it('a new node has everything after one exchange, in turns of a megabyte', async function () {
    this.timeout(60_000)
    const [a, b] = sides()
    for (const key of keys) await b.replica.offer(Array.from({ length: 10 }, (_, seq) => lightEntry(key, { epoch: EPOCH, seq, size: 1000 })))
    const result = await exchangePair({ self, components: a.components }, { self: peer, components: b.components })
    expect(result.initiator).to.include({ equal: true, accepted: 3000, known: 0 })
    expect(result.octets).to.be.below(3000 * 1000 * 1.01)
    expect(result.turns).to.be.within(5, 12)
  })

  it('whoever begins an exchange gives its newer anchors, also where the entries are the same', async () => {
    const anchor = (epoch: number): Anchor => ({ epoch, root: new Uint8Array(32), beacon: new Uint8Array(32), signature: new Uint8Array(64) })
    const holding = (held: Anchor[]): NonNullable<SyncSessionComponents['anchors']> =>
      ({
        latest: () => held.at(-1),
        after: (epoch: number) => held.filter((one) => one.epoch > epoch),
        offer: (one: Anchor) => held.push(one) > 0
      }) as unknown as NonNullable<SyncSessionComponents['anchors']>
    for (const [first, second] of [
      [[5, 6], [5]],
      [[5], [5, 6]],
      [[], [6]]
    ] as const) {
      const [a, b] = sides()
      const [held, others] = [first.map(anchor), second.map(anchor)]
      const result = await exchangePair(
        { self, components: { ...a.components, anchors: holding(held) } },
        { self: peer, components: { ...b.components, anchors: holding(others) } }
      )
      expect([result.initiator.complete, result.responder.complete]).to.deep.equal([true, true])
      expect(held.at(-1)?.epoch).to.equal(6)
      expect(others.at(-1)?.epoch).to.equal(6)
    }
  })

  describe('what anchored roots cover', () => {
    const leaf = (author: number): CoveredLeaf => ({ epoch: EPOCH - 2, author: authors[author]!, heads: {}, proof: Uint8Array.of(0, 0, 0) })
    const talking = (
      side: ReturnType<typeof lightSide>,
      missing: readonly number[],
      told: readonly CoveredLeaf[]
    ): { readonly components: SyncSessionComponents; readonly taken: CoveredLeaf[] } => {
      const taken: CoveredLeaf[] = []
      const anchored = { missing: () => missing, covered: () => told, take: (one: CoveredLeaf) => taken.push(one) > 0 }
      return { components: { ...side.components, anchored: anchored as unknown as NonNullable<SyncSessionComponents['anchored']> }, taken }
    }

    it('is asked for and told by either side, when the entries are settled', async () => {
      for (const differing of [0, 50]) {
        const [a, b] = sides()
        for (const key of keys.slice(0, differing)) await a.replica.offer([lightEntry(key, { epoch: EPOCH, seq: 0 })])
        const one = talking(a, [EPOCH - 2], [leaf(5)])
        const other = talking(b, [EPOCH - 2, EPOCH - 3], [leaf(1), leaf(2)])
        const result = await exchangePair({ self, components: one.components }, { self: peer, components: other.components })
        expect(result.initiator).to.include({ complete: true, equal: true })
        expect(result.responder).to.include({ complete: true, equal: true, accepted: differing })
        expect(one.taken.slice(-2)).to.deep.equal([leaf(1), leaf(2)])
        expect(other.taken.slice(-1)).to.deep.equal([leaf(5)])
      }
    })

    it('costs equal replicas no frame where nothing is asked, and nobody is told what it did not ask', async () => {
      const [a, b] = sides()
      const [one, other] = [talking(a, [], [leaf(1)]), talking(b, [], [leaf(2)])]
      expect(await exchangePair({ self, components: one.components }, { self: peer, components: other.components })).to.include({ frames: 2, turns: 2 })
      expect([...one.taken, ...other.taken]).to.deep.equal([])
    })

    it('a peer that asks twice, asks too much, or tells what nobody asked is cut off', async () => {
      const frame = (items: readonly SyncItem[]): Uint8Array => {
        const out = new OctetWriter(MAX_FRAME)
        for (const item of items) writeItem(out, item)
        return out.finish()
      }
      const ask: SyncItem = { type: 'ask-covered', epochs: [1] }
      for (const items of [
        [ask, ask],
        [{ type: 'ask-covered', epochs: [] }],
        [{ type: 'ask-covered', epochs: Array.from({ length: 49 }, (_, i) => i) }],
        [{ type: 'covered', leaf: leaf(1) }]
      ] as const) {
        const [a, b] = sides()
        const honest = new SyncSession(a.components, { self, peer, role: 'initiator', salt: new Uint8Array(8) })
        const session = new SyncSession(talking(b, [7], []).components, { self: peer, peer: self, role: 'responder', salt: new Uint8Array(8) })
        for await (const hello of honest.respond()) await session.receive(hello)
        for await (const answer of session.respond()) expect(answer.length).to.be.above(0)
        let code: string | undefined
        await session.receive(frame(items)).catch((error: unknown) => {
          ;({ code } = error as { code: string })
        })
        expect(code).to.equal('ERR_MALFORMED_MESSAGE')
      }
    })
  })

  it('items survive encoding', () => {
    const tag = (length: number): fc.Arbitrary<string> => fc.uint8Array({ minLength: length, maxLength: length }).map((octets) => Buffer.from(octets).toString('latin1'))
    const shard = fc.record({ scope: fc.constantFrom('global' as const, 'group' as const, 'evidence' as const), back: fc.nat(192) })
    const subtree = fc.tuple(shard, fc.nat(62)).map(([name, nibbles]) => ({ shard: name, depth: 4 * nibbles, prefix: new Uint8Array(Math.ceil(nibbles / 2)).fill(7) }))
    const tags = fc.array(fc.option(tag(6), { nil: undefined }), { minLength: 16, maxLength: 16 })
    const claim = fc
      .record({ author: tag(4), incarnation: fc.nat(15), length: fc.nat(256), forkedAt: fc.option(fc.nat(255), { nil: undefined }), head: tag(4) })
      .map(({ forkedAt, ...rest }) => (forkedAt === undefined ? rest : { ...rest, forkedAt }))
    const item: fc.Arbitrary<SyncItem> = fc.oneof(
      fc.record({ type: fc.constant('tags' as const), subtree, tags }),
      fc.record({ type: fc.constant('leaves' as const), subtree, claims: fc.array(claim, { maxLength: 9 }) }),
      fc.record({ type: fc.constant('want' as const), subtree, author: tag(4), from: fc.nat(255) }),
      fc.record({ type: fc.constant('entry' as const), encoded: fc.uint8Array({ minLength: 1, maxLength: 600 }) }),
      fc.record({ type: fc.constant('epochs' as const), roots: fc.array(fc.record({ shard, tag: tag(6) }), { maxLength: 9 }) }),
      fc.record({ type: fc.constant('ask-covered' as const), epochs: fc.array(fc.nat(2 ** 31), { maxLength: 48 }) }),
      fc.record({ type: fc.constant('turn' as const), idle: fc.boolean(), tags })
    )
    fc.assert(
      fc.property(fc.array(item, { maxLength: 12 }), (items) => {
        const out = new OctetWriter(MAX_FRAME)
        for (const one of items) {
          const before = out.length
          writeItem(out, one)
          expect(out.length - before).to.be.at.most(roomFor(one))
        }
        expect(readItems(out.finish())).to.deep.equal(items)
      })
    )
  })

  it('random frames, and frames of an honest exchange with octets changed, lead to a named error or to nothing', async () => {
    const [a, b] = sides()
    for (const [i, key] of keys.entries()) {
      await a.replica.offer([lightEntry(key, { epoch: EPOCH, seq: 0 })])
      if (i % 3 > 0) await b.replica.offer([lightEntry(key, { epoch: EPOCH, seq: 0 })])
    }
    const honest: Uint8Array[] = []
    const record = new SyncSession(a.components, { self, peer, role: 'initiator', salt: new Uint8Array(8) })
    const answer = new SyncSession(b.components, { self: peer, peer: self, role: 'responder', salt: new Uint8Array(8) })
    for (const [from, to] of [
      [record, answer],
      [answer, record],
      [record, answer]
    ] as const) {
      for await (const frame of from.respond()) {
        if (from === record) honest.push(frame)
        await to.receive(frame)
      }
    }
    expect(honest).to.have.length.above(1)
    const noise = fc.uint8Array({ maxLength: 300 })
    const mutation = fc.record({ at: fc.nat(), flip: fc.integer({ min: 1, max: 255 }), cut: fc.option(fc.nat(), { nil: undefined }) })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(noise, mutation), { maxLength: 5 }), async (frames) => {
        const session = new SyncSession(b.components, { self: peer, peer: self, role: 'responder', salt: new Uint8Array(8) })
        let octets = 0
        try {
          for (const [i, frame] of frames.entries()) {
            await session.receive(frame instanceof Uint8Array ? frame : mutate(honest[i % honest.length]!, frame))
            for await (const said of session.respond()) octets += said.length
          }
        } catch (error) {
          expect((error as { code?: string }).code).to.be.oneOf(['ERR_MALFORMED_MESSAGE', 'ERR_NOT_AUTHORISED', 'ERR_LIMIT_EXCEEDED'])
        }
        expect(octets).to.be.below(200_000)
      }),
      { numRuns: 300 }
    )
  })

  it('a quota allows its burst and its rate, and forgets only those that used nothing lately', async () => {
    const clock = createVirtualClock()
    const quotas = new Quotas<string>(clock, { burst: 10, perSecond: 1 }, 2)
    expect(quotas.of('a')?.take(10)).to.equal(true)
    expect(quotas.of('a')?.take(1)).to.equal(false)
    expect(quotas.of('b')?.charge(12)).to.equal(false)
    expect(quotas.of('c')).to.equal(undefined)
    await clock.advance(ms(10_000))
    expect(quotas.of('a')?.take(10)).to.equal(true)
    await clock.advance(ms(2000))
    expect(quotas.of('c')).not.to.equal(undefined)
    expect(quotas.size).to.equal(2)
  })

  it('the journal tells what changed since, each log once, and nothing where it cannot know', () => {
    const journal = new HeadJournal()
    const random = seededRandom(3)
    const record = (author: number): void => {
      journal.record({ scope: 'global', epoch: EPOCH, author: authors[author]!, incarnation: 0, seq: 0, hash: new Uint8Array(32) })
    }
    for (let i = 0; i < 5000; i++) record(Math.floor(random.next() * 300))
    const { end } = journal
    for (const author of [1, 2, 1]) record(author)
    expect(journal.since(end, 10)?.map((place) => place.author)).to.have.members([authors[1], authors[2]])
    expect(journal.since(end, 1)).to.equal(undefined)
    expect(journal.since(0, 300)).to.equal(undefined)
    expect(journal.since(journal.end + 1, 300)).to.equal(undefined)
    expect(journal.since(journal.end, 0)).to.deep.equal([])
  })
})

function mutate(frame: Uint8Array, { at, flip, cut }: { readonly at: number; readonly flip: number; readonly cut: number | undefined }): Uint8Array {
  const copy = Uint8Array.from(frame)
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ flip
  return cut === undefined ? copy : copy.slice(0, cut % copy.length)
}
