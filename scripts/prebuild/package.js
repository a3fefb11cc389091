import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inRepository } from '../workshop/repository.js'
import { mustRun } from '../workshop/run.js'
import { fileOfTarget } from './sources.js'
import { TARGETS, targetsOfThisSystem } from './targets.js'

/** What was built on this machine, for this machine. */
const BUILT = { addon: inRepository('packages/datapath/build/Release/srwan_datapath.node'), emulator: inRepository('packages/testbed/build/emulator') }

/**
 * Packs the `srwan` package as it is published.
 *
 * @param {object} [options]
 * @param {boolean} [options.host] - for this system only, with the native parts that were built here, or else the prebuilt ones that serve it
 * @param {string} [options.destination] - folder of the tarball; packages/cli/dist by default
 * @returns {Promise<string>} the tarball
 */
export async function packPackage({ host = false, destination = inRepository('packages/cli/dist') } = {}) {
  const { stagePackage } = await import('../../packages/cli/stage-package.js')
  const targets = host ? targetsOfThisSystem() : TARGETS
  mkdirSync(destination, { recursive: true })
  const stage = mkdtempSync(join(tmpdir(), 'srwan-package-'))
  try {
    const from = (target) => (host && existsSync(BUILT[target.kind]) ? BUILT[target.kind] : fileOfTarget(target))
    await stagePackage({ outdir: stage, native: targets.map((target) => ({ kind: target.kind, file: target.file, from: from(target) })) })
    const { stdout } = await mustRun('npm', ['pack', stage, '--json', '--silent', '--ignore-scripts', '--offline', '--pack-destination', destination])
    return join(destination, JSON.parse(stdout)[0].filename)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}
