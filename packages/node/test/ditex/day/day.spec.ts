import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RETENTION_EPOCHS } from '@srwan/ditex'
import { expect } from 'chai'
import { describeMonth, monthOf, totalOf } from './month.ts'
import { simulateDay } from './simulated-day.ts'
import type { DayInit, DayResult } from './simulated-day.ts'

/** The whole form, as a campaign: a day of a hundred nodes, and one in which the retention is over by the afternoon. */
const isCampaign = process.env['SRWAN_CAMPAIGN'] === 'ditex-day'
const HOUR = 3_600_000
const DAY = { ...(isCampaign ? { nodes: 100, hours: 24 } : { nodes: 6, hours: 2 }), warmUp: 2, epochLength: HOUR }
/** Network parameter `epoch` lowered: 192 epochs are over after 16 hours, or after 48 minutes. */
const PAST_RETENTION = isCampaign ? { nodes: 20, hours: 24, epochLength: HOUR / 12 } : { nodes: 5, hours: 0.86, epochLength: HOUR / 240 }
/** What the exchange and its connections may take of 5 GB a month: test/integration/month-of-a-full-group.spec.ts adds the rest. */
const SHARE = 0.55e9
/** LevelDB's log and the table that it makes of it. */
const ROOM_OF_LEVELDB = 8 * 2 ** 20

describe('a day of the exchange', function () {
  this.timeout(4 * HOUR)
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'srwan-day-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const simulate = async (init: Omit<DayInit, 'folder'>): Promise<DayResult> => {
    const result = await simulateDay({ ...init, folder })
    if (isCampaign) {
      const { samples, sent: _sent, ...rest } = result
      process.stdout.write(`${describeMonth('a month of the exchange', monthOf(result))}      ${JSON.stringify(rest)}\n`)
      for (const sample of samples) process.stdout.write(`      ${JSON.stringify(sample)}\n`)
    }
    return result
  }

  it(`${DAY.nodes} nodes, ${DAY.hours} hours: all hold the same, and what each sends leaves 4.45 GB of 5 in a month of a full group`, async () => {
    const result = await simulate(DAY)
    expect(result.equal).to.equal(true)
    expect(result.failedAppends).to.equal(0)
    expect(result.sent.get('gossip group: column')?.content).to.be.above(0)
    expect(result.sent.get('gossip global: digest')?.content).to.be.above(0)
    expect(totalOf(monthOf(result)), describeMonth('a month', monthOf(result))).to.be.below(SHARE)
  })

  it(`${PAST_RETENTION.nodes} nodes beyond the retention, epochs of ${PAST_RETENTION.epochLength / 1000} s: the store no longer grows`, async () => {
    const result = await simulate(PAST_RETENTION)
    expect(result.failedAppends).to.equal(0)
    const full = result.samples.filter(({ epochsHeld }) => epochsHeld >= RETENTION_EPOCHS)
    expect(full.length, 'samples beyond the retention').to.be.at.least(2)
    const octets = full.map(({ entryOctets }) => entryOctets)
    expect(Math.max(...octets)).to.be.below(1.1 * Math.min(...octets))
    expect(Math.max(...full.map(({ epochsHeld }) => epochsHeld))).to.be.at.most(RETENTION_EPOCHS + 2)
    for (const { diskOctets, entryOctets } of full) expect(diskOctets).to.be.below(1.5 * entryOctets + ROOM_OF_LEVELDB)
  })
})
