import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { partOfNode } from './bench-replica.js'

await partOfNode('polyfill.js')

/** OrbitDB and what it replicates with, out of the folder into which it was installed. */
export function importOrbitDb(moduleFile) {
  return import(pathToFileURL(moduleFile).href)
}

/**
 * A peer as OrbitDB's guide makes one: Helia with bitswap over TCP, Noise and yamux on loopback, gossipsub and identify. Its blocks are in memory, which is the fastest that it can do.
 *
 * @param parts - of {@link importOrbitDb}
 */
export async function startPeer(parts, folder) {
  const libp2p = await parts.createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [parts.tcp()],
    connectionEncrypters: [parts.noise()],
    streamMuxers: [parts.yamux()],
    connectionMonitor: { enabled: false },
    services: { identify: parts.identify(), pubsub: parts.gossipsub({ allowPublishToZeroTopicPeers: true }) }
  })
  const ipfs = new parts.Helia({ libp2p, blockstore: new parts.MemoryBlockstore(), datastore: new parts.MemoryDatastore(), blockBrokers: [parts.bitswap()], routers: [] })
  await ipfs.start()
  const keystore = await parts.KeyStore({ storage: await parts.MemoryStorage() })
  const identities = await parts.Identities({ ipfs, keystore })
  const orbitdb = await parts.createOrbitDB({ ipfs, identities, id: 'bench', directory: folder })
  return { libp2p, ipfs, identities, orbitdb }
}

/** Storages of one log in Level, with OrbitDB's own cache before the entries. */
export async function levelStorages({ ComposedStorage, LevelStorage, LRUStorage }, folder) {
  const level = (part, valueEncoding) => LevelStorage({ path: join(folder, part), valueEncoding })
  return {
    entryStorage: await ComposedStorage(await LRUStorage({ size: 1000 }), await level('entries', 'view')),
    headsStorage: await level('heads', 'view'),
    indexStorage: await level('index', 'json')
  }
}
