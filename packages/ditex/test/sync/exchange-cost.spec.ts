import { expect } from 'chai'
import { authorOfKey } from '../../src/entry/author-name.ts'
import { authorKeys, lightEntry, lightSide, openRoster } from './light-replica.ts'
import { exchangePair } from './pair.ts'
import type { PairResult } from './pair.ts'

const EPOCH = 500_000
const ENTRY = 60
const BEHIND = 3

/** Two replicas of `count` authors with up to 6 entries each; one has the last three of one author in a hundred not. */
async function onePercentBehind(count: number): Promise<{ readonly result: PairResult; readonly behind: number }> {
  const keys = authorKeys(count)
  const authors = keys.map((key) => authorOfKey(key))
  const roster = openRoster(authors)
  const [a, b] = [lightSide({ seed: 1, epoch: EPOCH, roster }), lightSide({ seed: 2, epoch: EPOCH, roster })]
  const behind = Math.max(1, Math.floor(count / 100))
  const stale = new Set(Array.from({ length: behind }, (_, i) => i * 97))
  for (const [i, key] of keys.entries()) {
    const length = BEHIND + 1 + (i % 3)
    const entries = Array.from({ length }, (_, seq) => lightEntry(key, { epoch: EPOCH, seq, size: ENTRY }))
    await a.replica.offer(entries)
    await b.replica.offer(stale.has(i) ? entries.slice(0, length - BEHIND) : entries)
  }
  const [self, peer] = [authors[0], authors[1]] as [(typeof authors)[0], (typeof authors)[0]]
  return { result: await exchangePair({ self, components: a.components }, { self: peer, components: b.components }), behind }
}

describe('cost of an exchange', () => {
  for (const [count, limit] of [
    [100, 1000],
    [10_000, 25_000],
    // Half a minute of CPU and 400 MB: in the campaign only.
    ...(process.env['SRWAN_CAMPAIGN'] === 'ditex-partition' ? ([[100_000, 250_000]] as const) : [])
  ] as const) {
    it(`at ${count} authors with one in a hundred three entries behind: at most ${limit} octets besides the entries`, async function () {
      this.timeout(120_000)
      const { result, behind } = await onePercentBehind(count)
      const entries = behind * BEHIND * ENTRY
      expect(result.initiator.equal && result.responder.equal).to.equal(true)
      expect(result.responder.accepted).to.equal(behind * BEHIND)
      const besides = result.octets - entries
      expect(result.initiator.sent.control + result.responder.sent.control).to.equal(besides)
      expect(besides).to.be.at.most(limit)
    })
  }
})
