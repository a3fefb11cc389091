import { expect } from 'chai'
import { OctetWriter } from '../../src/sync/octets.ts'
import { MAX_FRAME, roomFor, writeItem } from '../../src/sync/sync-items.ts'
import { SyncSession } from '../../src/sync/sync-session.ts'
import { HeadTries } from '../../src/trie/head-tries.ts'
import { encodedOf, startReplica, writeLog } from '../fixtures.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import type { SealedEntry } from '../../src/index.ts'
import type { SimulatedNode } from './simulated-network.ts'

const PULSE = 10_000
const BURST = 400_000
const PER_SECOND = 4000
const ENTRIES = 200

describe('what one peer may use of an exchange', function () {
  this.timeout(120_000)
  let network: SimulatedNetwork
  let server: SimulatedNode
  let hog: SimulatedNode
  let honest: SimulatedNode
  let log: readonly SealedEntry[]
  const sizeOf = (entries: readonly SealedEntry[]): number => entries.reduce((sum, { encoded }) => sum + encoded.length, 0)
  const heldBy = ({ replica }: SimulatedNode, author: SimulatedNode): number =>
    (replica.head({ scope: 'global', epoch: network.epoch, author: author.signer.peerId })?.seq ?? -1) + 1

  beforeEach(async () => {
    network = new SimulatedNetwork({ nodes: 3, epochLength: 3_600_000, peerQuota: { burst: BURST, perSecond: PER_SECOND } })
    ;[server, hog, honest] = network.nodes as [SimulatedNode, SimulatedNode, SimulatedNode]
    network.unlink()
    network.link(server, hog)
    network.link(server, honest)
    await network.start()
    await network.takeDown(hog)
    await network.takeDown(honest)
    log = await network.write(
      server,
      Array.from({ length: ENTRIES }, (_, i) => ({ key: `${i}`, body: 'x'.repeat(1000) }))
    )
  })
  afterEach(() => network.stop())

  it('one that asks for everything again and again gets its quota and then its rate; another gets everything at once', async () => {
    const whole = sizeOf(log)
    expect(whole).to.be.within(BURST / 3, BURST / 1.5)
    let toHog = 0
    network.tamper = (_from, to, frame) => {
      if (to === hog) toHog += frame.length
      return frame
    }
    const start = network.clock.now()
    for (let life = 0; life < 8; life++) {
      if (hog.up) await network.takeDown(hog)
      network.empty(hog)
      await network.bringUp(hog)
      await network.clock.advance(2 * PULSE)
    }
    const allowed = BURST + (PER_SECOND * (network.clock.now() - start)) / 1000
    expect(toHog).to.be.within(BURST - MAX_FRAME, allowed)
    expect(allowed).to.be.below(8 * whole)
    expect(heldBy(hog, server)).to.be.below(ENTRIES + 1)
    expect(server.replication.status().sync.failures).to.be.above(0)
    await network.bringUp(honest)
    await network.clock.advance(2 * PULSE)
    expect(heldBy(honest, server)).to.equal(ENTRIES + 1)
    expect(heldBy(hog, server)).to.be.below(ENTRIES + 1)
    // What it lacks comes at the rate: whoever is slowed is not left behind.
    await network.clock.advance((2 * whole * 1000) / PER_SECOND)
    expect(heldBy(hog, server)).to.equal(ENTRIES + 1)
  })

  it('one that sends the same again and again is cut off at its quota; the exchange of another goes on meanwhile', async () => {
    await network.bringUp(hog)
    await network.clock.advance(PULSE)
    const before = server.replication.status().sync.entriesReceived
    const start = network.clock.now()
    await network.bringUp(honest)
    for (let times = 0; times < 4; times++) {
      const flooded = flood()
      await network.clock.advance(PULSE / 2)
      expect(await flooded).to.equal('closed')
    }
    const taken = server.replication.status().sync.entriesReceived - before
    expect(taken).to.be.within(BURST / 2, BURST + (PER_SECOND * (network.clock.now() - start)) / 1000 + MAX_FRAME)
    expect(heldBy(honest, server)).to.equal(ENTRIES + 1)
    await network.write(honest, [{ key: 'said meanwhile' }])
    await network.clock.advance(PULSE)
    expect(heldBy(server, honest)).to.equal(2)
  })

  /** Speaks the protocol, and in its turn says what the other holds already, twice the quota of it. */
  async function flood(): Promise<'closed' | 'open'> {
    const [self, peer] = [hog.signer.peerId, server.signer.peerId]
    const stream = await hog.peers.open(peer)
    // As if it held something else: the two would have nothing to say.
    const { replica } = await startReplica({ clock: network.clock })
    await replica.offer([...encodedOf(log), ...encodedOf(await writeLog(hog.signer, [{}], { epoch: network.epoch }))])
    const tries = new HeadTries({ replica, roster: network.roster })
    const session = new SyncSession({ ...hog.components, replica, tries }, { self, peer, role: 'initiator', salt: new Uint8Array(8) })
    for await (const frame of session.respond()) await stream.send(frame)
    const frames = stream.frames[Symbol.asyncIterator]()
    const answer = await frames.next()
    if (answer.done === true) return 'closed'
    for (let sent = 0; sent < 2 * BURST; sent += MAX_FRAME) await stream.send(repeated())
    for (;;) if ((await frames.next()).done === true) return 'closed'
  }

  function repeated(): Uint8Array {
    const out = new OctetWriter(MAX_FRAME)
    for (const { encoded } of log) {
      const item = { type: 'entry', encoded } as const
      if (roomFor(item) > out.room) break
      writeItem(out, item)
    }
    return out.finish()
  }
})
