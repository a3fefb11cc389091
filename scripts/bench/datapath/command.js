// The benchmark of the datapath alone, without setting up and building first: what `npm run bench -- datapath` runs, for tests and for repeated measurements.
import { parseArgs } from 'node:util'
import { main } from '../../workshop/stages.js'
import { datapathBenchmark } from './index.js'
import { DATAPATH_OPTIONS, datapathOptions } from './options.js'

await main(async () => {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, ...DATAPATH_OPTIONS } })
  const { text, ...result } = await datapathBenchmark(datapathOptions(values))
  process.stdout.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : text)
})
