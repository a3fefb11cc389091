import { partitionAndHeal } from './partition.ts'

// The whole form of the test of a parted network; `npm run campaign -- ditex-partition` runs it.
const result = await partitionAndHeal(100)
console.info(JSON.stringify(result))
const fits = result.pulsesToEqual <= 2 && result.octets <= 2 * result.missing
process.exitCode = fits ? 0 : 1
