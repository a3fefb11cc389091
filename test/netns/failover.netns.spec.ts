import { expect } from 'chai'
import { FailoverRun, KINDS, report, type Outage } from './failover.ts'

/** Three kills on a machine that other work may share; the campaign holds 200 to one second. */
const LONGEST_GAP_MS = 2000

describe('failover within a second', () => {
  it('link, transit with busy JavaScript, and one way die under 1,000 packets a second; an open transfer goes on', async function () {
    this.timeout(240_000)
    const run = await FailoverRun.start()
    try {
      await run.begin()
      const outages: Outage[] = []
      for (const kind of KINDS) {
        if (outages.length > 0) await run.settled()
        outages.push(await run.kill(kind, kind === 'transit'))
      }
      run.transferGoesOn()
      expect(Math.max(...outages.map(({ gap }) => gap)), report(outages)).to.be.below(LONGEST_GAP_MS)
    } finally {
      await run.end()
    }
  })
})
