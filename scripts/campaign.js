import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.js'
import { endure } from './campaign/endurance/index.js'
import { ENDURANCE_OPTIONS, enduranceOptions } from './campaign/endurance/options.js'
import { countChecks } from './campaign/endurance/report.js'
import { setup } from './setup.js'
import { closingLine, sum } from './testing/counts.js'
import { runMocha } from './testing/mocha.js'
import { runFuzz } from './testing/native.js'
import { runSanitized } from './testing/sanitizers.js'
import { isMain } from './workshop/repository.js'
import { main, say, stage, StopError } from './workshop/stages.js'

const campaignTests =
  (name, hours) =>
  ({ env = {} } = {}) =>
    runMocha({ files: [`test/campaign/${name}.netns.spec.ts`], timeoutSeconds: hours * 3600, env: { ...env, SRWAN_CAMPAIGN: name } })

const KILLS = 200
const FAILOVER_OPTIONS = { kills: { type: 'string' }, busy: { type: 'boolean', default: false } }

function failoverOptions({ kills = String(KILLS), busy }) {
  if (!/^[1-9]\d*$/.test(kills)) throw new StopError(`--kills is a whole number from 1, not ${kills}`, 2)
  return { kills, busy }
}

/** Of the time of the first run; the second one is slower, and exact where packets are lost. */
const SINGLE_SHARE = 1 / 5
const LEAST_SECONDS = 20

async function enduranceRuns({ seconds, single }) {
  if (single) return countChecks(await endure({ seconds, single }))
  const first = countChecks(await endure({ seconds }))
  return sum([first, countChecks(await endure({ seconds: Math.max(Math.round(seconds * SINGLE_SHARE), LEAST_SECONDS), single: true }))])
}

/** Round trips between the cities of the world, µs; too large for the repository. */
const WORLD = 'wonderproxy222_avg_us.csv.gz'

/** @throws StopError where the measurements are not given: a campaign that measured nothing is not green */
function needWorld() {
  const folder = process.env.SRWAN_LATENCY_DATA
  if (folder !== undefined && existsSync(join(folder, WORLD))) return
  const what = folder === undefined ? 'SRWAN_LATENCY_DATA is not set' : `${folder} has no such file`
  throw new StopError(`the campaign needs measured round trips: ${what}\nset SRWAN_LATENCY_DATA to a folder with ${WORLD}, a square matrix in µs`, 2)
}

/** The long forms of what `npm test` does briefly: title, work, and what is asked for before anything is built. */
const CAMPAIGNS = {
  fuzz: ['ten minutes of fuzzing for each parser', () => runFuzz(600)],
  paths: ['chosen against optimal paths: several cuts of the data, clocks off, drifting and stepping', campaignTests('paths', 2)],
  beyond: [
    'relays between groups by landmarks, against the best relay of all',
    () => runMocha({ files: ['packages/topology/test/beyond/world.spec.ts'], timeoutSeconds: 1800 }),
    needWorld
  ],
  'three-groups': ['24 nodes in three groups on real packets: every path between groups against the true optimum', campaignTests('three-groups', 2)],
  transfer: ['a file of 1 GB over the overlay and over a site prefix', campaignTests('transfer', 1)],
  failover: [
    '200 kills of a path at random phase, how long a flow stands still',
    ({ failover: options }) => campaignTests('failover', 4)({ env: { SRWAN_KILLS: options.kills, SRWAN_BUSY: options.busy ? '1' : '' } })
  ],
  'random-loss': ['ten minutes at 5 % loss each way', campaignTests('random-loss', 1)],
  sybils: [
    'half of all identities hostile: shares of relays, votes, groups and guests, with and without stake',
    () => runMocha({ files: ['packages/groups/test/sybils.spec.ts'], timeoutSeconds: 1800, env: { SRWAN_CAMPAIGN: 'sybils' } })
  ],
  'ditex-kills': [
    '200 kills of a process that appends to the exchange, takes the entries of others and drops old ones, some while it opens its store: nothing acknowledged lost, no fork of its own',
    ({ failover: options }) => runMocha({ files: ['packages/ditex/test/kills.spec.ts'], timeoutSeconds: 4 * 3600, env: { SRWAN_KILLS: options.kills } })
  ],
  'ditex-partition': [
    'a hundred replicas, ten of them cut off for ten epochs: equal within two pulses of healing; what an exchange of 100,000 authors costs',
    () =>
      runMocha({
        files: ['packages/ditex/test/sync/partition.spec.ts', 'packages/ditex/test/sync/exchange-cost.spec.ts'],
        timeoutSeconds: 3600,
        env: { SRWAN_CAMPAIGN: 'ditex-partition' }
      })
  ],
  measurement: [
    'what a hundred members that measure each other send in a month, by their counters over a whole period',
    () => runMocha({ files: ['packages/measurement/test/group.spec.ts'], timeoutSeconds: 3600, grep: '100 members', env: { SRWAN_CAMPAIGN: 'measurement' } })
  ],
  'ditex-day': [
    'a day of a hundred nodes: what each sends in a month, by purpose, measurement included; the store of a day in which the retention ends',
    () =>
      runMocha({
        files: ['packages/node/test/ditex/day/*.spec.ts', 'test/integration/month-of-a-full-group.spec.ts'],
        timeoutSeconds: 4 * 3600,
        env: { SRWAN_CAMPAIGN: 'ditex-day' }
      })
  ],
  soak: ['an hour of traffic, faults and restarts', campaignTests('soak', 2)],
  endurance: ['the datapath at full rate while keys, sessions, paths and members change', (options) => enduranceRuns(options.endurance)],
  sanitizers: ['C++ tests and addon under ThreadSanitizer, AddressSanitizer and UndefinedBehaviorSanitizer', runSanitized]
}

async function campaign(args) {
  const { values, positionals: names } = parseArgs({ args, allowPositionals: true, options: { ...ENDURANCE_OPTIONS, ...FAILOVER_OPTIONS } })
  const options = { endurance: enduranceOptions(values), failover: failoverOptions(values) }
  const unknown = names.filter((name) => !(name in CAMPAIGNS))
  if (names.length === 0 || unknown.length > 0) {
    const list = Object.entries(CAMPAIGNS)
      .map(([name, [title]]) => `  ${name.padEnd(11)} ${title}`)
      .join('\n')
    say(`${unknown.length > 0 ? `no such campaign: ${unknown.join(', ')}\n` : ''}usage: npm run campaign -- NAME… [--seconds N] [--kills N] [--busy]\n${list}`)
    return 2
  }
  for (const name of names) CAMPAIGNS[name][2]?.()
  await setup(['build', 'compile', 'demo', 'test'])
  await build()
  let failed = 0
  for (const name of names) {
    const [title, work] = CAMPAIGNS[name]
    await stage(title, async () => {
      const counts = await work(options)
      failed += counts.failed
      return closingLine(counts)
    })
  }
  return failed === 0 ? 0 : 1
}

if (isMain(import.meta.url)) await main(() => campaign(process.argv.slice(2)))
