/** One repetition of what the exchange's own log does, in a process of its own: `node measure-srwan.js FOLDER ENTRIES`; prints JSON. */
import { join } from 'node:path'
import { createAuthor, decodeEntry, verifyEntry } from '@srwan/ditex'
import { clockAt, createSigner, EPOCH, EPOCH_LENGTH, logger, NETWORK, offerAll, replicaIn, signedLogs } from './bench-replica.js'
import { listing, rates, timed } from './listings.js'

const [folder, entriesText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)
/** Appends that wait at a time, as a busy node has them. */
const TOGETHER = 127
const LOG_LENGTH = 200

async function measureAppend() {
  const clock = clockAt(EPOCH)
  const { store, replica } = replicaIn(join(folder, 'append'), clock)
  await replica.start()
  const author = createAuthor({ clock, logger, signer: createSigner(), replica, store, peerHeads: { fetchOwn: async () => ({ peers: 0, entries: [], forks: [] }) } })
  await author.start()
  let written = 0
  const time = await timed(async () => {
    while (written < ENTRIES) {
      // A log holds 255 entries: two rounds, then the next epoch.
      const count = Math.min(TOGETHER, ENTRIES - written)
      await Promise.all(Array.from({ length: count }, (_, index) => author.append({ scope: 'global', kind: 'listing', ttl: 24, ...listing(written + index) })))
      written += count
      if (Math.ceil(written / TOGETHER) % 2 === 0) await clock.advance(EPOCH_LENGTH)
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
  const { replica } = replicaIn(join(folder, 'merge'), clockAt(EPOCH))
  await replica.start()
  const time = await timed(() => offerAll(replica, encoded))
  await replica.stop()
  return rates('merge', encoded.length, time)
}

const encoded = (await signedLogs(Math.ceil(ENTRIES / LOG_LENGTH), LOG_LENGTH)).flat().slice(0, ENTRIES)
const octetsAnEntry = encoded.reduce((sum, { length }) => sum + length, 0) / encoded.length
process.stdout.write(JSON.stringify({ ...(await measureVerify(encoded)), ...(await measureAppend()), ...(await measureMerge(encoded)), octetsAnEntry }))
