import { expect } from 'chai'
import { partitionAndHeal } from './partition.ts'

/** The whole form, as a campaign: a hundred nodes; otherwise twenty with short epochs. */
const isCampaign = process.env['SRWAN_CAMPAIGN'] === 'ditex-partition'
const [nodes, init] = isCampaign ? ([100, {}] as const) : ([20, { epochLength: 30_000 }] as const)

describe('partition', () => {
  it(`${nodes} nodes, a tenth cut off for ten epochs, a fifth coming and going: equal within two pulses of healing, with octets within twice what was missing`, async function () {
    this.timeout(3_600_000)
    const result = await partitionAndHeal(nodes, init)
    if (isCampaign) process.stdout.write(`      ${JSON.stringify(result)}\n`)
    expect(result.missing).to.be.above(10_000)
    expect(result.pulsesToEqual).to.be.at.most(2)
    expect(result.octets).to.be.at.most(2 * result.missing)
  })
})
