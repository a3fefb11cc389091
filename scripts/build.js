import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setup } from './setup.js'
import { compileTarget } from './prebuild/compile.js'
import { packPackage } from './prebuild/package.js'
import { isUpToDate } from './prebuild/sources.js'
import { TARGETS, targetsOfThisSystem } from './prebuild/targets.js'
import { buildWhereChanged } from './workshop/build-stamp.js'
import { inRepository, isMain } from './workshop/repository.js'
import { mustRun, mustRunNode } from './workshop/run.js'
import { main, say, stage, StopError, together } from './workshop/stages.js'

const DATAPATH = inRepository('packages/datapath')
const ADDON = join(DATAPATH, 'build/Release/srwan_datapath.node')
const BUNDLE = inRepository('packages/cli/dist/bundle')
const EMULATOR = inRepository('packages/testbed/native')
const BUILT_EMULATOR = inRepository('packages/testbed/build/emulator')

/** Where this Node's own headers lie beside it, node-gyp need not fetch any. */
function headerOptions() {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node.h')) ? [`--nodedir=${prefix}`] : []
}

function compile() {
  return mustRunNode([inRepository('node_modules/typescript/bin/tsc'), '-b'])
}

function buildAddon() {
  const gyp = inRepository('node_modules/node-gyp/bin/node-gyp.js')
  return mustRunNode([gyp, 'configure', 'build', '-C', DATAPATH, '--jobs=max', ...headerOptions()])
}

async function buildEmulator() {
  await mustRun('make', ['-C', EMULATOR])
}

function sourceFolders() {
  return readdirSync(inRepository('packages')).map((name) => inRepository('packages', name, 'src'))
}

/** Made aside and then moved: a testnet that runs meanwhile never sees half a command. */
async function buildBundle() {
  const { bundle } = await import('../packages/cli/bundle.js')
  const next = `${BUNDLE}-next`
  await bundle({ outdir: next })
  rmSync(BUNDLE, { recursive: true, force: true })
  renameSync(next, BUNDLE)
}

/** Whether a release's native part of this kind fits this system and these sources, and nothing was built here that would be taken instead. */
function isShipped(kind) {
  const built = kind === 'addon' ? ADDON : BUILT_EMULATOR
  return !existsSync(built) && targetsOfThisSystem().some((target) => target.kind === kind && isUpToDate(target))
}

/** What a build on this machine takes besides Node: no compiler where shipped parts serve. */
export function buildPurposes() {
  return isShipped('addon') && isShipped('emulator') ? ['build'] : ['build', 'compile']
}

/** The native parts for all systems that releases serve, or for those whose names are given. */
async function buildPrebuilds(names) {
  const unknown = names.filter((name) => !TARGETS.some((target) => target.name === name))
  if (unknown.length > 0) throw new StopError(`no such target: ${unknown.join(', ')}; there are: ${TARGETS.map(({ name }) => name).join(', ')}`, 2)
  say('prebuilds')
  for (const target of TARGETS.filter(({ name }) => names.length === 0 || names.includes(name))) await stage(target.name, () => compileTarget(target))
}

/** Everything that runs: JavaScript from TypeScript, the addon, the emulator, the bundled command. Each part only where its sources changed. */
export async function build() {
  say('build')
  await together([compileTypeScript, buildNative])
  await stage('command bundle', () =>
    buildWhereChanged(
      {
        sources: [inRepository('package-lock.json'), inRepository('packages/cli/bundle.js'), ADDON, join(DATAPATH, 'prebuilds'), ...sourceFolders()],
        product: join(BUNDLE, 'srwan.js'),
        stamp: inRepository('packages/cli/dist/bundle-stamp')
      },
      buildBundle
    )
  )
}

/** On one core, while the native parts take what is left. */
function compileTypeScript() {
  return stage('TypeScript', async () => {
    await compile()
  })
}

async function buildNative() {
  await stage('datapath addon', () => {
    if (isShipped('addon')) return 'the shipped one fits'
    return buildWhereChanged(
      {
        sources: [join(DATAPATH, 'native'), join(DATAPATH, 'binding.gyp')],
        product: ADDON,
        stamp: join(DATAPATH, 'build/stamp')
      },
      buildAddon
    )
  })
  await stage('emulator', () => {
    if (isShipped('emulator')) return 'the shipped one fits'
    return buildWhereChanged(
      {
        sources: [EMULATOR],
        product: BUILT_EMULATOR,
        stamp: inRepository('packages/testbed/build/stamp')
      },
      buildEmulator
    )
  })
}

const USAGE = `usage: npm run build [-- WHAT]
  prebuilds [TARGET…]  the native parts for every system that releases serve, or for some
  package [--host]     the package as it is published, with the prebuilds; with --host only with what was built here, for this machine`

/** @param {string[]} args - nothing for everything that runs here */
async function buildWhat([what, ...rest]) {
  if (what === undefined) {
    await setup(buildPurposes())
    await build()
  } else if (what === 'prebuilds') {
    await setup([])
    await buildPrebuilds(rest)
  } else if (what === 'package' && rest.every((arg) => arg === '--host')) {
    const host = rest.length > 0
    await setup(host ? ['build', 'compile'] : [])
    await (host ? build() : buildPrebuilds([]))
    say('package')
    let tarball
    await stage('pack', async () => {
      tarball = await packPackage({ host })
    })
    process.stdout.write(`${tarball}\n`)
  } else throw new StopError(USAGE, 2)
}

if (isMain(import.meta.url)) await main(() => buildWhat(process.argv.slice(2)))
