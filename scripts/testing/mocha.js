import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepository } from '../workshop/repository.js'
import { run } from '../workshop/run.js'
import { say } from '../workshop/stages.js'
import { sum } from './counts.js'

/** Everything that needs neither privileges nor network namespaces. */
export const UNIT_TESTS = ['packages/*/test/**/*.spec.ts', 'test/integration/**/*.spec.ts', 'test/checks/**/*.spec.ts']
/** About half of the work of {@link UNIT_TESTS}: pure computation, which may share the machine with the other half. */
const COMPUTING_TESTS = ['packages/{accounting,api,clock,config,measurement,membership,sr-policy,testing,topology,wire}/test/**/*.spec.ts']
/** Of these, those that hold real threads to real times: nothing else may run beside them. */
export const TIMING_TESTS = ['packages/datapath/test/native-compliance.spec.ts']
/** Tests that build networks in namespaces: one after the other, because they measure time. */
export const NETWORK_TESTS = ['packages/*/test/**/*.netns.spec.ts', 'test/netns/**/*.netns.spec.ts']
const IS_NETWORK_TEST = '**/*.netns.spec.ts'
/** A test that leaves something open keeps mocha from ending; nobody waits for that longer than this. */
const LONGEST_RUN_MS = 3 * 3600_000

/**
 * Runs mocha over the TypeScript sources and counts.
 *
 * @param {object} options
 * @param {string[]} options.files - glob patterns; those of network tests take part only where the pattern names them
 * @param {number} options.timeoutSeconds - for one test that sets none of its own
 * @param {string[]} [options.ignore] - glob patterns of files left out
 * @param {number} [options.limitMinutes] - for the whole run; what lasts longer is ended and an error
 * @param {boolean} [options.quiet] - show failures only
 * @param {Record<string, string>} [options.env]
 * @param {string} [options.grep] - only tests whose title matches
 * @returns {Promise<{ passed: number, failed: number, skipped: number, skips: string[] }>}
 */
export async function runMocha(options) {
  const directory = mkdtempSync(join(tmpdir(), 'srwan-test-'))
  const counts = join(directory, 'counts.json')
  const network = options.files.some((pattern) => pattern.includes('.netns.'))
  const polyfill = inRepository('packages/node/src/polyfill.ts')
  const args = [
    '--conditions=source',
    '--import=tsx',
    ...(existsSync(polyfill) ? [`--import=${polyfill}`] : []),
    inRepository('node_modules/mocha/bin/mocha.js'),
    '--no-config',
    '--reporter',
    inRepository('scripts/testing/counting-reporter.cjs'),
    '--timeout',
    String(options.timeoutSeconds * 1000),
    ...(network ? [] : ['--ignore', IS_NETWORK_TEST]),
    ...(options.ignore ?? []).flatMap((pattern) => ['--ignore', pattern]),
    ...(options.grep === undefined ? [] : ['--grep', options.grep]),
    ...options.files
  ]
  const env = { ...options.env, SRWAN_TEST_COUNTS: counts, SRWAN_TEST_QUIET: options.quiet === true ? '1' : '' }
  const result = await run(process.execPath, args, {
    env,
    output: options.quiet === true ? 'capture' : 'stderr',
    signal: AbortSignal.timeout((options.limitMinutes ?? 0) * 60_000 || LONGEST_RUN_MS)
  })
  try {
    return countsOf(counts, result, options.quiet === true)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A run that ended without counts, or with failures that no test owns, is a failure of its own. */
function countsOf(file, result, quiet) {
  if (!existsSync(file)) {
    say(quiet ? result.output : '')
    say(`the test runner ended with ${result.code} before it had counted`)
    return { passed: 0, failed: 1, skipped: 0, skips: [] }
  }
  const counts = JSON.parse(readFileSync(file, 'utf8'))
  if (quiet && (counts.failed > 0 || result.code !== 0)) say(result.output)
  return result.code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

/** All unit tests in two processes at once, for those who wait for it; `npm test` runs them one after the other. */
export async function runUnitTestsQuickly() {
  const common = { timeoutSeconds: 120, limitMinutes: 10, quiet: true }
  return sum(await Promise.all([runMocha({ ...common, files: COMPUTING_TESTS }), runMocha({ ...common, files: UNIT_TESTS, ignore: COMPUTING_TESTS })]))
}
