import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { inRepository } from '../workshop/repository.js'
import { mustRun } from '../workshop/run.js'
import { StopError } from '../workshop/stages.js'
import { examine } from './examine.js'
import { fileOfTarget, isUpToDate, sourcesOfTarget, stampFile, stampOfTarget } from './sources.js'
import { requireZig } from './zig.js'

const COMMON = ['-std=c++20', '-O2', '-fvisibility=hidden', '-Wall', '-Wextra', '-Werror', '-s']

/** Node's headers are the same for every Linux; they lie beside Node, or where `NODE_HEADERS` says. */
function nodeHeaders() {
  const folder = process.env.NODE_HEADERS ?? join(dirname(dirname(process.execPath)), 'include/node')
  if (existsSync(join(folder, 'node_api.h'))) return folder
  throw new StopError(`Node's headers are not in ${folder}: name the folder that holds node_api.h with NODE_HEADERS=…`)
}

/**
 * Only what Node looks for is exported: operator new and the like stay the addon's own, whatever the process has loaded besides. OpenSSL
 * and N-API stay undefined; Node exports both.
 */
function addonOptions() {
  const napi = dirname(createRequire(import.meta.url).resolve('node-addon-api'))
  return [
    '-shared',
    '-fPIC',
    '-Wno-missing-field-initializers',
    // Musl's own macros for control messages compare sizes of either sign; the builds against glibc still warn of ours.
    '-Wno-sign-compare',
    `-Wl,--version-script=${inRepository('scripts/prebuild/exports.map')}`,
    '-DNAPI_VERSION=8',
    '-DNODE_ADDON_API_DISABLE_DEPRECATED',
    '-DBUILDING_NODE_EXTENSION',
    '-DNODE_GYP_MODULE_NAME=srwan_datapath',
    `-I${inRepository('packages/datapath/native')}`,
    `-I${nodeHeaders()}`,
    `-I${napi}`
  ]
}

/**
 * Makes one part of a release, where its sources have changed, and checks what came out.
 *
 * @param {object} target - one of TARGETS
 * @returns {Promise<string>} a note for the progress line
 * @throws StopError where it does not compile or would not run on the systems that it is for
 */
export async function compileTarget(target) {
  if (isUpToDate(target)) return 'up to date'
  const file = fileOfTarget(target)
  const next = `${file}.new`
  const stamp = stampOfTarget(target)
  mkdirSync(dirname(file), { recursive: true })
  const options = target.kind === 'addon' ? addonOptions() : ['-static']
  await mustRun(await requireZig(), ['c++', '-target', target.triple, ...COMMON, ...options, '-o', next, ...sourcesOfTarget(target)])
  try {
    const note = await examine(target, next)
    renameSync(next, file)
    writeFileSync(stampFile(target), stamp)
    return note
  } finally {
    rmSync(next, { force: true })
  }
}
