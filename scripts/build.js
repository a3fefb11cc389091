import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setup } from './setup.js'
import { buildWhereChanged } from './workshop/native-build.js'
import { inRepository, isMain } from './workshop/repository.js'
import { mustRun, mustRunNode } from './workshop/run.js'
import { main, say, stage } from './workshop/stages.js'

const DATAPATH = inRepository('packages/datapath')
const EMULATOR = inRepository('packages/testbed/native')

/** Where this Node's own headers lie beside it, node-gyp need not fetch any. */
function headerOptions () {
  const prefix = dirname(dirname(process.execPath))
  return existsSync(join(prefix, 'include/node/node.h')) ? [`--nodedir=${prefix}`] : []
}

export function compile () {
  return mustRunNode([inRepository('node_modules/typescript/bin/tsc'), '-b'])
}

function buildAddon () {
  const gyp = inRepository('node_modules/node-gyp/bin/node-gyp.js')
  return mustRunNode([gyp, 'rebuild', '-C', DATAPATH, '--jobs=max', ...headerOptions()])
}

async function buildEmulator () {
  await mustRun('make', ['-C', EMULATOR])
}

/** Everything that runs: JavaScript from TypeScript, the addon, the emulator, the bundled command. Each part only where its sources changed. */
export async function build () {
  say('build')
  await stage('TypeScript', async () => { await compile() })
  await stage('datapath addon', () => buildWhereChanged({
    sources: [join(DATAPATH, 'native'), join(DATAPATH, 'binding.gyp')],
    product: join(DATAPATH, 'build/Release/srwan_datapath.node'),
    stamp: join(DATAPATH, 'build/stamp')
  }, buildAddon))
  await stage('emulator', () => buildWhereChanged({
    sources: [EMULATOR],
    product: inRepository('packages/testbed/build/emulator'),
    stamp: inRepository('packages/testbed/build/stamp')
  }, buildEmulator))
  await stage('command bundle', async () => { await mustRunNode([inRepository('packages/cli/bundle.js')]) })
}

if (isMain(import.meta.url)) {
  await main(async () => {
    await setup(['build'])
    await build()
  })
}
