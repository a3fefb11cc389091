import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.js'
import { findUndocumentedExports } from './check/documented-exports.js'
import { checkWording } from './check/wording.js'
import { setup } from './setup.js'
import { runUnitTestsQuickly } from './testing/mocha.js'
import { inRepository, isMain } from './workshop/repository.js'
import { mustRun } from './workshop/run.js'
import { main, say, stage, StopError } from './workshop/stages.js'
import { hasProgram } from './workshop/system-tools.js'

const tool = (name, ...args) => mustRun(inRepository('node_modules/.bin', name), args)

function nativeSources(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(cc|cpp|h|hpp)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !/\/(node_modules|build|dist)\//.test(file))
}

async function checkNativeFormat() {
  if (!hasProgram('clang-format')) return 'SKIPPED: no clang-format'
  const files = nativeSources(inRepository('packages'))
  if (files.length > 0) await mustRun('clang-format', ['--dry-run', '--Werror', ...files])
  return `${files.length} files`
}

function none(findings) {
  if (findings.length > 0) throw new StopError(findings.join('\n'))
}

/** The checks in the order in which a mistake is cheapest to find. */
const CHECKS = [
  [
    'types of the tests',
    async () => {
      await tool('tsc', '-p', 'test')
    }
  ],
  [
    'lint',
    async () => {
      await tool('oxlint', '--type-aware', '--deny-warnings', 'packages', 'scripts', 'test')
    }
  ],
  [
    'format',
    async () => {
      await tool('biome', 'format', '--max-diagnostics=20')
    }
  ],
  ['format of native code', checkNativeFormat],
  [
    'boundaries',
    async () => {
      await tool('depcruise', '--config', '.dependency-cruiser.cjs', ...packageFolders(), 'scripts')
    }
  ],
  [
    'dead code',
    async () => {
      await tool('knip')
    }
  ],
  ['documented exports', async () => none(await findUndocumentedExports())],
  ['wording', async () => none(await checkWording())],
  [
    'unit tests',
    async () => {
      const counts = await runUnitTestsQuickly()
      if (counts.failed > 0) throw new StopError(`${counts.failed} unit tests failed`)
      return `${counts.passed} passed, ${counts.skipped} skipped`
    }
  ]
]

function packageFolders() {
  return readdirSync(inRepository('packages')).map((name) => `packages/${name}`)
}

/** Runs every check, the failed ones included, so that one run shows all there is to mend. */
async function check(names) {
  await setup(['build', 'compile'])
  await build() // its first stage checks the types of all packages
  say('check')
  const failed = []
  for (const [name, work] of CHECKS) {
    if (names.length > 0 && !names.includes(name)) continue
    try {
      await stage(name, work)
    } catch (error) {
      say(error.message)
      failed.push(name)
    }
  }
  say(failed.length === 0 ? 'all checks hold; tests in network namespaces, native tests and fuzzing run in `npm test`' : `failed: ${failed.join(', ')}`)
  return failed.length === 0 ? 0 : 1
}

if (isMain(import.meta.url)) await main(() => check(process.argv.slice(2)))
