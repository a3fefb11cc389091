import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { authorOfKey, createLevelStore, createReplica, signEntry } from '@srwan/ditex'
import { createVirtualClock, systemRandom } from '@srwan/clock'
import { inRepository } from '../../workshop/repository.js'
import { listing } from './listings.js'

export const NETWORK = 'srwan-bench'
export const EPOCH_LENGTH = 3_600_000
export const EPOCH = 500_000
/** The large store is opened in this one: all of its entries count. */
export const EPOCH_OF_QUESTIONS = EPOCH + 150
/** Logs are begun with one. */
export const CHECKPOINT = { kind: 'checkpoint', key: '', ttl: 192, body: { live: new Uint8Array(32), count: 0, previous: null } }

const quiet = () => {}
export const logger = { forComponent: () => ({ error: quiet, warn: quiet, info: quiet, debug: quiet }) }

const positions = new Map()
function positionOf(author) {
  const position = positions.get(author) ?? Uint8Array.from(createHash('sha256').update(author).digest())
  positions.set(author, position)
  return position
}
/** Whoever asks is an author, and all are of one group. */
export const roster = { isAuthor: () => true, authors: () => [], groupOf: () => 0, position: positionOf }

export const clockAt = (epoch) => createVirtualClock({ wallStart: (epoch + 0.1) * EPOCH_LENGTH })

export function createSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = publicKey.export({ format: 'der', type: 'spki' }).subarray(12)
  return { key, peerId: authorOfKey(key), sid: '0000000000000000', sign: async (data) => sign(null, data, privateKey), signNow: (data) => sign(null, data, privateKey) }
}

/** A replica on a store of its own in a folder, not started. */
export function replicaIn(folder, clock, verify) {
  const store = createLevelStore({ logger }, { location: folder })
  const components = { clock, random: systemRandom(), logger, roster, store, ...(verify === undefined ? {} : { verify }) }
  return { store, replica: createReplica(components, { network: NETWORK, epochLength: EPOCH_LENGTH }) }
}

/** Logs of so many authors with so many entries each, as they are sent. */
export async function signedLogs(authors, entriesEach) {
  const logs = []
  for (let author = 0; author < authors; author++) {
    const signer = createSigner()
    const log = []
    let prev
    for (let seq = 0; seq < entriesEach; seq++) {
      const said = seq === 0 ? CHECKPOINT : { kind: 'listing', ttl: 24, ...listing(author * entriesEach + seq) }
      const sealed = await signEntry(signer, NETWORK, 0, { scope: 'global', epoch: EPOCH, seq, prev, ...said })
      prev = sealed.signed.hash
      log.push(sealed.encoded)
    }
    logs.push(log)
  }
  return logs
}

/** Takes entries in batches, as an exchange brings them. @throws where one is not taken */
export async function offerAll(replica, encoded, options) {
  const BATCH = 256
  for (let at = 0; at < encoded.length; at += BATCH) {
    const outcomes = await replica.offer(encoded.slice(at, at + BATCH), options)
    const bad = outcomes.find(({ outcome }) => outcome !== 'accepted')
    if (bad !== undefined) throw new Error(`an entry was not taken: ${JSON.stringify(bad)}`)
  }
}

/** A part of the node that its package does not export, as `npm run build` made it. */
export function partOfNode(file) {
  return import(pathToFileURL(join(inRepository('packages/node/dist/src'), file)).href)
}
