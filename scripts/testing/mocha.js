import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { inRepository } from '../workshop/repository.js'
import { run } from '../workshop/run.js'
import { say } from '../workshop/stages.js'

/** Everything that needs neither privileges nor network namespaces. */
export const UNIT_TESTS = ['packages/*/test/**/*.spec.ts', 'test/integration/**/*.spec.ts', 'test/checks/**/*.spec.ts']
/** Tests that build networks in namespaces: one after the other, because they measure time. */
export const NETWORK_TESTS = ['packages/*/test/**/*.netns.spec.ts', 'test/netns/**/*.netns.spec.ts']
const IS_NETWORK_TEST = '**/*.netns.spec.ts'

/**
 * Runs mocha over the TypeScript sources and counts.
 *
 * @param {object} options
 * @param {string[]} options.files - glob patterns; those of network tests take part only where the pattern names them
 * @param {number} options.timeoutSeconds - for one test that sets none of its own
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
    ...(options.grep === undefined ? [] : ['--grep', options.grep]),
    ...options.files
  ]
  const env = { ...options.env, SRWAN_TEST_COUNTS: counts, SRWAN_TEST_QUIET: options.quiet === true ? '1' : '' }
  const result = await run(process.execPath, args, { env, output: options.quiet === true ? 'capture' : 'stderr' })
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
