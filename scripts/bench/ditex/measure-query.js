/** How long questions to a large store take: `node measure-query.js FOLDER [QUESTIONS]`, on the store that `measure-srwan.js … fill` made; prints JSON. */
import { join } from 'node:path'
import { QUERY_BOUNDS, createLevelStore, createReplica, executeQuery, querySource } from '@srwan/ditex'
import { createVirtualClock, systemRandom } from '@srwan/clock'

const [folder, questionsText = '400'] = process.argv.slice(2)
const QUESTIONS = Number(questionsText)
const EPOCH_LENGTH = 3_600_000
const EPOCH = 500_000

const quiet = () => {}
const logger = { forComponent: () => ({ error: quiet, warn: quiet, info: quiet, debug: quiet }) }
const roster = { isAuthor: () => true, authors: () => [], groupOf: () => 0, position: () => new Uint8Array(32) }

const store = createLevelStore({ logger }, { location: join(folder, 'large') })
const clock = createVirtualClock({ wallStart: (EPOCH + 150.1) * EPOCH_LENGTH })
const replica = createReplica({ clock, random: systemRandom(), logger, roster, store }, { network: 'srwan-bench', epochLength: EPOCH_LENGTH })
await replica.start()
const source = querySource(replica, EPOCH_LENGTH)
const records = [...replica.view.byKind('listing')].filter((_, index) => index % 997 === 0)
const pick = (index) => records[(index * 31) % records.length]

/** One of each manner in which people and programs ask. */
const MANNERS = {
  'one key': (index) => ({ kind: 'listing', key: pick(index).key }),
  'beginning of a key': (index) => ({ kind: 'listing', keyPrefix: pick(index).key.slice(0, 7), limit: 100 }),
  'one author': (index) => ({ kind: 'listing', author: pick(index).author, limit: 100 }),
  'a condition on the body': (index) => ({ kind: 'listing', keyPrefix: pick(index).key.slice(0, 6), where: [{ field: ['colour'], operator: '=', value: index % 4 }], limit: 100 }),
  'an epoch of history': (index) => ({ history: true, sinceEpoch: pick(index).epoch, untilEpoch: pick(index).epoch, limit: 100 }),
  'everything, a page': () => ({ limit: 100 })
}

const figures = {}
for (const [name, question] of Object.entries(MANNERS)) {
  const times = []
  for (let index = 0; index < QUESTIONS; index++) {
    const from = performance.now()
    await executeQuery(source, question(index), QUERY_BOUNDS.member)
    times.push(performance.now() - from)
  }
  times.sort((a, b) => a - b)
  figures[name] = { p50Ms: times[QUESTIONS >> 1], p99Ms: times[Math.floor(QUESTIONS * 0.99)] }
}
process.stdout.write(`${JSON.stringify({ entries: replica.view.size, questions: QUESTIONS, figures }, null, 2)}\n`)
await replica.stop()
