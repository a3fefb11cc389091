import { levelStorages } from './orbitdb-peer.js'

/** A log without a database or a network around it. */
export async function openBenchLog(parts, folder) {
  const { Identities, KeyStore, Log, MemoryStorage } = parts
  const keystore = await KeyStore({ storage: await MemoryStorage() })
  const identities = await Identities({ keystore, storage: await MemoryStorage() })
  const identity = await identities.createIdentity({ id: 'bench' })
  return { identities, log: await Log(identity, { logId: 'bench', ...(await levelStorages(parts, folder)) }) }
}
