import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const CAMPAIGN = fileURLToPath(new URL('../../scripts/campaign.js', import.meta.url))

describe('a campaign over measured round trips', function () {
  this.timeout(60_000)

  for (const [what, folder] of [
    ['without a folder', undefined],
    ['with a folder that has none', tmpdir()]
  ] as const) {
    it(`ends at once ${what}, with what is missing`, () => {
      const { SRWAN_LATENCY_DATA: _, ...others } = process.env
      const env = folder === undefined ? others : { ...others, SRWAN_LATENCY_DATA: folder }
      const { status, stderr } = spawnSync(process.execPath, [CAMPAIGN, 'beyond'], { env, encoding: 'utf8' })
      expect(status, stderr).to.equal(2)
      expect(stderr).to.match(/SRWAN_LATENCY_DATA to a folder with wonderproxy222_avg_us\.csv\.gz/)
    })
  }
})
