/** The two questions that OrbitDB can be asked too, over listings with keys of their own: `node measure-same-questions.js FOLDER ENTRIES QUESTIONS`; prints JSON. */
import { createAuthor, executeQuery, QUERY_BOUNDS, querySource } from '@srwan/ditex'
import { clockAt, createSigner, EPOCH, EPOCH_LENGTH, logger, replicaIn } from './bench-replica.js'
import { askedOften, ownListing } from './listings.js'
import { wantedKey, wantedPrice } from './same-questions.js'

const [folder, entriesText, questionsText] = process.argv.slice(2)
const ENTRIES = Number(entriesText)
const QUESTIONS = Number(questionsText)
/** A log holds 255 entries besides its checkpoint. */
const IN_AN_EPOCH = 200

const clock = clockAt(EPOCH)
const { store, replica } = replicaIn(folder, clock)
await replica.start()
const author = createAuthor({ clock, logger, signer: createSigner(), replica, store, peerHeads: { fetchOwn: async () => ({ peers: 0, entries: [], forks: [] }) } })
await author.start()
for (let index = 0; index < ENTRIES; index++) {
  await author.append({ scope: 'global', kind: 'listing', ttl: 192, ...ownListing(index) })
  if (index % IN_AN_EPOCH === IN_AN_EPOCH - 1) await clock.advance(EPOCH_LENGTH)
}
const source = querySource(replica, EPOCH_LENGTH)

/** The whole answer, page after page. */
async function answered(question) {
  let cursor
  const entries = []
  do {
    const page = await executeQuery(source, { ...question, ...(cursor === undefined ? {} : { cursor }) }, QUERY_BOUNDS.member)
    entries.push(...page.entries)
    cursor = page.cursor
  } while (cursor !== undefined)
  return entries.map((encoded) => source.open(encoded).entry.body)
}

const get = await askedOften(QUESTIONS, async (index) => {
  const [body] = await answered({ kind: 'listing', key: wantedKey(index, ENTRIES) })
  if (body === undefined) throw new Error('a key is not there')
})
const filter = await askedOften(QUESTIONS, async (index) => {
  const { least, count } = wantedPrice(index, ENTRIES)
  const found = await answered({
    kind: 'listing',
    where: [
      { field: ['price'], operator: '>=', value: least },
      { field: ['price'], operator: '<', value: least + count }
    ],
    limit: 1000
  })
  if (found.length !== count) throw new Error(`${found.length} entries instead of ${count}`)
})
process.stdout.write(JSON.stringify({ getMs: get.p50Ms, filterMs: filter.p50Ms }))
await author.stop()
await replica.stop()
