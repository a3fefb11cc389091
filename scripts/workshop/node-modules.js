import { existsSync, statSync, utimesSync } from 'node:fs'
import { inRepository } from './repository.js'
import { mustRun } from './run.js'
import { StopError } from './stages.js'

/** The oldest Node on which this runs; see `engines` in package.json. */
const LEAST_NODE = [20, 19]

/** @throws StopError where this Node is too old */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
    throw new StopError(
      `srwan needs Node ${LEAST_NODE.join('.')} or later; this is ${process.versions.node}\n  install a newer one, for instance the current long-term release from nodejs.org`
    )
  }
}

/** npm writes this file at the end of every install, so its age is the age of the tree. */
const INSTALLED = inRepository('node_modules', '.package-lock.json')
const LOCK = inRepository('package-lock.json')

/**
 * Installs the npm dependencies where they are missing or older than the lock file. Install scripts stay off: nothing here needs them.
 * `npm ci` would refuse a lock file that lacks the optional binaries of other platforms, which npm leaves out where a registry does not carry them.
 */
export async function requireNodeModules() {
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs) return 'present'
  await mustRun('npm', ['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund'])
  // npm leaves the file alone where nothing was to be done; its age says that all is well.
  utimesSync(INSTALLED, new Date(), new Date())
  return 'installed'
}
