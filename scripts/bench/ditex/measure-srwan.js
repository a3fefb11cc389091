/** One repetition of the exchange's own figures, in a process of its own: `node measure-srwan.js FOLDER ENTRIES SIGNED`; prints JSON. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { join } from 'node:path'
import { authorOfKey, createAuthor, createLevelStore, createReplica, decodeEntry, encodeEntry, entryBytes, hashOf, signEntry, verifyEntry } from '@srwan/ditex'
import { createVirtualClock, systemRandom } from '@srwan/clock'
import { listing, rates, timed } from './listings.js'

const [folder, entriesText, signedText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)
const SIGNED = Number(signedText)
const NETWORK = 'srwan-bench'
const EPOCH_LENGTH = 3_600_000
const EPOCH = 500_000
/** Appends that wait at a time, as a busy node has them. */
const TOGETHER = 128
const BATCH = 256
/** Entries of one log in the large store, and authors in it. */
const LOG_LENGTH = 100
const AUTHORS = 100

const quiet = () => {}
const logger = { forComponent: () => ({ error: quiet, warn: quiet, info: quiet, debug: quiet }) }
const roster = { isAuthor: () => true, authors: () => [], groupOf: () => 0, position: () => new Uint8Array(32) }
const clockAt = (epoch) => createVirtualClock({ wallStart: (epoch + 0.1) * EPOCH_LENGTH })

function createSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const peerId = authorOfKey(publicKey.export({ format: 'der', type: 'spki' }).subarray(12))
  return { peerId, sid: '0000000000000000', sign: async (data) => sign(null, data, privateKey) }
}

function replicaOn(name, clock, verify) {
  const store = createLevelStore({ logger }, { location: join(folder, name) })
  const replica = createReplica(
    { clock, random: systemRandom(), logger, roster, store, ...(verify === undefined ? {} : { verify }) },
    { network: NETWORK, epochLength: EPOCH_LENGTH }
  )
  return { store, replica }
}

const CHECKPOINT = { kind: 'checkpoint', key: '', ttl: 192, body: { live: new Uint8Array(32), count: 0, previous: null } }

async function signedLogs() {
  const encoded = []
  while (encoded.length < SIGNED) {
    const signer = createSigner()
    let prev
    for (let seq = 0; seq < 200 && encoded.length < SIGNED; seq++) {
      const said = seq === 0 ? CHECKPOINT : { kind: 'listing', ttl: 24, ...listing(encoded.length) }
      const sealed = await signEntry(signer, NETWORK, 0, { scope: 'global', epoch: EPOCH, seq, prev, ...said })
      prev = sealed.signed.hash
      encoded.push(sealed.encoded)
    }
  }
  return encoded
}

async function measureAppend() {
  const clock = clockAt(EPOCH)
  const { store, replica } = replicaOn('append', clock)
  await replica.start()
  const author = createAuthor({ clock, logger, signer: createSigner(), replica, store, peerHeads: { fetchOwn: async () => ({ peers: 0, entries: [], forks: [] }) } })
  await author.start()
  let written = 0
  const time = await timed(async () => {
    while (written < SIGNED) {
      // A log holds 255 entries: two rounds, then the next epoch.
      await Promise.all(
        Array.from({ length: Math.min(TOGETHER - 1, SIGNED - written) }, (_, index) => author.append({ scope: 'global', kind: 'listing', ttl: 24, ...listing(written + index) }))
      )
      written += Math.min(TOGETHER - 1, SIGNED - written)
      if (Math.ceil(written / (TOGETHER - 1)) % 2 === 0) await clock.advance(EPOCH_LENGTH)
    }
  })
  await author.stop()
  await replica.stop()
  return rates('append', written, time)
}

async function measureVerify(encoded) {
  const time = await timed(() => {
    for (const entry of encoded) if (!verifyEntry(decodeEntry(entry, NETWORK), NETWORK)) throw new Error('an entry does not verify')
  })
  return rates('verify', encoded.length, time)
}

async function measureMerge(encoded) {
  const { replica } = replicaOn('merge', clockAt(EPOCH))
  await replica.start()
  const time = await timed(async () => {
    for (let at = 0; at < encoded.length; at += BATCH) {
      const outcomes = await replica.offer(encoded.slice(at, at + BATCH))
      if (outcomes.some(({ outcome }) => outcome !== 'accepted')) throw new Error('an entry was not taken')
    }
  })
  await replica.stop()
  return rates('merge', encoded.length, time)
}

/** A store of many entries. Signatures are not looked at when a store is opened, so these have none. */
async function fillStore(name) {
  const { replica } = replicaOn(name, clockAt(EPOCH + 150), () => true)
  await replica.start()
  const authors = Array.from({ length: AUTHORS }, () => createSigner().peerId)
  const signature = new Uint8Array(64)
  let count = 0
  for (let epoch = EPOCH; count < ENTRIES; epoch++) {
    for (const author of authors) {
      const log = []
      let prev
      for (let seq = 0; seq < LOG_LENGTH && count + log.length < ENTRIES; seq++) {
        // Keys of their own in each epoch: every entry counts in the views, the most that memory has to hold.
        const said = seq === 0 ? CHECKPOINT : { kind: 'listing', ttl: 192, body: listing(seq).body, key: `${epoch}-${listing(seq).key}` }
        const bytes = entryBytes({ scope: 'global', epoch, seq, prev, ...said })
        prev = hashOf(NETWORK, author, 0, bytes)
        log.push(encodeEntry({ author, incarnation: 0, signature, bytes }))
      }
      await replica.offer(log, { trusted: true })
      count += log.length
    }
  }
  await replica.stop()
}

async function measureRestart(name) {
  const { replica } = replicaOn(name, clockAt(EPOCH + 150))
  const { wall, cpu } = await timed(() => replica.start())
  const { rss } = process.memoryUsage()
  if (replica.view.size !== ENTRIES - Math.ceil(ENTRIES / LOG_LENGTH)) throw new Error(`${replica.view.size} entries count after the restart`)
  await replica.stop()
  return { restartSeconds: wall, restartCpuSeconds: cpu, residentMebibytes: rss / 2 ** 20 }
}

if (process.argv[5] === 'restart') process.stdout.write(JSON.stringify(await measureRestart('large')))
else if (process.argv[5] === 'fill') await fillStore('large')
else {
  const encoded = await signedLogs()
  const octets = encoded.reduce((sum, { length }) => sum + length, 0) / encoded.length
  process.stdout.write(JSON.stringify({ ...(await measureVerify(encoded)), ...(await measureAppend()), ...(await measureMerge(encoded)), octetsAnEntry: octets }))
}
