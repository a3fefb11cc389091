import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { build, buildPurposes } from './build.js'
import { setup } from './setup.js'
import { inRepository, isMain } from './workshop/repository.js'
import { main, say, stage, StopError } from './workshop/stages.js'
import { hasProgram } from './workshop/system-tools.js'

const SCENARIO = inRepository('packages/testbed/scenarios/cloud12.yaml')
/** Version of the JSON document that `--json` prints. */
const SCHEMA_VERSION = 1
/** Pairs whose round trip an ordinary ping confirms, the best ones. */
const PINGED_PAIRS = 3
const PING_COUNT = 7

const USAGE = `usage: npm start [-- --once] [-- --json] [-- --scenario FILE]
  --once           stop after the table; exit code 0, or 1 where the overlay beat nothing
  --json           the table as JSON on stdout, and nothing else there (use npm -s)
  --scenario FILE  another network than the twelve cities`

function options() {
  try {
    return parseArgs({ options: { once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, scenario: { type: 'string', default: SCENARIO } } }).values
  } catch (error) {
    throw new StopError(`${error.message}\n${USAGE}`, 2)
  }
}

function medianOf(values) {
  return values.sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}

/** Confirms the best pairs with a program that knows nothing of srwan. */
async function confirmByPing(testnet, nodes, pairs) {
  if (!hasProgram('ping')) return 'SKIPPED: no ping'
  await Promise.all(
    pairs.slice(0, PINGED_PAIRS).map(async (pair) => {
      const to = nodes.find((node) => node.name === pair.to)
      const { stdout } = await testnet.exec(pair.from, 'ping', '-c', String(PING_COUNT), '-i', '0.2', '-W', '2', to.overlayAddress)
      pair.pingMs = medianOf([...stdout.matchAll(/time=([\d.]+) ms/g)].map((match) => Number(match[1])))
    })
  )
}

/** Brings the network up, lets it measure, and asks every node for its paths. */
async function demonstrate(testnet, scenario) {
  // Loaded only now: they come from packages that the build has just made.
  const { decideAllPairs, matrixComplete, summarise } = await import('./demo/demonstrate.js')
  const { scenarioTruth } = await import('./demo/scenario-truth.js')
  const from = performance.now()
  const truth = await scenarioTruth(scenario)
  await stage('nodes up', () => testnet.ready())
  const nodes = await testnet.nodes()
  await stage('delays measured', () => matrixComplete(nodes))
  let pairs = []
  await stage('paths probed and chosen', async () => {
    pairs = await decideAllPairs(nodes, truth.delays)
  })
  await stage('confirmed by ping', () => confirmByPing(testnet, nodes, pairs))
  return { nodes, cities: truth.cities, document: { schemaVersion: SCHEMA_VERSION, scenario: truth.name, pairs, summary: summarise(pairs, (performance.now() - from) / 1000) } }
}

async function present(shown, json, once) {
  if (json) {
    process.stdout.write(`${JSON.stringify(shown.document, undefined, 2)}\n`)
    return
  }
  const { gainTable, nextCommands, verdict } = await import('./demo/table.js')
  const { pairs, summary } = shown.document
  process.stdout.write(`\n${gainTable(pairs, shown.cities)}\n\n${verdict(summary)}\n`)
  if (!once)
    process.stdout.write(
      `\nIt runs until Ctrl-C. From another shell, in this folder:\n${nextCommands(
        shown.nodes,
        pairs.find((pair) => pair.improved)
      )}\n`
    )
}

/** Ctrl-C and SIGTERM stop the network in order; a second one forces it. */
function stopOnSignal(testnet, onStop) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      say('stopping')
      onStop()
      void testnet.interrupt()
    })
  }
}

async function start() {
  const { once, json, scenario } = options()
  await setup([...buildPurposes(), 'demo'])
  await build()
  say('demo: twelve cities on real measured latencies')
  const { RunningTestnet } = await import('./demo/running-testnet.js')
  const directory = once ? mkdtempSync(join(tmpdir(), 'srwan-')) : undefined
  const testnet = new RunningTestnet(scenario, directory === undefined ? undefined : join(directory, 't'))
  let interrupted = false
  stopOnSignal(testnet, () => {
    interrupted = true
  })
  try {
    const shown = await demonstrate(testnet, scenario)
    await present(shown, json, once)
    if (!once) return await testnet.ended
    return shown.document.summary.improved > 0 ? 0 : 1
  } catch (error) {
    if (interrupted) return 130
    throw error
  } finally {
    await testnet.stop()
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true })
  }
}

if (isMain(import.meta.url)) await main(start)
