import { expect } from 'chai'
import { seededRandom } from '@srwan/clock'
import { HeadTries } from '../../src/trie/head-tries.ts'
import { authorOfKey } from '../../src/entry/author-name.ts'
import { EPOCH, createSigner, encodedOf, rosterOf, startReplica, writeLog } from '../fixtures.ts'
import { authorKeys, lightEntry, lightSide, openRoster } from './light-replica.ts'
import { exchangePair } from './pair.ts'
import type { PeerIdText } from '@srwan/interface'
import type { PairResult, PairSide } from './pair.ts'

/** Octets of an entry, as it is stored and sent. */
const ENTRY = 300
const BEHIND = 3
/** Of what is missing: all that crosses the wire, where at most one author in a hundred is behind. */
const MOST_OF_MISSING = 2
const isCampaign = process.env['SRWAN_CAMPAIGN'] === 'ditex-partition'

/** Two replicas, and what one of them lacks. */
interface Sides {
  readonly ahead: PairSide
  readonly behind: PairSide
  readonly missing: readonly Uint8Array[]
}

const lengthOf = (index: number): number => BEHIND + 1 + (index % 3)
/** Of how many authors, and of which, the last three entries are missing. */
const staleOf = (count: number): ReadonlySet<number> => new Set(Array.from({ length: Math.max(1, Math.floor(count / 100)) }, (_, i) => i * 97))

/** Real replicas with real entries. */
async function realSides(count: number): Promise<Sides> {
  const random = seededRandom(5)
  const signers = Array.from({ length: count }, () => createSigner(random.bytes(32)))
  const roster = rosterOf(signers.map(({ peerId }) => peerId))
  const stale = staleOf(count)
  const [a, b] = [await startReplica({ roster, seed: 1 }), await startReplica({ roster, seed: 2 })]
  const missing: Uint8Array[] = []
  for (const [index, signer] of signers.entries()) {
    const says = Array.from({ length: lengthOf(index) - 1 }, (_, at) => ({ key: String(at), body: 'x'.repeat(147) }))
    const entries = encodedOf(await writeLog(signer, says))
    if (stale.has(index)) missing.push(...entries.slice(-BEHIND))
    await a.replica.offer(entries)
    await b.replica.offer(stale.has(index) ? entries.slice(0, -BEHIND) : entries)
  }
  const side = async ({ replica }: typeof a, self: PeerIdText): Promise<PairSide> => {
    const tries = new HeadTries({ replica, roster })
    await tries.start()
    return { self, components: { replica, tries, roster } }
  }
  const [first, second] = signers.map(({ peerId }) => peerId) as [PeerIdText, PeerIdText]
  return { ahead: await side(a, first), behind: await side(b, second), missing }
}

/** Logs without signatures: what is measured is the exchange of many. */
async function lightSides(count: number): Promise<Sides> {
  const keys = authorKeys(count)
  const authors = keys.map((key) => authorOfKey(key))
  const roster = openRoster(authors)
  const stale = staleOf(count)
  const [a, b] = [lightSide({ seed: 1, epoch: EPOCH, roster }), lightSide({ seed: 2, epoch: EPOCH, roster })]
  const missing: Uint8Array[] = []
  for (const [index, key] of keys.entries()) {
    const entries = Array.from({ length: lengthOf(index) }, (_, seq) => lightEntry(key, { epoch: EPOCH, seq, size: ENTRY }))
    if (stale.has(index)) missing.push(...entries.slice(-BEHIND))
    await a.replica.offer(entries)
    await b.replica.offer(stale.has(index) ? entries.slice(0, -BEHIND) : entries)
  }
  const [first, second] = authors as [PeerIdText, PeerIdText]
  return { ahead: { self: first, components: a.components }, behind: { self: second, components: b.components }, missing }
}

describe('cost of an exchange', () => {
  for (const [count, limit, sides] of [
    [100, 1000, realSides],
    [10_000, 25_000, lightSides],
    // Half a minute of CPU and 700 MB: in the campaign only.
    ...(isCampaign ? ([[100_000, 250_000, lightSides]] as const) : [])
  ] as const) {
    it(`at ${count} authors with one in a hundred three entries behind: at most ${limit} octets besides the entries, at most ${MOST_OF_MISSING} times the entries in all`, async function () {
      this.timeout(300_000)
      const { ahead, behind, missing } = await sides(count)
      expect(new Set(missing.map(({ length }) => length))).to.deep.equal(new Set([ENTRY]))
      const result: PairResult = await exchangePair(ahead, behind)
      expect(result.initiator.equal && result.responder.equal).to.equal(true)
      expect(result.responder.accepted).to.equal(missing.length)
      const entries = missing.length * ENTRY
      const besides = result.octets - entries
      if (isCampaign) process.stdout.write(`      ${besides} octets besides ${entries} of entries: ${(result.octets / entries).toFixed(3)} of what was missing\n`)
      expect(result.initiator.sent.control + result.responder.sent.control).to.equal(besides)
      expect(besides).to.be.at.most(limit)
      expect(result.octets).to.be.at.most(MOST_OF_MISSING * entries)
    })
  }
})
