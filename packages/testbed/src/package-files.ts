import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UnavailableResourceError } from '@srwan/interface'

/** Where a file of this package may lie, seen from a source file, from `dist/src`, and from a bundle elsewhere in the repository or package. */
const PLACES = ['', 'testbed', 'packages/testbed']

/**
 * Finds a file that ships with this package, wherever this code was bundled to.
 *
 * @param path - relative to packages/testbed
 * @throws UnavailableResourceError ERR_MISSING_PROGRAM where it is not there
 */
export function packageFile(path: string): string {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const found = PLACES.map((place) => join(directory, place, path)).find((file) => existsSync(file))
    if (found !== undefined) return found
    if (directory === dirname(directory)) break
  }
  throw new UnavailableResourceError('ERR_MISSING_PROGRAM', `${path} of the testbed is not there`, { remedy: 'Build it: `npm run build` in the repository.' })
}

/** The emulator's executable. @param environment - `SRWAN_TESTBED_EMULATOR` names another */
export function emulatorFile(environment: Readonly<Record<string, string | undefined>>): string {
  const named = environment['SRWAN_TESTBED_EMULATOR']
  return named === undefined || named === '' ? packageFile('build/emulator') : named
}

/** The daemon's program and first arguments: the bundle where it is built, else the sources' entry. */
export function daemonEntry(): readonly string[] {
  const bundle = ['../cli/dist/bundle/srwan.js', '../cli/bin/srwan.js']
    .map((path) => join(dirname(packageFile('scenarios/cloud12.yaml')), '..', path))
    .find((file) => existsSync(file))
  const file = bundle ?? process.argv[1]
  if (file === undefined) throw new UnavailableResourceError('ERR_MISSING_PROGRAM', 'the srwan command is not built', { remedy: 'Build it: `npm run build` in the repository.' })
  return [process.execPath, file]
}
