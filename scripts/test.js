import { build } from './build.js'
import { setup } from './setup.js'
import { closingLine, skippedAll, sum } from './testing/counts.js'
import { NETWORK_TESTS, runMocha, TIMING_TESTS, UNIT_TESTS } from './testing/mocha.js'
import { runFuzz, runNativeTests } from './testing/native.js'
import { whyNoNamespaces } from './testing/privileges.js'
import { isMain } from './workshop/repository.js'
import { main, say, stage, together } from './workshop/stages.js'

/** The short form of each campaign takes this long per fuzz target; the long form ten minutes. */
const FUZZ_SECONDS = 6

async function networkTests() {
  const reason = await whyNoNamespaces()
  if (reason !== undefined) return skippedAll(`tests in network namespaces: ${reason}`)
  return runMocha({ files: NETWORK_TESTS, timeoutSeconds: 120, limitMinutes: 30 })
}

/** Each runner of the project by the name with which it can be run alone (`npm test -- unit`). */
const RUNNERS = {
  unit: ['unit and property tests', () => runMocha({ files: UNIT_TESTS, ignore: TIMING_TESTS, timeoutSeconds: 30, limitMinutes: 15 })],
  native: ['C++ tests', async () => sum(await runNativeTests())],
  fuzz: [`fuzzing, ${FUZZ_SECONDS} s a target`, () => runFuzz(FUZZ_SECONDS)],
  timing: ['tests in real time', () => runMocha({ files: TIMING_TESTS, timeoutSeconds: 30, limitMinutes: 5 })],
  network: ['tests on real packets', networkTests]
}

/** Unit tests take one core: C++ is built, tested and fuzzed beside them at the lowest priority. Nothing runs beside the tests that measure time. */
const ROUNDS = [[['unit'], ['native', 'fuzz']], [['timing', 'network']]]

async function runOne(name) {
  const [title, work] = RUNNERS[name]
  let counts
  await stage(title, async () => {
    counts = await work().catch((error) => {
      say(error.message)
      return { passed: 0, failed: 1, skipped: 0, skips: [] }
    })
    return closingLine(counts)
  })
  return counts
}

async function runAll(names) {
  const all = []
  const inTurn = async (wanted) => {
    for (const name of wanted) if (names.includes(name)) all.push(await runOne(name))
  }
  for (const round of ROUNDS) await together(round.map((wanted) => () => inTurn(wanted)))
  return sum(all)
}

async function test(wanted) {
  const names = wanted.length > 0 ? wanted : Object.keys(RUNNERS)
  const unknown = names.filter((name) => !(name in RUNNERS))
  if (unknown.length > 0) {
    say(`no such tests: ${unknown.join(', ')}; there are: ${Object.keys(RUNNERS).join(', ')}`)
    return 2
  }
  await setup(['build', 'compile', 'demo', 'test'])
  await build()
  say('test')
  const counts = await runAll(names)
  if (counts.skips.length > 0) say(`skipped:\n${counts.skips.map((skip) => `  ${skip}`).join('\n')}`)
  process.stdout.write(`${closingLine(counts)}\n`)
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1
}

if (isMain(import.meta.url)) await main(() => test(process.argv.slice(2)))
