/** Makes the store that is opened and asked: `node fill-store.js FOLDER ENTRIES`. */
import { encodeEntry, entryBytes, hashOf, queryCodec } from '@srwan/ditex'
import { columnBody, encodeFullColumn } from '@srwan/wire'
import { CHECKPOINT, clockAt, createSigner, EPOCH, EPOCH_OF_QUESTIONS, NETWORK, offerAll, replicaIn } from './bench-replica.js'
import { listing } from './listings.js'
import { asnOf, cityOf, countryOf, LOG_LENGTH, MOST_AUTHORS } from './places.js'

const [folder, entriesText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)
const SIGNATURE = new Uint8Array(64)

// Signatures are not looked at when a store is opened, so these have none.
const { replica } = replicaIn(folder, clockAt(EPOCH_OF_QUESTIONS), () => true)
await replica.start()
const authors = Array.from({ length: Math.min(MOST_AUTHORS, Math.ceil(ENTRIES / LOG_LENGTH)) }, () => createSigner().peerId)
const sids = authors.map((author) => queryCodec.sidOf(author))
let count = 0
for (let epoch = EPOCH; count < ENTRIES; epoch++) {
  for (const [index, author] of authors.entries()) {
    const log = logOf(author, epoch, index)
    await offerAll(replica, log, { trusted: true })
    count += log.length
  }
}
await replica.stop()

function logOf(author, epoch, index) {
  const log = []
  let prev
  for (let seq = 0; seq < LOG_LENGTH && count + log.length < ENTRIES; seq++) {
    const bytes = entryBytes({ scope: 'global', epoch, seq, prev, ...said(epoch, seq, index) })
    prev = hashOf(NETWORK, author, 0, bytes)
    log.push(encodeEntry({ author, incarnation: 0, signature: SIGNATURE, bytes }))
  }
  return log
}

/** In its first log an author says where it is and how far the others are; all else are listings, with keys of their own in each epoch: every entry counts in the views, the most that memory has to hold. */
function said(epoch, seq, index) {
  if (seq === 0) return CHECKPOINT
  if (epoch === EPOCH && seq === 1)
    return { kind: 'router', key: '', ttl: 192, body: { name: `router-${index}`, country: countryOf(index), city: cityOf(index), lat: 50, lon: 8, asn: asnOf(index) } }
  if (epoch === EPOCH && seq === 2 && sids.length > 1) return { kind: 'column', key: '', ttl: 192, body: columnOf(index) }
  const { key, body } = listing(seq)
  return { kind: 'listing', ttl: 192, key: `${epoch}-${key}`, body: { ...body, from: sids[(index + seq) % sids.length], to: sids[(index + seq * 7 + 1) % sids.length] } }
}

function columnOf(index) {
  const members = [...sids].sort()
  const own = members.indexOf(sids[index])
  const cells = Array.from({ length: members.length - 1 }, () => ({ delay: 20_000, rate: 0, loss: 0, ipdv: 100, senderEpoch: 0, age: 0 }))
  const column = encodeFullColumn({ number: 1, fingerprint: 0, clockEpoch: 0, base: 0, cells })
  return columnBody({ members, column, trips: members.map((_, other) => (other === own ? undefined : 5 + ((own + other) % 90))) })
}
