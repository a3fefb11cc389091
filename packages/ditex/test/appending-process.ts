/**
 * A process that appends as fast as it can to the store given, from a key given, and says on standard output what was acknowledged, until it is killed.
 * It begins by saying what it holds.
 */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import { silentLogger } from '@srwan/testing'
import { authorOfKey, createAuthor, createLevelStore, createReplica } from '../src/index.ts'
import { EPOCH_LENGTH, NETWORK, rosterOf } from './fixtures.ts'
import type { Signer } from '@srwan/interface'

const [location = '', seed = '', firstEpoch = ''] = process.argv.slice(2)
const HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const privateKey = createPrivateKey({ key: Buffer.concat([HEAD, Buffer.from(seed, 'hex')]), format: 'der', type: 'pkcs8' })
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(12)
const signer: Signer = { peerId: authorOfKey(publicKey), sid: sid('0000000000000000'), sign: (data) => Promise.resolve(sign(null, data, privateKey)) }

/** One line, written before the call returns: what is said is said even if the next instruction is the last. */
function tell(...fields: readonly (string | number)[]): void {
  writeSync(1, `${fields.join(' ')}\n`)
}

const clock = createVirtualClock({ wallStart: ms((Number(firstEpoch) + 0.01) * EPOCH_LENGTH) })
const store = createLevelStore({ logger: silentLogger() }, { location })
const replica = createReplica({ clock, random: seededRandom(1), logger: silentLogger(), roster: rosterOf(), store }, { network: NETWORK, epochLength: EPOCH_LENGTH })
await replica.start()
for (const damage of replica.damaged) tell('DAMAGED', JSON.stringify(damage))
for (const epoch of replica.epochs()) {
  for (const head of replica.heads('global', epoch)) {
    for (let seq = 0; seq <= head.seq; seq++) tell('HELD', epoch, seq, Buffer.from((await replica.entry(head, seq))!.hash).toString('hex'))
  }
}
// Whatever leaves the node is told by this event: it must never be contradicted later.
replica.on('accepted', ({ signed }) => tell('SENT', signed.entry.epoch, signed.entry.seq, Buffer.from(signed.hash).toString('hex')))
const author = createAuthor({ clock, logger: silentLogger(), signer, replica, store, peerHeads: { fetchOwn: () => Promise.resolve({ peers: 0, entries: [], forks: [] }) } })
await author.start()
tell('READY')
for (;;) {
  const together = Array.from({ length: 8 }, (_, index) =>
    author.append({ scope: 'global', kind: 'listing', key: `${index}`, ttl: 20, body: 'x'.repeat(100 * index) }).then(
      (signed) => tell('ACKNOWLEDGED', signed.entry.epoch, signed.entry.seq, Buffer.from(signed.hash).toString('hex')),
      () => 'full'
    )
  )
  if ((await Promise.all(together)).includes('full')) await clock.advance(EPOCH_LENGTH)
}
