import '../../src/polyfill.ts'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, systemRandom } from '@srwan/clock'
import { createLevelStore, createReplica } from '@srwan/ditex'
import { ms } from '@srwan/interface'
import { createIdentity } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { createTestNetwork, eventually } from '../test-network.ts'
import { writtenLog } from './written-log.ts'
import type { Replica } from '@srwan/ditex'
import type { AuthorRoster, PeerIdText } from '@srwan/interface'
import type { Node } from '@srwan/node'

const NETWORK = 'damage-net'
const EPOCH_LENGTH = ms(3_600_000)
const ENTRIES = 200
/** In one record of the database's log. */
const TOGETHER = 10
const everyone: AuthorRoster = { isAuthor: () => true, authors: () => [], groupOf: () => 0, position: () => new Uint8Array(32) }

/** Works on the replica in the home of a node that does not run. */
async function withReplica<T>(home: string, work: (replica: Replica) => Promise<T>): Promise<T> {
  const logger = silentLogger()
  const store = createLevelStore({ logger }, { location: join(home, 'state', 'ditex') })
  const replica = createReplica({ clock: systemClock(), random: systemRandom(), logger, roster: everyone, store }, { network: NETWORK, epochLength: EPOCH_LENGTH })
  await replica.start()
  try {
    return await work(replica)
  } finally {
    await replica.stop()
  }
}

/** Turns octets round in the middle of the log of a database. */
async function damage(home: string): Promise<void> {
  const folder = join(home, 'state', 'ditex')
  const name = (await readdir(folder)).find((file) => file.endsWith('.log')) ?? ''
  const octets = await readFile(join(folder, name))
  for (let at = octets.length >> 2; at < octets.length >> 1; at += 1000) octets[at] = (octets[at] ?? 0) ^ 0xff
  await writeFile(join(folder, name), octets)
}

describe('a node whose exchange is damaged on its disk', function () {
  this.timeout(40_000)
  const network = createTestNetwork(NETWORK, { epoch: '1h', pulseInterval: '500ms' })
  const author = createIdentity()
  let homes: readonly string[]
  let entries: readonly Uint8Array[]
  const codesOf = (node: Node): string[] => node.health().map(({ code }) => code)
  const heldOf = (replica: Replica, peer: PeerIdText): Promise<readonly Uint8Array[]> =>
    replica.entries({ scope: 'global', epoch: replica.epochs()[0] ?? 0, author: peer }, 0, ENTRIES)

  before(async () => {
    homes = await Promise.all(['sound', 'damaged'].map((name) => mkdtemp(join(tmpdir(), `srwan-${name}-`))))
    const epoch = Math.floor(systemClock().wallTime() / EPOCH_LENGTH)
    entries = (await writtenLog(author, { network: NETWORK, epoch }, ENTRIES)).map(({ encoded }) => encoded)
    for (const home of homes) {
      await withReplica(home, async (replica) => {
        for (let at = 0; at < ENTRIES; at += TOGETHER) await replica.offer(entries.slice(at, at + TOGETHER), { durable: true })
      })
    }
  })
  after(async () => {
    await network.stop()
    for (const home of homes) await rm(home, { recursive: true, force: true })
  })

  it('says so, and is made whole by the exchange with another, and says that', async () => {
    const [sound = '', damaged = ''] = homes
    await damage(damaged)
    const victim = await network.node('victim', { home: damaged })
    await victim.start()
    expect(codesOf(victim)).to.include('exchange-damaged')
    const before = await victim.exchange()?.query({ kind: 'listing', author: author.peerId }, 1, AbortSignal.timeout(5000))
    expect(before?.entries.length).to.be.within(1, ENTRIES - 2)
    const other = await network.node('other', { identity: author, home: sound, bootstrap: victim.multiaddrs() })
    await other.start()
    await eventually('what was damaged is whole again', () => !codesOf(victim).includes('exchange-damaged'), 30_000)
    await network.stop()
    // What is on its disk now is what the other holds, and sound.
    const [held, found] = await withReplica(damaged, async (replica) => [await heldOf(replica, author.peerId), replica.damaged] as const)
    expect(found).to.deep.equal([])
    expect(held.map((entry) => Buffer.from(entry).toString('hex'))).to.deep.equal(entries.map((entry) => Buffer.from(entry).toString('hex')))
  })
})
