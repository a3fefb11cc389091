import { cp, rm, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const packages = dirname(here)

/** CommonJS dependencies call `require` for Node's own modules; an ES module has none. */
const BANNER = "import { createRequire as srwanCreateRequire } from 'node:module'; const require = srwanCreateRequire(import.meta.url); const srwanBundle = import.meta.url;"

/** The polyfill is an import without names: it must stay although its package declares that it has no side effects. */
const keepPolyfill = {
  name: 'keep-polyfill',
  setup(builder) {
    builder.onResolve({ filter: /\/polyfill\.(ts|js)$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path), sideEffects: true }))
  }
}

/** Addons of others lie in folders of their own names beside the bundle; by themselves they would be looked for beside their sources. */
const DATABASE = 'classic-level'
const SODIUM = 'sodium-native'
const FOLDER_OF = (name) => `
const { existsSync } = require('node:fs')
const { dirname, join } = require('node:path')
let folder = dirname(require('node:url').fileURLToPath(srwanBundle))
while (!existsSync(join(folder, '${name}', 'prebuilds')) && folder !== dirname(folder)) folder = dirname(folder)
`
const DATABASE_LOADER = `${FOLDER_OF(DATABASE)}
module.exports = require('node-gyp-build')(join(folder, '${DATABASE}'))
`
const SODIUM_LOADER = `${FOLDER_OF(SODIUM)}
module.exports = require(join(folder, '${SODIUM}', 'prebuilds', process.platform + '-' + process.arch, '${SODIUM}.node'))
`
const findAddons = {
  name: 'find-addons',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]classic-level[\\/]binding\.js$/ }, () => ({ contents: DATABASE_LOADER, loader: 'js' }))
    builder.onLoad({ filter: /[\\/]sodium-native[\\/]binding\.js$/ }, () => ({ contents: SODIUM_LOADER, loader: 'js' }))
  }
}

/** Where node-gyp leaves the addon, and where the bundle's loader looks for it. */
const BUILT_ADDON = 'build/Release/srwan_datapath.node'

/**
 * Bundles the command with code splitting, so that each command loads its own part only, and puts the native addon beside it.
 *
 * @param {object} [options]
 * @param {string} [options.outdir] - packages/cli/dist/bundle by default
 * @param {boolean} [options.addon] - whether the addon comes along as it is here, built or shipped; true by default
 * @returns {Promise<{ outdir: string, octets: number }>}
 */
export async function bundle({ outdir = join(here, 'dist', 'bundle'), addon = true } = {}) {
  await rm(outdir, { recursive: true, force: true })
  const { metafile } = await build({
    entryPoints: { srwan: join(here, 'src', 'srwan.ts') },
    outdir,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['source'],
    external: ['*.node'],
    plugins: [keepPolyfill, findAddons],
    banner: { js: BANNER },
    legalComments: 'linked',
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    logLevel: 'warning'
  })
  // The addon's loader looks for the nearest package.json and for build/ or prebuilds/ beside it.
  await writeFile(join(outdir, 'package.json'), '{ "type": "module" }\n')
  await copyShipped(outdir, DATABASE, 'ditex')
  await copyShipped(outdir, SODIUM, 'wire')
  if (addon) await copyAddon(outdir)
  return { outdir, octets: Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0) }
}

/**
 * Addons of a dependency for the systems on which the package runs, as its own package ships them.
 *
 * @param {string} outdir
 * @param {string} name - of the dependency
 * @param {string} user - the package that depends on it
 */
async function copyShipped(outdir, name, user) {
  const shipped = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`, { paths: [join(packages, user)] })), 'prebuilds')
  const isNode = (path) => !path.endsWith('.bare')
  for (const system of ['linux-x64', 'linux-arm64']) await cp(join(shipped, system), join(outdir, name, 'prebuilds', system), { recursive: true, filter: isNode })
}

/** The addon that was built here or, where none was, those that were shipped, in the places in which the loader looks. */
async function copyAddon(outdir) {
  const datapath = join(packages, 'datapath')
  const found = [BUILT_ADDON, 'prebuilds'].find((path) => existsSync(join(datapath, path)))
  if (found !== undefined) await cp(join(datapath, found), join(outdir, found), { recursive: true })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { outdir, octets } = await bundle()
  process.stdout.write(`bundled ${outdir}: ${(octets / 1e6).toFixed(1)} MB\n`)
}
