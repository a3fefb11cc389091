import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@srwan/clock'
import { expect } from 'chai'
import { liveAndDie, newKillRecord } from './kill-trial.ts'
import { EPOCH } from './fixtures.ts'

/** The campaign asks for 200. */
const KILLS = Number(process.env['SRWAN_KILLS'] ?? 5)
/** Each so many-th life ends before it appends anything. */
const STILLBORN = 4
const SECONDS_PER_LIFE = 120

describe('a process killed while it appends, takes the entries of others and drops old ones', () => {
  it(`loses nothing acknowledged and never writes two entries for one position, ${KILLS} times`, async function () {
    this.timeout(KILLS * SECONDS_PER_LIFE * 1000)
    const folder = await mkdtemp(join(tmpdir(), 'srwan-kills-'))
    const seed = Number(process.env['SRWAN_SEED'] ?? 1)
    const random = seededRandom(seed)
    const record = newKillRecord(EPOCH)
    const store = { location: join(folder, 'entries'), seed: '07'.repeat(32), peersFile: join(folder, 'peers') }
    try {
      await writeFile(store.peersFile, '')
      for (let life = 1; life <= KILLS; life++) {
        await liveAndDie(record, store, { random, dies: life % STILLBORN === 0 ? 'opening' : 'appending' })
        expect(record.faults, `seed ${seed}, life ${life}`).to.deep.equal([])
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    const { lives, stillborn, acknowledged, taken, dropped } = record
    expect(lives).to.equal(KILLS)
    expect(acknowledged).to.be.at.least(KILLS * 5)
    expect(taken).to.be.at.least(KILLS * 5)
    if (KILLS >= 20) {
      expect(stillborn).to.be.above(0)
      expect(dropped).to.be.above(0)
    }
  })
})
