import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@srwan/clock'
import { expect } from 'chai'
import { liveAndDie, newKillRecord } from './kill-trial.ts'
import { EPOCH } from './fixtures.ts'

/** The campaign asks for 200. */
const KILLS = Number(process.env['SRWAN_KILLS'] ?? 5)
/** Most lives go on in the log of the one before. */
const LIVES_PER_EPOCH = 4
const SECONDS_PER_LIFE = 60

describe('a process killed while it appends', () => {
  it(`loses nothing acknowledged and never writes two entries for one position, ${KILLS} times`, async function () {
    this.timeout(KILLS * SECONDS_PER_LIFE * 1000)
    const folder = await mkdtemp(join(tmpdir(), 'srwan-kills-'))
    const seed = Number(process.env['SRWAN_SEED'] ?? 1)
    const random = seededRandom(seed)
    const record = newKillRecord()
    try {
      for (let life = 0; life < KILLS; life++) {
        const store = { location: join(folder, 'entries'), seed: '07'.repeat(32), epoch: EPOCH + Math.floor(life / LIVES_PER_EPOCH) }
        await liveAndDie(record, store, random)
        expect(record.faults, `seed ${seed}, life ${life}`).to.deep.equal([])
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    expect(record.lives).to.equal(KILLS)
    expect(record.acknowledged).to.be.at.least(KILLS * 5)
  })
})
