import { expect } from 'chai'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { Listeners, ms } from '@srwan/interface'
import { createIdentity } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { ConnectionKeeper } from '../src/connection-keeper.ts'
import type { VirtualClock } from '@srwan/clock'
import type { OwnGroup } from '@srwan/groups'
import type { Member, PeerIdText } from '@srwan/interface'
import type { ConnectionKeeperComponents } from '../src/connection-keeper.ts'

const HIGH_WATER = 16

/** Keepers of many nodes whose dials always succeed, in memory. */
class KeptNetwork {
  readonly clock: VirtualClock = createVirtualClock()
  readonly peers: readonly PeerIdText[]
  readonly #links = new Map<PeerIdText, Set<PeerIdText>>()
  readonly #closed = new Map<PeerIdText, Listeners<{ close: undefined }>>()
  readonly #groupSize: number
  readonly #keepers: ConnectionKeeper[]
  /** So far. */
  dials = 0

  constructor(count: number, groupSize: number, seed: number) {
    this.#groupSize = groupSize
    this.peers = Array.from({ length: count }, (_, i) => createIdentity(seededRandom(seed * 100_000 + i)).peerId)
    for (const peer of this.peers) this.#links.set(peer, new Set())
    const members = this.peers.map((peerId) => ({ peerId, descriptor: { multiaddrs: [`/ip4/192.0.2.1/tcp/1/p2p/${peerId}`] } }) as unknown as Member)
    // Everybody knows everybody, and begins with the same bootstrap node.
    const bootstrap = [`/ip4/192.0.2.1/tcp/1/p2p/${this.peers[0]}`]
    this.#keepers = this.peers.map((self, i) => new ConnectionKeeper(this.#components(self, members, seededRandom(seed + i)), { self, bootstrap }))
  }

  /** @returns dials in the last of the minutes */
  async settle(minutes: number): Promise<number> {
    for (const keeper of this.#keepers) await keeper.start()
    await this.clock.advance(ms((minutes - 1) * 60_000))
    const before = this.dials
    await this.clock.advance(ms(60_000))
    for (const keeper of this.#keepers) await keeper.stop()
    return this.dials - before
  }

  groupOf(peer: PeerIdText): number {
    return Math.floor(this.peers.indexOf(peer) / this.#groupSize)
  }

  degree(peer: PeerIdText, isOwn?: boolean): number {
    return [...(this.#links.get(peer) ?? [])].filter((other) => isOwn === undefined || (this.groupOf(other) === this.groupOf(peer)) === isOwn).length
  }

  /** Parts into which some nodes fall, with connections among them alone. */
  parts(among: readonly PeerIdText[]): number {
    const left = new Set(among)
    let parts = 0
    for (const start of among) {
      if (!left.delete(start)) continue
      parts++
      const next = [start]
      for (let peer = next.pop(); peer !== undefined; peer = next.pop()) next.push(...[...(this.#links.get(peer) ?? [])].filter((other) => left.delete(other)))
    }
    return parts
  }

  #disconnect(a: PeerIdText, b: PeerIdText): void {
    if (!(this.#links.get(a)?.delete(b) ?? false)) return
    this.#links.get(b)?.delete(a)
    for (const peer of [a, b]) this.#closed.get(peer)?.emit('close', undefined)
  }

  #components(self: PeerIdText, members: readonly Member[], random: ConnectionKeeperComponents['random']): ConnectionKeeperComponents {
    const links = this.#links.get(self) as Set<PeerIdText>
    const closed = new Listeners<{ close: undefined }>()
    this.#closed.set(self, closed)
    const first = this.groupOf(self) * this.#groupSize
    const own: OwnGroup = { number: this.groupOf(self) + 1, isGuest: false, members: this.peers.slice(first, first + this.#groupSize), guests: [] }
    const connectionTo = (peer: PeerIdText): unknown => ({
      remotePeer: { toString: () => peer },
      close: () => {
        this.#disconnect(self, peer)
        return Promise.resolve()
      }
    })
    const libp2p = {
      getConnections: () => [...links].map(connectionTo),
      addEventListener: (_name: string, listener: () => void) => {
        closed.on('close', listener)
      },
      removeEventListener: (_name: string, listener: () => void) => {
        closed.off('close', listener)
      },
      dial: (addresses: readonly { toString: () => string }[]) => {
        this.dials++
        const peer = addresses[0]?.toString().split('/').at(-1) as PeerIdText
        links.add(peer)
        this.#links.get(peer)?.add(self)
        return Promise.resolve()
      }
    } as unknown as ConnectionKeeperComponents['libp2p']
    const silent = { on: () => {}, off: () => {} }
    return {
      libp2p,
      roster: { ...silent, members: () => members, isMember: () => true, isAdmitted: () => true },
      groups: { ...silent, own: () => own },
      directory: { addresses: () => Promise.resolve([]) },
      links: () => [],
      clock: this.clock,
      random,
      logger: silentLogger().forComponent('t')
    }
  }
}

describe('the connections of a node', function () {
  this.timeout(60_000)

  const SHAPES = [
    { count: 40, groupSize: 8 },
    { count: 120, groupSize: 40 },
    { count: 120, groupSize: 12 }
  ]
  for (const { count, groupSize } of SHAPES)
    it(`keep each of ${count / groupSize} groups of ${groupSize} in one piece, and the whole`, async () => {
      for (const seed of [1, 2]) {
        const network = new KeptNetwork(count, groupSize, seed)
        expect(await network.settle(3)).to.equal(0)
        const groups = Array.from({ length: count / groupSize }, (_, i) => network.peers.slice(i * groupSize, (i + 1) * groupSize))
        expect(groups.map((group) => network.parts(group))).to.deep.equal(groups.map(() => 1))
        expect(network.parts(network.peers)).to.equal(1)
        // Enough links within each group for the mesh of its topic, some to others, and never more than there is room for.
        expect(Math.min(...network.peers.map((peer) => network.degree(peer, true)))).to.be.at.least(5)
        expect(Math.min(...network.peers.map((peer) => network.degree(peer, false)))).to.be.at.least(2)
        expect(network.dials).to.be.below(8 * count)
        const [, ...ordinary] = network.peers
        expect(Math.max(...ordinary.map((peer) => network.degree(peer)))).to.be.at.most(HIGH_WATER + 2)
      }
    })

  it('are those of before in a network of one group', async () => {
    const network = new KeptNetwork(60, 60, 1)
    expect(await network.settle(3)).to.equal(0)
    const degrees = network.peers.map((peer) => network.degree(peer))
    expect(network.parts(network.peers)).to.equal(1)
    expect(Math.min(...degrees)).to.be.at.least(5)
    expect(Math.max(...degrees.slice(1))).to.be.at.most(HIGH_WATER + 2)
  })
})
