/**
 * Two of OrbitDB's peers that come to the same entries by its replication over libp2p on loopback: `node measure-orbitdb-sync.js FOLDER MODULE AUTHORS ENTRIES_EACH`; prints JSON.
 * Once the one that lacks entries holds nothing, once all but the last three, of one author in a hundred. Both are in this process: CPU time is that of both.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { octetsOnTheWire } from './counted-sockets.js'
import { behindLogs, listing, timed } from './listings.js'
import { importOrbitDb, startPeer } from './orbitdb-peer.js'

const [folder, moduleFile, authorsText, eachText] = process.argv.slice(2)
const AUTHORS = Number(authorsText)
const EACH = Number(eachText)
/** libp2p's event after which each knows what the other speaks. */
const IDENTIFIED = 'peer:identify'
/** Entries refer to as many before them as OrbitDB's databases do: a peer that lacks them fetches so many at a time. */
const REFERENCES = 16
const HELD = behindLogs(Array.from({ length: AUTHORS }, () => Array.from({ length: EACH }))).flat().length

const parts = await importOrbitDb(moduleFile)
const { ComposedStorage, Identities, IPFSAccessController, IPFSBlockStorage, KeyStore, LevelStorage, Log, LRUStorage, MemoryStorage } = parts

/** What OrbitDB takes by default, made here so that a log can be written by several authors. */
async function storagesOf(ipfs, place) {
  return {
    entryStorage: await ComposedStorage(await LRUStorage({ size: 1000 }), await IPFSBlockStorage({ ipfs, pin: true })),
    headsStorage: await ComposedStorage(await LRUStorage({ size: 1000 }), await LevelStorage({ path: join(place, 'heads') })),
    indexStorage: await ComposedStorage(await LRUStorage({ size: 1000 }), await LevelStorage({ path: join(place, 'index') }))
  }
}

/** The authors write one after the other, each upon all that was written before; those who will be behind come last. */
async function write(ipfs, db, storages) {
  const keystore = await KeyStore({ storage: await MemoryStorage() })
  const identities = await Identities({ ipfs, keystore })
  const logs = []
  for (let author = 0; author < AUTHORS; author++) {
    const identity = await identities.createIdentity({ id: `author-${author}` })
    logs.push({ identity, log: await Log(identity, { logId: db.address, access: db.access, ...storages }) })
  }
  const written = []
  for (let index = 0; index < AUTHORS * EACH; index++) {
    const { log } = logs[index < HELD ? index % AUTHORS : 0]
    const { key, body } = listing(index)
    written.push(await log.append({ op: 'PUT', key, value: body }, { referencesCount: REFERENCES }))
  }
  return { written, identities: logs.map(({ identity }) => identity) }
}

/** A replica that holds the first of the entries, as it would have got them. */
async function hold(ipfs, storages, { entries, from, identities, logId }) {
  for (const { hash } of entries) {
    await storages.entryStorage.put(hash, await from.get(hash))
    await storages.indexStorage.put(hash, true)
  }
  const blocks = await IPFSBlockStorage({ ipfs, pin: true })
  for (const { hash, bytes } of identities) await blocks.put(hash, bytes)
  if (entries.length > 0) await Log(identities[0], { logId, logHeads: entries.slice(-1), ...storages })
}

/** From the subscription on an open connection until the log is joined on the side that was behind. */
async function measureSync(name, held) {
  const [from, to] = [await startPeer(parts, join(folder, `${name}-from`)), await startPeer(parts, join(folder, `${name}-to`))]
  const fromStorages = await storagesOf(from.ipfs, join(folder, `${name}-from-log`))
  const source = await from.orbitdb.open('bench', { type: 'keyvalue', AccessController: IPFSAccessController({ write: ['*'] }), ...fromStorages })
  const { written, identities } = await write(from.ipfs, source, fromStorages)
  const identified = Promise.all([once(from.libp2p, IDENTIFIED), once(to.libp2p, IDENTIFIED)])
  await to.libp2p.dial(from.libp2p.getMultiaddrs())
  await identified
  const toStorages = await storagesOf(to.ipfs, join(folder, `${name}-to-log`))
  await hold(to.ipfs, toStorages, { entries: written.slice(0, held), from: fromStorages.entryStorage, identities: held === 0 ? [] : identities, logId: source.address })
  const target = await to.orbitdb.open(source.address, { sync: false, ...toStorages })
  const last = written.at(-1).hash
  const joined = new Promise((resolve) => target.events.on('update', ({ hash }) => hash === last && resolve()))
  const before = octetsOnTheWire()
  const { wall, cpu } = await timed(async () => {
    await target.sync.start()
    await joined
  })
  const octets = octetsOnTheWire() - before
  const found = await target.log.values()
  if (found.length !== written.length) throw new Error(`${found.length} of ${written.length} entries after the replication`)
  for (const { orbitdb, ipfs } of [to, from]) for (const part of [orbitdb, ipfs]) await part.stop()
  return { [`${name}Seconds`]: wall, [`${name}CpuSeconds`]: cpu, [`${name}Octets`]: octets }
}

const figures = { ...(await measureSync('syncAll', 0)), ...(await measureSync('syncFew', HELD)) }
process.stdout.write(JSON.stringify(figures))
process.exit(0)
