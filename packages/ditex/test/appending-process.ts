/**
 * A process that appends as fast as it can to the store given, takes the entries of other authors as from exchanges, and drops epochs as the clock goes on, until it is killed.
 * It says on standard output what it holds at its start, what was acknowledged, and what left it.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { authorOfKey, createAuthor, createLevelStore, createReplica, decodeEntry } from '../src/index.ts'
import { firstKeptEpoch } from '../src/replica/admission.ts'
import { EPOCH_LENGTH, NETWORK, createSigner, rosterOf, writeLog } from './fixtures.ts'
import type { LogPlace, Signer } from '@srwan/interface'
import type { OwnEntries, SealedEntry } from '../src/index.ts'

const [location = '', seed = '', firstEpoch = '', peersFile = ''] = process.argv.slice(2)
const HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
/** Appends at once, and entries of one other author in one offer. */
const TOGETHER = 8
const OTHERS_TOGETHER = 24
const OTHERS = 4
const LONGEST_LOG = 256
/** Own entries after which the clock enters the next epoch. */
const ENOUGH = 60

const privateKey = createPrivateKey({ key: Buffer.concat([HEAD, Buffer.from(seed, 'hex')]), format: 'der', type: 'pkcs8' })
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(12)
const signer: Signer = { peerId: authorOfKey(publicKey), sid: sid('0000000000000000'), sign: (data) => Promise.resolve(sign(null, data, privateKey)) }
/** Their keys and words follow from the seed: whatever they say at a position, they say it in each life. */
const others = Array.from({ length: OTHERS }, (_, index) => createSigner(createHash('sha256').update(`${seed}/${index}`).digest()))

/** One line, written before the call returns: what is said is said even if the next instruction is the last. A full stop shows that it is whole. */
function tell(...fields: readonly (string | number)[]): void {
  const line = Buffer.from(`${fields.join(' ')} .\n`)
  for (let at = 0; at < line.length; ) {
    try {
      at += writeSync(1, line, at)
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'EAGAIN') throw error
      // The pipe is full: whoever reads it is slower.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

const hashOf = ({ hash }: { readonly hash: Uint8Array }): string => Buffer.from(hash).toString('hex')

/** What other members hold of this author: everything that left the lives before. */
async function heldByPeers(fromEpoch: number): Promise<OwnEntries> {
  const encoded = readFileSync(peersFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Uint8Array.from(Buffer.from(line, 'hex')))
  await new Promise((resolve) => setImmediate(resolve))
  return { peers: 2, entries: encoded.filter((entry) => decodeEntry(entry, NETWORK).entry.epoch >= fromEpoch), forks: [] }
}

const clock = createVirtualClock({ wallStart: ms((Number(firstEpoch) + 0.01) * EPOCH_LENGTH) })
const store = createLevelStore({ logger: silentLogger() }, { location })
const replica = createReplica({ clock, random: seededRandom(1), logger: silentLogger(), roster: rosterOf(), store }, { network: NETWORK, epochLength: EPOCH_LENGTH })
tell('OPENING')
await replica.start()
for (const damage of replica.damaged) tell('DAMAGED', JSON.stringify(damage))
for (const epoch of replica.epochs()) {
  for (const head of replica.heads('global', epoch)) {
    const entries = await replica.entries(head)
    if (entries.length !== head.seq + 1) tell('DAMAGED', JSON.stringify({ what: `the log of ${head.author} in epoch ${epoch}`, finding: 'it has holes' }))
    for (const encoded of entries) {
      const { author: writer, entry, hash } = decodeEntry(encoded, NETWORK)
      tell('HELD', writer, entry.epoch, entry.seq, Buffer.from(hash).toString('hex'))
    }
  }
}
// Whatever leaves the node is told by this event: it must never be contradicted later.
replica.on('accepted', ({ signed, encoded }) => {
  if (signed.author === signer.peerId) tell('SENT', signed.author, signed.entry.epoch, signed.entry.seq, hashOf(signed), Buffer.from(encoded).toString('hex'))
})
const author = createAuthor({ clock, logger: silentLogger(), signer, replica, store, peerHeads: { fetchOwn: (_author, fromEpoch) => heldByPeers(fromEpoch) } })
await author.start()
await author.ready
tell('READY', author.incarnation)

/** Goes on with the log of another author, as an exchange would. */
async function takeFrom(other: Signer, epoch: number): Promise<void> {
  const place: LogPlace = { scope: 'global', epoch, author: other.peerId }
  const held = (replica.head(place)?.seq ?? -1) + 1
  const last = held === 0 ? undefined : await replica.entry(place, held - 1)
  if (held >= LONGEST_LOG) return
  // The chain goes on from the hash of the last one: what is before it need not be signed anew.
  const before = Array.from({ length: held }, () => ({ signed: last }) as unknown as SealedEntry)
  const says = Array.from({ length: Math.min(OTHERS_TOGETHER, LONGEST_LOG - Math.max(1, held)) }, (_, index) => ({
    key: `${(held + index) % 50}`,
    body: `${held + index}`.repeat(300)
  }))
  const fresh = (await writeLog(other, says, { epoch, after: before })).slice(held)
  const outcomes = await replica.offer(fresh.map(({ encoded }) => encoded))
  for (const [index, { signed }] of fresh.entries()) if (outcomes[index]!.outcome === 'accepted') tell('TAKEN', signed.author, signed.entry.epoch, signed.entry.seq, hashOf(signed))
}

async function append(): Promise<void> {
  const appends = Array.from({ length: TOGETHER }, (_, index) =>
    author.append({ scope: 'global', kind: 'listing', key: `${index}`, ttl: 20, body: 'x'.repeat(100 * index) }).then(
      (signed) => tell('ACKNOWLEDGED', signed.author, signed.entry.epoch, signed.entry.seq, hashOf(signed)),
      (cause: Error) => tell('REFUSED', cause.message)
    )
  )
  await Promise.all(appends)
}

for (let round = 0; ; round++) {
  const epoch = replica.currentEpoch()
  const other = others[round % OTHERS]!
  await Promise.all([append(), takeFrom(other, epoch), takeFrom(other, firstKeptEpoch(epoch))])
  if ((replica.head({ scope: 'global', epoch, author: signer.peerId })?.seq ?? 0) < ENOUGH) continue
  // Said before it is done: the next life goes on from there.
  tell('EPOCH', epoch + 1)
  await clock.advance(EPOCH_LENGTH)
}
