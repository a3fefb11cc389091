import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { seededRandom } from '@srwan/clock'
import { MAX_COLUMN_PART } from '@srwan/interface'
import { monthBetween, monthByPeriods } from '../../packages/measurement/test/group-month.ts'
import { SimulatedGroup } from '../../packages/measurement/test/simulated-group.ts'
import { besideTheDay, onDemand } from '../../packages/node/test/ditex/day/beside-the-day.ts'
import { BUDGET, describeMonth, monthOf, totalOf } from '../../packages/node/test/ditex/day/month.ts'
import { simulateDay } from '../../packages/node/test/ditex/day/simulated-day.ts'
import type { Month } from '../../packages/node/test/ditex/day/month.ts'

/** The whole form, as a campaign: measurement of a hundred members counted, a day of the exchange of a hundred. */
const isCampaign = process.env['SRWAN_CAMPAIGN'] === 'ditex-day'
const GROUP = 100
const INTERVAL = 10_000
const HOUR = 3_600_000
/** Until every member has the whole matrix, and a period of columns and pulses: ms. */
const SETTLED = 60_000
const PERIOD = INTERVAL * (GROUP / 13) ** 2
const DAY = isCampaign ? { nodes: 100, hours: 24, warmUp: 2 } : { nodes: 6, hours: 1, warmUp: 2 }

/** Head of a column part, and two cells that moved: more than there are where queues add 0.3 ms in the mean. */
const REPLY_PART = 16
const byPeriods = (replyPart: number): Month => monthByPeriods({ size: GROUP, interval: INTERVAL, replyPart })

/** Counters of a simulated group of that size; random, asymmetric delays of 5 to 155 ms, queues of 0.3 ms in the mean. */
async function measuredMonth(): Promise<Month> {
  const random = seededRandom(7)
  const delays = Array.from({ length: GROUP * GROUP }, () => 5000 + random.next() * 150_000)
  const group = new SimulatedGroup({ size: GROUP, interval: INTERVAL, seed: 7, noise: 300, joinSpread: 5000, delay: (i, j) => delays[i * GROUP + j] ?? 0 })
  await group.start()
  await group.run(SETTLED)
  const before = group.meanOctets()
  await group.run(PERIOD)
  const month = monthBetween(before, group.meanOctets(), PERIOD / 1000)
  await group.stop()
  return month
}

describe('the month of a full group', function () {
  this.timeout(4 * HOUR)
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'srwan-month-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it(`measurement, gossip and the exchange, of ${DAY.nodes} nodes in ${DAY.hours} hours: a node of a group of ${GROUP} sends less than 5 GB`, async () => {
    const day = monthOf(await simulateDay({ ...DAY, epochLength: HOUR, folder }))
    const measured = isCampaign ? await measuredMonth() : byPeriods(REPLY_PART)
    const whole: Month = new Map([...measured, ...besideTheDay(), ...day])
    const table = describeMonth(`sent in a month by one of ${GROUP}`, whole)
    const others = [['measurement where every part is full', byPeriods(MAX_COLUMN_PART)] as const, ...onDemand()]
    if (isCampaign) process.stdout.write([table, ...others.map(([title, month]) => describeMonth(title, month))].join(''))
    expect(totalOf(whole), table).to.be.below(BUDGET)
    // What the periods give is what is counted, so that the short form of this test shows what the long one does.
    expect(totalOf(measured)).to.be.within(0.95 * totalOf(byPeriods(REPLY_PART)), 1.05 * totalOf(byPeriods(REPLY_PART)))
  })
})
