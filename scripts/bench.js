import { parseArgs } from 'node:util'
import { commandStart } from './bench/command-start.js'
import { datapathBenchmark } from './bench/datapath/index.js'
import { DATAPATH_OPTIONS, datapathOptions } from './bench/datapath/options.js'
import { ditexBenchmark } from './bench/ditex/index.js'
import { overlayOverhead } from './bench/overlay-overhead.js'
import { build } from './build.js'
import { setup } from './setup.js'
import { isMain } from './workshop/repository.js'
import { main, say, stage, StopError, UnsupportedError } from './workshop/stages.js'

/** Version of the JSON document that `--json` prints. */
const SCHEMA_VERSION = 1

/** Each measures the product and its peers in one run, so that the machine of the day does not matter. */
const BENCHMARKS = {
  datapath: datapathBenchmark,
  ditex: ditexBenchmark,
  overlay: overlayOverhead,
  start: commandStart
}

function wanted() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false }, ...DATAPATH_OPTIONS } })
  const unknown = positionals.filter((name) => !(name in BENCHMARKS))
  if (unknown.length > 0) throw new StopError(`no such benchmark: ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}`, 2)
  return { json: values.json, names: positionals.length > 0 ? positionals : Object.keys(BENCHMARKS), asked: positionals.length > 0, datapath: datapathOptions(values) }
}

const figure = (value) => (typeof value === 'number' ? value.toPrecision(3) : String(value))

function print(results) {
  for (const [name, peers] of Object.entries(results)) {
    process.stdout.write(`${name}\n`)
    if (typeof peers.text === 'string') {
      process.stdout.write(peers.text)
      continue
    }
    for (const [peer, figures] of Object.entries(peers)) {
      process.stdout.write(
        `  ${peer.padEnd(10)} ${Object.entries(figures)
          .map(([key, value]) => `${key} ${figure(value)}`)
          .join('  ')}\n`
      )
    }
  }
}

async function bench() {
  const { json, names, asked, datapath } = wanted()
  await setup(['build', 'compile', 'demo', 'test'])
  await build()
  say('bench')
  const results = {}
  for (const name of names)
    await stage(name, async () => {
      try {
        results[name] = await BENCHMARKS[name](datapath)
      } catch (error) {
        // Of all benchmarks those that this machine allows are run; one that was asked for is run or fails.
        if (asked || !(error instanceof UnsupportedError)) throw error
        return error.message
      }
    })
  if (json) process.stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, results }, (key, value) => (key === 'text' ? undefined : value), 2)}\n`)
  else print(results)
}

if (isMain(import.meta.url)) await main(bench)
