import { cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const packages = dirname(here)

/** CommonJS dependencies call `require` for Node's own modules; an ES module has none. */
const BANNER = "import { createRequire as srwanCreateRequire } from 'node:module'; const require = srwanCreateRequire(import.meta.url);"

/** The polyfill is an import without names: it must stay although its package declares that it has no side effects. */
const keepPolyfill = {
  name: 'keep-polyfill',
  setup(builder) {
    builder.onResolve({ filter: /\/polyfill\.(ts|js)$/ }, ({ path, resolveDir }) => ({ path: join(resolveDir, path), sideEffects: true }))
  }
}

/**
 * Bundles the command with code splitting, so that each command loads its own part only, and puts the native addon beside it.
 *
 * @param {{ outdir?: string }} [options] - outdir defaults to packages/cli/dist/bundle
 * @returns {Promise<{ outdir: string, octets: number }>}
 */
export async function bundle({ outdir = join(here, 'dist', 'bundle') } = {}) {
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
    plugins: [keepPolyfill],
    banner: { js: BANNER },
    legalComments: 'linked',
    minifySyntax: true,
    minifyWhitespace: true,
    metafile: true,
    logLevel: 'warning'
  })
  // The addon is loaded at run time through this package: fail here rather than there.
  const require = createRequire(import.meta.url)
  require.resolve('node-gyp-build')
  // The addon's loader looks for the nearest package.json and for build/ or prebuilds/ beside it.
  await writeFile(join(outdir, 'package.json'), '{ "type": "module" }\n')
  await copyAddon(outdir)
  return { outdir, octets: Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** The addon is found relative to the bundle, as node-gyp-build looks for it: build/Release and prebuilds. */
async function copyAddon(outdir) {
  const datapath = join(packages, 'datapath')
  for (const folder of ['build/Release', 'prebuilds']) {
    const from = join(datapath, folder)
    if (
      !(await stat(from).then(
        (facts) => facts.isDirectory(),
        () => false
      ))
    )
      continue
    const files = (await readdir(from, { recursive: true })).filter((file) => file.endsWith('.node') && !file.includes('obj.target'))
    for (const file of files) {
      await mkdir(dirname(join(outdir, folder, file)), { recursive: true })
      await cp(join(from, file), join(outdir, folder, file))
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { outdir, octets } = await bundle()
  process.stdout.write(`bundled ${outdir}: ${(octets / 1e6).toFixed(1)} MB\n`)
}
