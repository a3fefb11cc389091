/** How long questions take over `/srwan/ditex/query/1` on loopback, answered with proofs: `node measure-wire-query.js FOLDER QUESTIONS`, on a store that `fill-store.js` made; prints JSON. Asker and answerer share this process. */
import { answerProofs, askOver, createDitexReplication, encodeAnchor, MAX_ANSWER, QUERY_PROTOCOL, queryCodec, querySource } from '@srwan/ditex'
import { verifyWith } from '@srwan/wire'
import { systemRandom } from '@srwan/clock'
import { clockAt, createSigner, EPOCH_LENGTH, EPOCH_OF_QUESTIONS, logger, NETWORK, partOfNode, replicaIn, roster } from './bench-replica.js'
import { octetsOnTheWire } from './counted-sockets.js'
import { askedOften } from './listings.js'
import { loopbackLibp2p } from './loopback.js'

const [folder, questionsText] = process.argv.slice(2)
const QUESTIONS = Number(questionsText)
const { createExchange } = await partOfNode('ditex/exchange.js')
const { queryFrames } = await partOfNode('ditex/query-frames.js')
const nobody = { on: () => {}, off: () => {}, connected: () => [] }
const topic = { publish: async () => {}, setValidator: () => {} }
/** After a start the sealer waits for so long, in ms. */
const CATCHING_UP = 30_000
/** A member may ask this many units a second; the virtual clock lets that time pass between two questions, outside of what is measured. */
const BUDGET_MS = 10_000

const clock = clockAt(EPOCH_OF_QUESTIONS)
const { replica } = replicaIn(folder, clock)
const organisation = createSigner()
const replication = createDitexReplication(
  {
    replica,
    roster,
    peers: nobody,
    topics: { global: topic, group: topic },
    clock,
    random: systemRandom(),
    logger,
    verify: verifyWith,
    seekOthers: () => {},
    seal: organisation.signNow
  },
  { self: organisation.peerId, organisation: organisation.key, epochLength: EPOCH_LENGTH }
)
const [own, asker] = [await loopbackLibp2p(), await loopbackLibp2p()]
const exchange = createExchange(
  {
    source: querySource(replica, EPOCH_LENGTH),
    accepted: replica,
    codec: queryCodec,
    proofs: answerProofs(replication.proofs),
    anchors: () => replication.anchors.after(-1).map(encodeAnchor),
    libp2p: own,
    connect: () => Promise.reject(new Error('nobody is asked')),
    admissions: { isAdmitted: () => true },
    clock,
    random: systemRandom(),
    logger
  },
  { network: NETWORK, self: own.peerId.toString(), readers: 'members' }
)
for (const part of [replica, replication, exchange]) await part.start()
await clock.advance(CATCHING_UP)
const connection = await asker.dial(own.getMultiaddrs())
const listings = [...replica.view.byKind('listing')].filter((_, index) => index % 97 === 0)
const pick = (index) => listings[(index * 31) % listings.length]

/** A stream for each question, as the node does. @throws where something is not proven */
async function ask(query) {
  const signal = AbortSignal.timeout(30_000)
  const stream = await connection.newStream(QUERY_PROTOCOL, { signal })
  const { entries, proofs } = await askOver(queryFrames(stream, MAX_ANSWER), { query, forwarded: false }, signal)
  stream.abort(new Error('answered'))
  if (entries.length === 0 || proofs.length === 0) throw new Error('an answer without entries or proofs')
}

async function measured(question) {
  const before = octetsOnTheWire()
  const figures = await askedOften(
    QUESTIONS,
    (index) => ask(question(index)),
    () => clock.advance(BUDGET_MS)
  )
  return { ...figures, octets: (octetsOnTheWire() - before) / QUESTIONS }
}

const figures = {
  'one entry by author and key, over libp2p with proofs': await measured((index) => ({ kind: 'listing', key: pick(index).key, author: pick(index).author })),
  'one author, a page of 100, over libp2p with proofs': await measured((index) => ({ kind: 'listing', author: pick(index).author, limit: 100 }))
}
process.stdout.write(JSON.stringify(figures))
for (const part of [exchange, replication, replica, asker, own]) await part.stop()
