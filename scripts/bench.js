import { parseArgs } from 'node:util'
import { commandStart } from './bench/command-start.js'
import { overlayOverhead } from './bench/overlay-overhead.js'
import { build } from './build.js'
import { setup } from './setup.js'
import { isMain } from './workshop/repository.js'
import { main, say, stage, StopError } from './workshop/stages.js'

/** Version of the JSON document that `--json` prints. */
const SCHEMA_VERSION = 1

/** Each measures the product and its peers in one run, so that the machine of the day does not matter. */
const BENCHMARKS = {
  overlay: overlayOverhead,
  start: commandStart
}

function wanted() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } })
  const unknown = positionals.filter((name) => !(name in BENCHMARKS))
  if (unknown.length > 0) throw new StopError(`no such benchmark: ${unknown.join(', ')}; there are: ${Object.keys(BENCHMARKS).join(', ')}`, 2)
  return { json: values.json, names: positionals.length > 0 ? positionals : Object.keys(BENCHMARKS) }
}

const figure = (value) => (typeof value === 'number' ? value.toPrecision(3) : String(value))

function print(results) {
  for (const [name, peers] of Object.entries(results)) {
    process.stdout.write(`${name}\n`)
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
  const { json, names } = wanted()
  await setup(['build', 'demo', 'test'])
  await build()
  say('bench')
  const results = {}
  for (const name of names)
    await stage(name, async () => {
      results[name] = await BENCHMARKS[name]()
    })
  if (json) process.stdout.write(`${JSON.stringify({ schemaVersion: SCHEMA_VERSION, results }, undefined, 2)}\n`)
  else print(results)
}

if (isMain(import.meta.url)) await main(bench)
