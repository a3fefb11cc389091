/** How long questions to a store take that `fill-store.js` made: `node measure-query.js FOLDER QUESTIONS`, in one process, without a network; prints JSON. */
import { executeQuery, QUERY_BOUNDS, querySource } from '@srwan/ditex'
import { clockAt, EPOCH_LENGTH, EPOCH_OF_QUESTIONS, replicaIn } from './bench-replica.js'
import { askedOften } from './listings.js'
import { asnOf, cityOf, countryOf } from './places.js'

const [folder, questionsText] = process.argv.slice(2)
const QUESTIONS = Number(questionsText)

const { replica } = replicaIn(folder, clockAt(EPOCH_OF_QUESTIONS))
await replica.start()
const source = querySource(replica, EPOCH_LENGTH)
const all = [...replica.view.byKind('listing')]
const records = all.filter((_, index) => all.length < 10_000 || index % 997 === 0)
const pick = (index) => records[(index * 31) % records.length]
const between = (index, by) => ({ bestOf: { from: { city: cityOf(index) }, to: { city: cityOf(index + 7) }, by }, limit: 10 })

/** One of each manner in which people and programs ask. */
const MANNERS = {
  'one key': (index) => ({ kind: 'listing', key: pick(index).key }),
  'beginning of a key': (index) => ({ kind: 'listing', keyPrefix: pick(index).key.slice(0, 7), limit: 100 }),
  'one author': (index) => ({ kind: 'listing', author: pick(index).author, limit: 100 }),
  'a country': (index) => ({ kind: 'listing', country: countryOf(index), limit: 100 }),
  'a city': (index) => ({ kind: 'listing', city: cityOf(index), limit: 100 }),
  'an ASN': (index) => ({ kind: 'listing', asn: asnOf(index), limit: 100 }),
  'a condition on the body': (index) => ({
    kind: 'listing',
    keyPrefix: pick(index).key.slice(0, 6),
    where: [{ field: ['colour'], operator: '=', value: index % 4 }],
    limit: 100
  }),
  'best of two cities by price': (index) => between(index, 'price'),
  'best of two cities by delay': (index) => between(index, 'delay'),
  'an epoch of history': (index) => ({ history: true, sinceEpoch: pick(index).epoch, untilEpoch: pick(index).epoch, limit: 100 }),
  'everything, a page': () => ({ limit: 100 })
}

const figures = {}
for (const [name, question] of Object.entries(MANNERS)) figures[name] = await askedOften(QUESTIONS, (index) => executeQuery(source, question(index), QUERY_BOUNDS.member))
process.stdout.write(JSON.stringify(figures))
await replica.stop()
