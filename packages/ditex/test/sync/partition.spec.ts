import { expect } from 'chai'
import { partitionAndHeal } from './partition.ts'

describe('partition', () => {
  it('twenty nodes, two cut off for ten epochs, a fifth coming and going: equal within two pulses of healing, with octets within twice what was missing', async function () {
    this.timeout(300_000)
    const result = await partitionAndHeal(20, { epochLength: 30_000 })
    if (process.env['SRWAN_SHOW'] !== undefined) console.info(result)
    expect(result.missing).to.be.above(10_000)
    expect(result.pulsesToEqual).to.be.at.most(2)
    expect(result.octets).to.be.at.most(2 * result.missing)
  })
})
