import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepository } from '../../workshop/repository.js'
import { mustRunNode } from '../../workshop/run.js'
import { say } from '../../workshop/stages.js'
import { describeMachine } from '../datapath/machine.js'
import { summarise } from '../datapath/statistics.js'
import { installOrbitDb } from './orbitdb.js'
import { renderReport } from './report.js'

const HISTORY = 'bench/history.jsonl'
const TABLE = 'bench/ditex.md'
/** Entries of the store that is opened, of those that are signed and verified, and of OrbitDB's log, which is slower. */
const FULL = { repetitions: 5, entries: 100_000, signed: 20_000, peerEntries: 300 }
const SHORT = { repetitions: 1, entries: 10_000, signed: 1000, peerEntries: 200 }

const SRWAN = inRepository('scripts/bench/ditex/measure-srwan.js')
const QUERY = inRepository('scripts/bench/ditex/measure-query.js')
const ORBITDB = inRepository('scripts/bench/ditex/measure-orbitdb.js')

/**
 * The exchange's log, replica and store against OrbitDB's, interleaved in one run on the same entries.
 *
 * @param {object} [options]
 * @param {boolean} [options.short]
 * @param {boolean} [options.keep] - write the history and the table under `bench`
 * @param {number} [options.repetitions]
 * @param {number} [options.entries] - in the store that is opened
 */
export async function ditexBenchmark({ short, keep = true, repetitions, entries } = {}) {
  const base = short === true ? SHORT : FULL
  const plan = { ...base, repetitions: repetitions ?? base.repetitions, entries: entries ?? base.entries }
  const folder = mkdtempSync(join(tmpdir(), 'srwan-bench-'))
  try {
    const result = await measureAll(plan, folder)
    if (keep) keepReport(result)
    return { ...result, text: renderReport(result) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureAll(plan, folder) {
  const machine = await describeMachine()
  const orbitdb = await installOrbitDb(folder)
  const large = join(folder, 'large-store')
  mkdirSync(large)
  await measure(SRWAN, [large, plan.entries, plan.signed, 'fill'])
  const srwan = []
  const peer = []
  for (let repetition = 1; repetition <= plan.repetitions; repetition++) {
    const own = join(folder, `srwan-${repetition}`)
    mkdirSync(own)
    srwan.push({ ...(await measure(SRWAN, [own, plan.entries, plan.signed])), ...(await measure(SRWAN, [large, plan.entries, plan.signed, 'restart'])) })
    if (orbitdb.file !== undefined) peer.push(await measure(ORBITDB, [join(folder, `orbitdb-${repetition}`), orbitdb.file, plan.peerEntries]))
    say(`  repetition ${repetition} of ${plan.repetitions}`)
  }
  const { questions, figures } = await measure(QUERY, [large])
  const missing = orbitdb.missing === undefined ? [] : [orbitdb.missing]
  return {
    benchmark: 'ditex',
    machine,
    plan,
    missing,
    questions: { each: questions, figures },
    systems: { srwan: summarise(srwan), ...(peer.length > 0 ? { orbitdb: summarise(peer) } : {}) }
  }
}

/** A process of its own for each measurement: one's memory and compiled code are not the next one's. */
async function measure(script, args) {
  const { stdout } = await mustRunNode([script, ...args.map(String)])
  return stdout === '' ? {} : JSON.parse(stdout)
}

function keepReport(result) {
  mkdirSync(inRepository('bench'), { recursive: true })
  appendFileSync(inRepository(HISTORY), `${JSON.stringify(result)}\n`)
  writeFileSync(inRepository(TABLE), renderReport(result))
}
