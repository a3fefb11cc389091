import { createVirtualClock } from '@srwan/clock'
import { Listeners, ms } from '@srwan/interface'
import { expect } from 'chai'
import { EclipseWatch } from '../../src/sync/eclipse-watch.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import type { Anchor, AuthorRoster, LogHead, PeerIdText } from '@srwan/interface'
import type { ReplicaEvents } from '../../src/index.ts'
import type { SimulatedNode } from './simulated-network.ts'

const EPOCH_LENGTH = ms(60_000)
const EPOCH = 1000
const CHECK = 10_000

/** A watch over authors of whom it is said who writes in which epoch. */
function watching(
  authors: number,
  anchoredUpTo?: number
): { readonly watch: EclipseWatch; readonly write: (epoch: number, count: number) => void; readonly go: (epoch: number) => Promise<number> } {
  const clock = createVirtualClock({ wallStart: ms((EPOCH + 0.5) * EPOCH_LENGTH) })
  const names = Array.from({ length: authors }, (_, i) => `author-${i}` as PeerIdText)
  const listeners = new Listeners<ReplicaEvents>()
  const heads = new Map<number, LogHead[]>()
  let sought = 0
  const watch = new EclipseWatch(
    {
      replica: {
        currentEpoch: () => Math.floor(clock.wallTime() / EPOCH_LENGTH),
        heads: (scope, epoch) => (scope === 'global' ? (heads.get(epoch) ?? []) : []),
        on: listeners.on.bind(listeners),
        off: listeners.off.bind(listeners)
      },
      roster: { authors: () => ['self' as PeerIdText, ...names] } as unknown as AuthorRoster,
      anchors: { latest: () => (anchoredUpTo === undefined ? undefined : ({ epoch: anchoredUpTo } as Anchor)) } as never,
      clock,
      seekOthers: () => sought++
    },
    { self: 'self' as PeerIdText, epochLength: EPOCH_LENGTH }
  )
  const write = (epoch: number, count: number): void => {
    const fresh = names.slice(0, count).map((author): LogHead => ({ scope: 'global', epoch, author, incarnation: 0, seq: 0, hash: new Uint8Array(32) }))
    heads.set(epoch, fresh)
    for (const head of fresh) listeners.emit('head', head)
  }
  /** To the second half of an epoch; says how often others were sought on the way. */
  const go = async (epoch: number): Promise<number> => {
    const before = sought
    await clock.advance((epoch + 0.5) * EPOCH_LENGTH - clock.wallTime() + CHECK)
    return sought - before
  }
  return { watch, write, go }
}

describe('the watch for an eclipse', function () {
  this.timeout(60_000)
  it('suspects one where three quarters of the authors write and no anchor comes, and none where one of both is well', async () => {
    for (const [writing, anchored, suspected] of [
      [10, EPOCH - 5, true],
      [10, EPOCH - 2, false],
      [10, undefined, false],
      [11, EPOCH - 5, false],
      [14, EPOCH - 5, false],
      [6, EPOCH - 2, true]
    ] as const) {
      const { watch, write, go } = watching(14, anchored)
      for (const epoch of [EPOCH - 3, EPOCH - 2]) write(epoch, 14)
      for (const epoch of [EPOCH - 1, EPOCH]) write(epoch, writing)
      await watch.start()
      await go(EPOCH)
      expect(watch.state, `${writing} writing, anchored up to ${anchored}`).to.include({ suspected, expected: 14, fresh: writing })
      await watch.stop()
    }
  })

  it('seeks another member once an epoch where any author is silent, all the time where it suspects, and never where all write', async () => {
    const { watch, write, go } = watching(11)
    for (const epoch of [EPOCH - 3, EPOCH - 2]) write(epoch, 11)
    for (const epoch of [EPOCH - 1, EPOCH, EPOCH + 1]) write(epoch, 10)
    await watch.start()
    expect(await go(EPOCH)).to.equal(1)
    expect(await go(EPOCH + 1)).to.equal(1)
    expect(watch.state).to.include({ suspected: false, fresh: 10 })
    // Nobody writes in the next ones.
    await go(EPOCH + 2)
    expect(await go(EPOCH + 3)).to.be.above(2)
    expect(watch.state).to.include({ suspected: true })
    write(EPOCH + 3, 11)
    write(EPOCH + 4, 11)
    expect(await go(EPOCH + 4)).to.equal(0)
    expect(watch.state).to.include({ suspected: false })
    await watch.stop()
  })

  it('a node whose other peers are all hostile, ten of twelve authors, has what they keep from it from the one that it seeks', async () => {
    const network = new SimulatedNetwork({ nodes: 12, epochLength: 20_000 })
    const [victim, honest, ...ring] = network.nodes as [SimulatedNode, SimulatedNode, ...SimulatedNode[]]
    network.unlink()
    for (const node of ring) {
      network.link(victim, node)
      network.link(honest, node)
    }
    await network.start()
    const writeFor = async (epochs: number): Promise<void> => {
      for (let epoch = 0; epoch < epochs; epoch++) {
        for (const node of network.nodes) await network.write(node, [{ key: 'alive' }])
        await network.clock.advance(network.epochLength)
      }
    }
    await writeFor(3)
    expect(victim.sought).to.equal(0)
    // From now on the ten pass nothing on; they go on writing, and are never suspected.
    for (const { peers } of ring) peers.neighbours.delete(honest)
    honest.peers.neighbours.clear()
    const since = network.epoch
    victim.findable = [honest]
    await writeFor(3)
    expect(victim.sought).to.be.within(1, 3)
    for (let epoch = since; epoch < network.epoch; epoch++) expect(victim.replica.head({ scope: 'global', epoch, author: honest.signer.peerId })).to.include({ seq: 1 })
    await network.stop()
  })
})
