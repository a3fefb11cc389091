import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepository } from '../../workshop/repository.js'
import { mustRunNode } from '../../workshop/run.js'
import { say } from '../../workshop/stages.js'
import { describeMachine } from '../datapath/machine.js'
import { summarise } from '../datapath/statistics.js'
import { judge } from './acceptance.js'
import { installOrbitDb } from './orbitdb.js'
import { keepReport, renderReport } from './report.js'

/** Entries of one author where entries are exchanged. */
const EACH = 10
/**
 * `entries` are those of the store that is opened and asked, `signed` those that srwan signs, verifies, appends, merges and exchanges alone,
 * and `authors` with ten entries each write what both systems get: OrbitDB is slower.
 */
const FULL = { repetitions: 5, entries: 100_000, signed: 20_000, authors: 100, questions: 400 }
const SHORT = { repetitions: 1, entries: 10_000, signed: 1000, authors: 20, questions: 40 }
/** Authors of the entries that srwan exchanges alone. */
const SIGNERS = 100
/** A measurement that takes longer waits for something that does not come; a store of a million entries is filled in a few minutes. */
const MEASUREMENT_MS = 1_800_000

/**
 * The exchange's log, replica, store and sync against OrbitDB's, interleaved in one run on the same entries.
 *
 * @param {object} [options]
 * @param {boolean} [options.short]
 * @param {boolean} [options.keep] - write the history and the table under `bench`
 * @param {number} [options.repetitions]
 * @param {number} [options.entries] - in the store that is opened
 */
export async function ditexBenchmark({ short, keep = true, repetitions, entries } = {}) {
  const base = short === true ? SHORT : FULL
  const plan = { ...base, shared: base.authors * EACH, repetitions: repetitions ?? base.repetitions, entries: entries ?? base.entries }
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
  const orbitdb = await installOrbitDb()
  const stores = { large: join(folder, 'large'), small: join(folder, 'small') }
  await measure('fill-store', [stores.large, plan.entries])
  await measure('fill-store', [stores.small, plan.shared])
  const samples = { srwan: [], orbitdb: [], alone: [], questions: [], wireQuestions: [] }
  for (let repetition = 1; repetition <= plan.repetitions; repetition++) {
    const own = join(folder, 'repetition')
    mkdirSync(own)
    await repeatOnce({ plan, stores, folder: own, orbitdb }, samples)
    rmSync(own, { recursive: true })
    say(`  repetition ${repetition} of ${plan.repetitions}`)
  }
  const systems = { srwan: summarise(samples.srwan), ...(samples.orbitdb.length > 0 ? { orbitdb: summarise(samples.orbitdb) } : {}) }
  const [questions, wireQuestions] = [byManner(samples.questions), byManner(samples.wireQuestions)]
  const measured = { systems, alone: summarise(samples.alone), questions, wireQuestions }
  const missing = orbitdb.missing === undefined ? [] : [orbitdb.missing]
  return { benchmark: 'ditex', machine, plan, orbitdbVersion: orbitdb.version, missing, ...measured, acceptance: judge({ ...measured, entries: plan.entries }) }
}

/** Each kind of measurement goes through both systems before the next begins: what disturbs the machine for a while disturbs them alike. */
async function repeatOnce({ plan, stores, folder, orbitdb }, samples) {
  const at = (name) => join(folder, name)
  const [own, theirs] = [{}, {}]
  const ofOrbitDb = async (script, name, args) => {
    if (orbitdb.core !== undefined) Object.assign(theirs, await measure(script, [at(name), ...args]))
  }
  Object.assign(own, await measure('measure-srwan', [at('srwan'), plan.shared]))
  await ofOrbitDb('measure-orbitdb', 'orbitdb', [orbitdb.core, plan.shared])
  Object.assign(own, await measure('measure-restart', [stores.small, plan.shared]))
  await ofOrbitDb('measure-orbitdb-restart', 'orbitdb', [orbitdb.core, plan.shared])
  Object.assign(own, await measure('measure-same-questions', [at('srwan-query'), plan.shared, plan.questions]))
  await ofOrbitDb('measure-orbitdb-query', 'orbitdb-query', [orbitdb.parts, plan.shared, plan.questions])
  Object.assign(own, await measure('measure-sync', [at('srwan-sync'), plan.authors, EACH]))
  await ofOrbitDb('measure-orbitdb-sync', 'orbitdb-sync', [orbitdb.parts, plan.authors, EACH])
  samples.srwan.push(own)
  if (orbitdb.core !== undefined) samples.orbitdb.push(theirs)
  samples.alone.push({
    ...(await measure('measure-srwan', [at('srwan-more'), plan.signed])),
    ...(await measure('measure-sync', [at('srwan-sync-more'), SIGNERS, plan.signed / SIGNERS])),
    ...(await measure('measure-restart', [stores.large, plan.entries]))
  })
  samples.questions.push(await measure('measure-query', [stores.large, plan.questions]))
  samples.wireQuestions.push(await measure('measure-wire-query', [stores.large, plan.questions]))
}

/** A process of its own for each measurement: one's memory and compiled code are not the next one's. */
async function measure(script, args) {
  const { stdout } = await mustRunNode([inRepository(`scripts/bench/ditex/${script}.js`), ...args.map(String)], { signal: AbortSignal.timeout(MEASUREMENT_MS) })
  return stdout === '' ? {} : JSON.parse(stdout)
}

/** Repetitions of several manners, summarised for each of them. */
function byManner(repetitions) {
  return Object.fromEntries(Object.keys(repetitions[0] ?? {}).map((name) => [name, summarise(repetitions.map((figures) => figures[name]))]))
}
