/** OrbitDB's two ways to answer a question by key or by a filter: `node measure-orbitdb-query.js FOLDER MODULE ENTRIES QUESTIONS`; prints JSON. */
import { join } from 'node:path'
import { askedOften, ownListing } from './listings.js'
import { importOrbitDb, levelStorages, startPeer } from './orbitdb-peer.js'
import { wantedKey, wantedPrice } from './same-questions.js'

const [folder, moduleFile, entriesText, questionsText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)
const QUESTIONS = Number(questionsText)
/** A walk through the log reads all of it: a few of them are enough. */
const WALKS = Math.max(5, Math.round(QUESTIONS / 20))

const parts = await importOrbitDb(moduleFile)
const { libp2p, ipfs, orbitdb } = await startPeer(parts, folder)

async function filled(name, Database) {
  const db = await orbitdb.open(name, { sync: false, Database, ...(await levelStorages(parts, join(folder, name))) })
  for (let index = 0; index < ENTRIES; index++) {
    const { key, body } = ownListing(index)
    await db.put(key, body)
  }
  return db
}

async function measured(db, times) {
  const get = await askedOften(times, async (index) => {
    if ((await db.get(wantedKey(index, ENTRIES))) === undefined) throw new Error('a key is not there')
  })
  const filter = await askedOften(times, async (index) => {
    const { least, count } = wantedPrice(index, ENTRIES)
    const found = []
    for await (const { value } of db.iterator()) if (value.price >= least && value.price < least + count) found.push(value)
    if (found.length !== count) throw new Error(`${found.length} entries instead of ${count}`)
  })
  return { getMs: get.p50Ms, filterMs: filter.p50Ms }
}

const plain = await filled('keyvalue', parts.KeyValue())
const walked = await measured(plain, WALKS)
await plain.close()
const indexed = await filled('keyvalue-indexed', parts.KeyValueIndexed())
const looked = await measured(indexed, QUESTIONS)
await indexed.close()
process.stdout.write(JSON.stringify({ ...walked, getIndexedMs: looked.getMs, filterIndexedMs: looked.filterMs }))
await orbitdb.stop()
await ipfs.stop()
await libp2p.stop()
