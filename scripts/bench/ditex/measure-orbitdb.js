/** The same figures of OrbitDB's log on its own Level storage: `node measure-orbitdb.js FOLDER MODULE ENTRIES`; prints JSON. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { listing, rates, timed } from './listings.js'

const [folder, moduleFile, entriesText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)
const { Entry, Identities, KeyStore, LevelStorage, Log, MemoryStorage } = await import(pathToFileURL(moduleFile).href)

const keystore = await KeyStore({ storage: await MemoryStorage() })
const identities = await Identities({ keystore, storage: await MemoryStorage() })
const identity = await identities.createIdentity({ id: 'bench' })

async function openLog(name) {
  const storages = await Promise.all(
    ['entries', 'heads', 'index'].map((part) => LevelStorage({ path: join(folder, name, part), valueEncoding: part === 'index' ? 'json' : 'view' }))
  )
  const [entryStorage, headsStorage, indexStorage] = storages
  return { log: await Log(identity, { logId: 'bench', entryStorage, headsStorage, indexStorage }), close: () => Promise.all(storages.map((storage) => storage.close())) }
}

const first = await openLog('append')
const entries = []
const append = await timed(async () => {
  for (let index = 0; index < ENTRIES; index++) {
    const { key, body } = listing(index)
    entries.push(await first.log.append({ op: 'PUT', key, value: body }))
  }
})
const encoded = []
for (const entry of entries) encoded.push((await Entry.encode(entry)).bytes)
const verify = await timed(async () => {
  for (const bytes of encoded) if (!(await Entry.verify(identities, await Entry.decode(bytes)))) throw new Error('an entry does not verify')
})
const second = await openLog('merge')
const merge = await timed(async () => {
  for (const bytes of encoded) await second.log.joinEntry(await Entry.decode(bytes))
})
await first.close()
await second.close()
const restart = await timed(async () => {
  const { log, close } = await openLog('append')
  const values = await log.values()
  if (values.length !== ENTRIES) throw new Error(`${values.length} entries after the restart`)
  await close()
})
const octetsAnEntry = encoded.reduce((sum, { length }) => sum + length, 0) / encoded.length
const restartRates = rates('restart', ENTRIES, restart)
process.stdout.write(
  JSON.stringify({ ...rates('verify', ENTRIES, verify), ...rates('append', ENTRIES, append), ...rates('merge', ENTRIES, merge), ...restartRates, octetsAnEntry })
)
