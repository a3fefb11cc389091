import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { ESTIMATORS, relayGains } from './three-groups.ts'

/** Where `SRWAN_LATENCY_DATA` names a folder with measurements: a square matrix of round trips in µs. */
const DATA = join(process.env['SRWAN_LATENCY_DATA'] ?? '', 'wonderproxy222_avg_us.csv.gz')
const SEEDS = [1, 2, 3]
/** Every fourth router as headend and as egress: 2,166 ordered pairs for each seed. */
const STEP = 4
const LEAST_SHARE = 0.75

function worldRoundTrips(): readonly (readonly number[])[] {
  const rows = gunzipSync(readFileSync(DATA))
    .toString()
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number))
  return rows.map((row, i) => row.map((value, j) => (i === j ? 0 : (value + (rows[j]?.[i] ?? value)) / 2000)))
}

describe('relays between three groups of 222 cities', function () {
  this.timeout(1_200_000)

  it(`4 + 4 relays by landmarks give at least ${LEAST_SHARE} of the best one-relay gain`, function () {
    if (process.env['SRWAN_LATENCY_DATA'] === undefined || !existsSync(DATA)) return this.skip()
    const trips = worldRoundTrips()
    const lines: string[] = []
    for (const [name, estimator] of Object.entries(ESTIMATORS)) {
      const runs = SEEDS.map((seed) => relayGains(trips, seed, STEP, estimator))
      const total = (field: 'shortlisted' | 'random' | 'bestOfBoth' | 'best'): number => runs.reduce((sum, run) => sum + run[field], 0)
      const share = total('shortlisted') / total('best')
      lines.push(`${name.padEnd(22)} ${share.toFixed(3)} of all, ${(total('shortlisted') / total('bestOfBoth')).toFixed(3)} of what the two groups have`)
      if (estimator !== undefined) continue
      const ratios = runs.flatMap((run) => run.ratios).sort((a, b) => a - b)
      const quantile = (q: number): string => (ratios[Math.floor(q * (ratios.length - 1))] as number).toFixed(3)
      lines.push(`  as many at random ${(total('random') / total('best')).toFixed(3)}; best of the two groups ${(total('bestOfBoth') / total('best')).toFixed(3)}`)
      lines.push(`  chosen / best one-relay round trip: median ${quantile(0.5)}, p95 ${quantile(0.95)}, ${ratios.length} pairs`)
      expect(share, lines.join('\n')).to.be.at.least(LEAST_SHARE)
    }
    process.stdout.write(lines.map((line) => `      ${line}\n`).join(''))
  })
})
