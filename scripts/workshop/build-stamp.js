import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ROOT } from './repository.js'

/** What a build may depend on. */
const SOURCE = /(\.(cc|cpp|c|h|hpp|gyp|gypi|cmake|sh|js|ts|json|node)|CMakeLists\.txt|Makefile|exports\.map)$/

function sourcesOf(path) {
  if (!existsSync(path)) return []
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !/\/(build|node_modules)\//.test(file))
    .sort()
}

/**
 * A digest of sources and their names within the checkout: the same on every machine.
 *
 * @param {string[]} paths - files and directories
 * @param {string} salt - whatever else decides what comes out
 */
export function sourceHash(paths, salt) {
  const hash = createHash('sha256').update(salt)
  for (const file of paths.flatMap((path) => (SOURCE.test(path) ? [path].filter((file) => existsSync(file)) : sourcesOf(path)))) {
    hash.update(relative(ROOT, file)).update(readFileSync(file))
  }
  return hash.digest('hex')
}

/**
 * Builds only where sources, Node or options differ from what the last build left in its stamp.
 *
 * @param {object} target
 * @param {string[]} target.sources - files and directories
 * @param {string} target.product - the file that must exist afterwards
 * @param {string} target.stamp - where the hash of what was built is kept
 * @param {() => Promise<void>} build
 */
export async function buildWhereChanged(target, build) {
  const hash = sourceHash(target.sources, `${process.version} ${process.arch} ${relative(ROOT, target.product)}`)
  if (existsSync(target.product) && existsSync(target.stamp) && readFileSync(target.stamp, 'utf8') === hash) return 'up to date'
  await build()
  mkdirSync(dirname(target.stamp), { recursive: true })
  writeFileSync(target.stamp, hash)
  return 'built'
}
