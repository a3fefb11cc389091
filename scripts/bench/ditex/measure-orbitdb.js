/** The same figures of OrbitDB's log on its own Level storage: `node measure-orbitdb.js FOLDER MODULE ENTRIES`; prints JSON. The log stays in the folder. */
import { join } from 'node:path'
import { listing, rates, timed } from './listings.js'
import { importOrbitDb } from './orbitdb-peer.js'
import { benchIdentity, openBenchLog } from './orbitdb-log.js'

const [folder, moduleFile, entriesText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)
const parts = await importOrbitDb(moduleFile)
const { Entry } = parts

const { identities, identity } = await benchIdentity(parts)
const first = await openBenchLog(parts, join(folder, 'append'), identity)
const entries = []
const append = await timed(async () => {
  for (let index = 0; index < ENTRIES; index++) {
    const { key, body } = listing(index)
    entries.push(await first.append({ op: 'PUT', key, value: body }))
  }
})
const encoded = []
for (const entry of entries) encoded.push((await Entry.encode(entry)).bytes)
const verify = await timed(async () => {
  for (const bytes of encoded) if (!(await Entry.verify(identities, await Entry.decode(bytes)))) throw new Error('an entry does not verify')
})
const second = await openBenchLog(parts, join(folder, 'merge'), identity)
const merge = await timed(async () => {
  for (const bytes of encoded) await second.joinEntry(await Entry.decode(bytes))
})
await first.close()
await second.close()
const octetsAnEntry = encoded.reduce((sum, { length }) => sum + length, 0) / encoded.length
process.stdout.write(JSON.stringify({ ...rates('verify', ENTRIES, verify), ...rates('append', ENTRIES, append), ...rates('merge', ENTRIES, merge), octetsAnEntry }))
