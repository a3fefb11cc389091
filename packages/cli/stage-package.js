import { chmod, copyFile, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.js'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(here))

/** Fields of package.json that mean something to whoever installs the package; dependencies do not, for the bundle holds them. */
const KEPT = ['name', 'version', 'description', 'license', 'type', 'bin']

/**
 * Lays out the package as it is published: the bundled command, the native parts for each system, scenarios. It depends on no other package
 * and runs no script when it is installed.
 *
 * @param {object} options
 * @param {string} options.outdir - emptied first
 * @param {{ kind: 'addon' | 'emulator', from: string, file: string }[]} options.native - native parts; `file` is the place below the folder in which
 * the loader of its kind looks
 * @returns {Promise<string>} outdir
 */
export async function stagePackage({ outdir, native }) {
  await rm(outdir, { recursive: true, force: true })
  const bundled = join(outdir, 'dist', 'bundle')
  await bundle({ outdir: bundled, addon: false })
  const testbed = join(bundled, 'testbed')
  await cp(join(root, 'packages', 'testbed', 'scenarios'), join(testbed, 'scenarios'), { recursive: true })
  for (const { kind, from, file } of native) {
    const to = join(kind === 'addon' ? bundled : testbed, file)
    await mkdir(dirname(to), { recursive: true })
    await copyFile(from, to)
    await chmod(to, 0o755)
  }
  await mkdir(join(outdir, 'bin'))
  await copyFile(join(here, 'bin', 'srwan.js'), join(outdir, 'bin', 'srwan.js'))
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md']) await copyFile(join(root, name), join(outdir, name))
  await writeFile(join(outdir, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`)
  return outdir
}

async function manifest() {
  const own = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'))
  const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return { ...Object.fromEntries(KEPT.map((field) => [field, own[field]])), engines }
}
