// The endurance run alone, without setting up and building first. One JSON document on stdout; exit code 1 where a check did not hold.
import { parseArgs } from 'node:util'
import { main } from '../../workshop/stages.js'
import { ENDURANCE_OPTIONS, enduranceOptions } from './options.js'
import { endure } from './index.js'

await main(async () => {
  const { values } = parseArgs({ options: ENDURANCE_OPTIONS })
  const result = await endure(enduranceOptions(values))
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`)
  return result.checks.every(({ held }) => held) ? 0 : 1
})
