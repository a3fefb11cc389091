import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setup } from './setup.js'
import { buildWhereChanged } from './workshop/build-stamp.js'
import { inRepository, isMain } from './workshop/repository.js'
import { mustRun, mustRunNode } from './workshop/run.js'
import { main, say, stage } from './workshop/stages.js'

const DATAPATH = inRepository('packages/datapath')
const ADDON = join(DATAPATH, 'build/Release/srwan_datapath.node')
const BUNDLE = inRepository('packages/cli/dist/bundle')
const EMULATOR = inRepository('packages/testbed/native')

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

/** Everything that runs: JavaScript from TypeScript, the addon, the emulator, the bundled command. Each part only where its sources changed. */
export async function build() {
  say('build')
  await stage('TypeScript', async () => {
    await compile()
  })
  await stage('datapath addon', () =>
    buildWhereChanged(
      {
        sources: [join(DATAPATH, 'native'), join(DATAPATH, 'binding.gyp')],
        product: ADDON,
        stamp: join(DATAPATH, 'build/stamp')
      },
      buildAddon
    )
  )
  await stage('emulator', () =>
    buildWhereChanged(
      {
        sources: [EMULATOR],
        product: inRepository('packages/testbed/build/emulator'),
        stamp: inRepository('packages/testbed/build/stamp')
      },
      buildEmulator
    )
  )
  await stage('command bundle', () =>
    buildWhereChanged(
      {
        sources: [inRepository('package-lock.json'), inRepository('packages/cli/bundle.js'), ADDON, ...sourceFolders()],
        product: join(BUNDLE, 'srwan.js'),
        stamp: inRepository('packages/cli/dist/bundle-stamp')
      },
      buildBundle
    )
  )
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup(['build'])
    await build()
  })
}
