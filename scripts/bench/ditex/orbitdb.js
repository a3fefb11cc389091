import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../../workshop/run.js'

const PACKAGE = '@orbitdb/core'
const VERSION = '4.0.0'
/** What it imports without naming it among its dependencies. */
const UNNAMED = ['it-drain']

/**
 * Installs OrbitDB into a folder of the benchmark: it is no dependency of anything.
 *
 * @returns {Promise<{ file: string } | { missing: string }>}
 */
export async function installOrbitDb(folder) {
  const file = join(folder, 'node_modules', ...PACKAGE.split('/'), 'src', 'index.js')
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const { code, output } = await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `${PACKAGE}@${VERSION}`, ...UNNAMED], {
    cwd: folder,
    env: { NODE_OPTIONS: '' }
  })
  if (code === 0 && existsSync(file)) return { file }
  return { missing: `${PACKAGE} ${VERSION} could not be installed: ${output.split('\n').find((line) => /ERR|error/i.test(line)) ?? 'no reason given'}` }
}
