import { requireNode, requireNodeModules } from './workshop/node-modules.js'
import { isMain } from './workshop/repository.js'
import { main, say, stage } from './workshop/stages.js'
import { requireSystemTools } from './workshop/system-tools.js'

/**
 * Makes a fresh clone workable: Node's version, npm dependencies, the system's programs.
 *
 * @param {('build' | 'compile' | 'demo' | 'test')[]} purposes - what the caller is about to do
 */
export async function setup(purposes) {
  requireNode()
  say('set-up')
  await stage('system programs', () => requireSystemTools(purposes))
  await stage('npm dependencies', requireNodeModules)
}

if (isMain(import.meta.url)) await main(() => setup(['build', 'compile', 'demo', 'test']))
