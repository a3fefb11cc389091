import { expect } from 'chai'
import { FailoverRun } from '../netns/failover.ts'
import { pause } from '../netns/testnet-run.ts'

const MINUTES = Number(process.env['SRWAN_LOSS_MINUTES'] ?? 10)

describe(`campaign: ${MINUTES} minutes at 5 % loss each way`, () => {
  it('the datapath switches at most once', async () => {
    const run = await FailoverRun.start()
    try {
      await run.begin()
      await run.lose('5%')
      const before = await run.switches()
      await pause(MINUTES * 60_000)
      expect((await run.switches()) - before).to.be.at.most(1)
      run.transferGoesOn()
    } finally {
      await run.end()
    }
  })
})
