import { levelStorages } from './orbitdb-peer.js'

/** Who writes and reads a log without a network. */
export async function benchIdentity({ Identities, KeyStore, MemoryStorage }) {
  const keystore = await KeyStore({ storage: await MemoryStorage() })
  const identities = await Identities({ keystore, storage: await MemoryStorage() })
  return { identities, identity: await identities.createIdentity({ id: 'bench' }) }
}

/** A log without a database around it. */
export async function openBenchLog(parts, folder, identity) {
  return parts.Log(identity, { logId: 'bench', ...(await levelStorages(parts, folder)) })
}
