import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../workshop/run.js'

const PACKAGE = '@orbitdb/core'
/** What is measured where the registry does not say which release is the current one. */
const PINNED = '4.0.0'
const ASK_MS = 30_000
const INSTALL_MS = 600_000
/** No scripts of strangers, no peers that only other platforms need; a download that stands still is begun again. */
const HOW = ['--ignore-scripts', '--omit=peer', '--no-audit', '--no-fund', '--prefer-offline', '--fetch-timeout=60000']
/** What OrbitDB replicates with: Helia without its HTTP gateways, on the transports that the exchange has; gossipsub is the release that OrbitDB's own tests name. */
const NETWORK_PARTS = [
  '@helia/utils@^2.5.2',
  '@helia/block-brokers@^5.2.4',
  'blockstore-core@^6.1.3',
  'datastore-core@^11.0.3',
  'libp2p@^3.2.0',
  '@libp2p/tcp@^11.0.15',
  '@libp2p/identify@^4.1.0',
  '@libp2p/gossipsub@^15.0.16',
  '@chainsafe/libp2p-noise@^17.0.0',
  '@chainsafe/libp2p-yamux@^8.0.1',
  // OrbitDB imports it without naming it among its dependencies.
  'it-drain@^3.0.12'
]
/** What the measurements import: names are resolved in the folder of these modules, not in the checkout. The log alone needs no network, and is measured without one. */
const CORE = `export * from '${PACKAGE}'
`
const PARTS = `${CORE}export { Helia } from '@helia/utils'
export { bitswap } from '@helia/block-brokers'
export { MemoryBlockstore } from 'blockstore-core'
export { MemoryDatastore } from 'datastore-core'
export { createLibp2p } from 'libp2p'
export { tcp } from '@libp2p/tcp'
export { identify } from '@libp2p/identify'
export { gossipsub } from '@libp2p/gossipsub'
export { noise } from '@chainsafe/libp2p-noise'
export { yamux } from '@chainsafe/libp2p-yamux'
`

/**
 * Installs OrbitDB's current release into the user's cache: it is no dependency of anything.
 *
 * @returns {Promise<{ core: string, parts: string, version: string } | { missing: string }>} the module with OrbitDB, and that with all that it replicates with, too
 */
export async function installOrbitDb() {
  const version = (await currentVersion()) ?? PINNED
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'srwan-bench', `orbitdb-${version}`)
  const [core, parts] = [join(folder, 'core.js'), join(folder, 'parts.js')]
  // Written last: where it is, the installation came to its end.
  if (existsSync(parts)) return { core, parts, version }
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const { code, output } = await run('npm', ['install', ...HOW, `${PACKAGE}@${version}`, ...NETWORK_PARTS], {
    cwd: folder,
    env: { NODE_OPTIONS: '' },
    signal: AbortSignal.timeout(INSTALL_MS)
  }).catch(({ message }) => ({ code: 1, output: `error: ${message}` }))
  if (code !== 0) return { missing: `${PACKAGE} ${version} could not be installed: ${output.split('\n').find((line) => /ERR|error/i.test(line)) ?? 'no reason given'}` }
  writeFileSync(core, CORE)
  writeFileSync(parts, PARTS)
  return { core, parts, version }
}

/** The release that npm gives to whoever asks for none; `undefined` where the registry does not answer. */
async function currentVersion() {
  const asked = await run('npm', ['view', PACKAGE, 'version'], { signal: AbortSignal.timeout(ASK_MS) }).catch(() => undefined)
  const version = asked?.code === 0 ? asked.stdout.trim() : ''
  return /^\d+\.\d+\.\d+$/.test(version) ? version : undefined
}
