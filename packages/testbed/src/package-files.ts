import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DAEMON_FLAGS } from '@srwan/api/light'
import { UnavailableResourceError, UnsupportedSystemError } from '@srwan/interface'

/** Where a file of this package may lie, seen from a source file, from `dist/src`, and from a bundle elsewhere in the repository or package. */
const PLACES = ['', 'testbed', 'packages/testbed']

/**
 * Finds a file that ships with this package, wherever this code was bundled to.
 *
 * @param path - relative to packages/testbed
 * @throws UnavailableResourceError ERR_MISSING_PROGRAM where it is not there
 */
export function packageFile(path: string): string {
  const found = findFile([path])
  if (found !== undefined) return found
  throw new UnavailableResourceError('ERR_MISSING_PROGRAM', `${path} of the testbed is not there`, { remedy: 'Build it: `npm run build` in the repository.' })
}

/**
 * The emulator's executable: the one built here, else the one shipped for this processor, which needs no C library.
 *
 * @param environment - `SRWAN_TESTBED_EMULATOR` names another
 * @throws UnsupportedSystemError where there can be none, UnavailableResourceError ERR_MISSING_PROGRAM where it is not built
 */
export function emulatorFile(environment: Readonly<Record<string, string | undefined>>, system: System = process): string {
  const named = environment['SRWAN_TESTBED_EMULATOR']
  if (named !== undefined && named !== '') return named
  if (system.platform !== 'linux') throw new UnsupportedSystemError('the testnet', system)
  const found = findFile(['build/emulator', `prebuilds/${system.platform}-${system.arch}/emulator`])
  if (found !== undefined) return found
  throw new UnavailableResourceError('ERR_MISSING_PROGRAM', `the emulator of the testnet is not there for ${system.platform}-${system.arch}`, {
    remedy: 'Build it: `npm run build` in the repository; SRWAN_TESTBED_EMULATOR names one that lies elsewhere.'
  })
}

interface System {
  readonly platform: string
  readonly arch: string
}

/** The first of these files that is there, looked for from this file's own directory upwards. */
function findFile(paths: readonly string[]): string | undefined {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const here = directory
    const found = paths.flatMap((path) => PLACES.map((place) => join(here, place, path))).find((file) => existsSync(file))
    if (found !== undefined || directory === dirname(directory)) return found
  }
}

/** The daemon's program and first arguments: the bundle where it is built, else the sources' entry. */
export function daemonEntry(): readonly string[] {
  const bundle = ['../cli/dist/bundle/srwan.js', '../cli/bin/srwan.js']
    .map((path) => join(dirname(packageFile('scenarios/cloud12.yaml')), '..', path))
    .find((file) => existsSync(file))
  const file = bundle ?? process.argv[1]
  if (file === undefined) throw new UnavailableResourceError('ERR_MISSING_PROGRAM', 'the srwan command is not built', { remedy: 'Build it: `npm run build` in the repository.' })
  return [process.execPath, ...DAEMON_FLAGS, file]
}
