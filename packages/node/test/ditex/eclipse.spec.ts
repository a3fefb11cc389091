import '../../src/polyfill.ts'
import { createVirtualClock, systemRandom } from '@srwan/clock'
import { MemoryEntryStore, createReplica } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { advanceUntil } from '../advance-until.ts'
import { createTestNetwork } from '../test-network.ts'
import { DESCRIPTOR, createTestStack } from '../test-stack.ts'
import { EPOCH_LENGTH, NETWORK, authors, organisation, startPeer, stopPeers } from './libp2p-peer.ts'
import { writtenLog } from './written-log.ts'
import type { VirtualClock } from '@srwan/clock'
import type { AuthorRoster } from '@srwan/interface'
import type { Identity } from '@srwan/membership'
import type { Peer } from './libp2p-peer.ts'
import type { TestStack } from '../test-stack.ts'

/** As many as a node connects to before it has enough. */
const RING = 6
/** Of those around the node, so many go on writing. */
const WRITING = 2
/** In the middle of an epoch: nothing is suspected in its first quarter. */
const PHASE = 0.4
const everyone: AuthorRoster = { isAuthor: () => true, authors: () => [], groupOf: () => 1, position: () => new Uint8Array(32) }

/** A wall clock that is not behind the one of the machine, in the middle of an epoch. */
function middleOfEpoch(): VirtualClock {
  const now = Date.now()
  const start = now - (now % EPOCH_LENGTH)
  const least = start + PHASE * EPOCH_LENGTH
  const isLate = now > start + 0.9 * EPOCH_LENGTH
  return createVirtualClock({ wallStart: ms(isLate ? least + EPOCH_LENGTH : Math.max(least, now)) })
}

/** A checkpoint and an entry of each author in an epoch. */
async function logsOf(identities: readonly Identity[], epoch: number): Promise<readonly Uint8Array[]> {
  const logs = await Promise.all(identities.map((identity) => writtenLog(identity, { network: NETWORK, epoch }, 2)))
  return logs.flat().map(({ encoded }) => encoded)
}

describe('a node whose peers keep the network from it', function () {
  this.timeout(60_000)
  const ring: TestStack[] = []
  let honest: Peer

  before(async () => {
    honest = await startPeer()
    for (let i = 0; i < RING; i++) {
      const member = await createTestStack({ id: NETWORK, organisation })
      ring.push(member)
      await member.roster.start()
      await member.stack.start()
      await member.roster.announce(DESCRIPTOR)
      authors.add(member.identity.peerId)
    }
  })
  after(async () => {
    await stopPeers([honest])
    for (const { roster, stack } of ring) {
      await roster.stop()
      await stack.stop()
    }
  })

  it('says so, connects to another by itself, and has from it what was kept from it', async () => {
    const clock = middleOfEpoch()
    const epoch = Math.floor(clock.wallTime() / EPOCH_LENGTH)
    const all = [honest.identity, ...ring.map(({ identity }) => identity)]
    const before = await logsOf(all, epoch - 2)
    const store = new MemoryEntryStore()
    const earlier = createReplica({ clock, random: systemRandom(), logger: silentLogger(), roster: everyone, store }, { network: NETWORK, epochLength: EPOCH_LENGTH })
    await earlier.start()
    await earlier.offer([...before, ...(await logsOf(all.slice(1, 1 + WRITING), epoch - 1))])
    await earlier.stop()
    await honest.replica.offer([...before, ...(await logsOf(all, epoch - 1))])

    const network = createTestNetwork(NETWORK, { epoch: '1h' }, { clock, organisation })
    const bootstrap = ring.flatMap(({ stack }) => stack.getMultiaddrs().map(String))
    const victim = await network.node('victim', { entryStore: store, bootstrap })
    const isSuspected = (): boolean => victim.health().some(({ code }) => code === 'eclipse-suspected')
    const isConnectedToHonest = (): boolean => honest.stack.getConnections().some(({ remotePeer }) => remotePeer.toString() === victim.self.peerId)
    try {
      await victim.start()
      await advanceUntil(clock, 'all its connections are with the ring', () => victim.connections().length === RING, 200)
      await advanceUntil(clock, 'it suspects that', isSuspected)
      expect(isConnectedToHonest()).to.equal(false)
      // A member of the ring tells of one more member, and of nothing that this one knows.
      await ring[0]?.stack.dial(honest.stack.getMultiaddrs())
      await advanceUntil(clock, 'it connects to another', isConnectedToHonest)
      await advanceUntil(clock, 'it suspects nothing any more', () => !isSuspected())
      const held = await victim.exchange()?.query({ kind: 'listing', history: true, sinceEpoch: epoch - 1, untilEpoch: epoch - 1 }, 1, AbortSignal.timeout(5000))
      expect(new Set(held?.entries.map(({ author }) => author))).to.deep.equal(new Set(all.map(({ peerId }) => peerId)))
    } finally {
      await Promise.all([network.stop(), clock.advance(10_000)])
    }
  })
})
