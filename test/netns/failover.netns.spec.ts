import { expect } from 'chai'
import { FailoverRun, KINDS, report, type Outage } from './failover.ts'

/** Six kills on a machine that other work may share; the campaign holds 200 to one second. */
const LONGEST_GAP_MS = 2000

describe('failover within a second', () => {
  it('link, transit and one way die twice each under 1,000 packets a second, once with busy JavaScript; an open transfer goes on', async function () {
    this.timeout(400_000)
    const run = await FailoverRun.start()
    try {
      await run.begin()
      const outages: Outage[] = []
      for (const busy of [false, true]) {
        for (const kind of KINDS) outages.push(await run.kill(kind, busy && kind === 'transit'))
      }
      run.transferGoesOn()
      expect(Math.max(...outages.map(({ gap }) => gap)), report(outages)).to.be.below(LONGEST_GAP_MS)
    } finally {
      await run.end()
    }
  })
})
