/**
 * Two replicas that come to the same entries by `/srwan/ditex/sync/1` over libp2p on loopback: `node measure-sync.js FOLDER AUTHORS ENTRIES_EACH`; prints JSON.
 * Once the one that lacks entries holds nothing, once all but the last three of one author in a hundred. Both are in this process: CPU time is that of both.
 */
import { join } from 'node:path'
import { createDitexReplication } from '@srwan/ditex'
import { verifyWith } from '@srwan/wire'
import { systemRandom } from '@srwan/clock'
import { clockAt, EPOCH, EPOCH_LENGTH, logger, offerAll, partOfNode, replicaIn, roster, signedLogs } from './bench-replica.js'
import { octetsOnTheWire } from './counted-sockets.js'
import { behindLogs, timed } from './listings.js'
import { loopbackLibp2p } from './loopback.js'

const [folder, authorsText, eachText] = process.argv.slice(2)
const { Libp2pSync } = await partOfNode('ditex/libp2p-sync.js')

/** What the node does before and beside an exchange is left out: everybody is a member, and gossip brings nothing. */
const members = { isAdmitted: () => true, on: () => {}, off: () => {} }
const topic = { publish: async () => {}, setValidator: () => {} }

async function side(name, encoded) {
  const clock = clockAt(EPOCH)
  const libp2p = await loopbackLibp2p()
  const { replica } = replicaIn(join(folder, name), clock)
  await replica.start()
  await offerAll(replica, encoded, { trusted: true })
  const sync = new Libp2pSync({ libp2p, roster: members, clock, logger: logger.forComponent() })
  const ended = Promise.withResolvers()
  const peers = {
    on: sync.on,
    off: sync.off,
    connected: () => sync.connected(),
    open: async (peer) => {
      const stream = await sync.open(peer)
      const close = () => {
        stream.close()
        ended.resolve()
      }
      return { send: stream.send, frames: stream.frames, close }
    }
  }
  const components = { replica, roster, peers, topics: { global: topic, group: topic }, clock, random: systemRandom(), logger, verify: verifyWith, seekOthers: () => {} }
  const replication = createDitexReplication(components, { self: libp2p.peerId.toString(), organisation: new Uint8Array(32), epochLength: EPOCH_LENGTH })
  sync.answerWith((peer, stream) => replication.serve(peer, stream))
  await sync.start()
  return { libp2p, sync, replica, replication, ended: ended.promise }
}

/** From the start of an exchange on an open connection to its end on the side that was behind. */
async function measureSync(name, { all, held }) {
  const from = await side(`${name}-from`, all)
  const to = await side(`${name}-to`, held)
  await from.replication.start()
  await to.libp2p.dial(from.libp2p.getMultiaddrs())
  const before = octetsOnTheWire()
  const { wall, cpu } = await timed(async () => {
    // It exchanges with whoever is connected when it starts.
    await to.replication.start()
    await to.ended
  })
  const octets = octetsOnTheWire() - before
  await new Promise((resolve) => setImmediate(resolve))
  const { exchanges, accepted, controlSent, controlReceived } = to.replication.status().sync
  if (exchanges !== 1 || accepted !== all.length - held.length) throw new Error(`${exchanges} exchanges brought ${accepted} of ${all.length - held.length} entries`)
  for (const { replication, sync, replica, libp2p } of [to, from]) for (const part of [replication, sync, replica, libp2p]) await part.stop()
  return { [`${name}Seconds`]: wall, [`${name}CpuSeconds`]: cpu, [`${name}Octets`]: octets, [`${name}ControlOctets`]: controlSent + controlReceived }
}

const logs = await signedLogs(Number(authorsText), Number(eachText))
const all = logs.flat()
const figures = { ...(await measureSync('syncAll', { all, held: [] })), ...(await measureSync('syncFew', { all, held: behindLogs(logs).flat() })) }
process.stdout.write(JSON.stringify(figures))
