import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { inRepository } from '../../workshop/repository.js'
import { COMPARISONS, timesAhead } from './comparisons.js'

const HISTORY = 'bench/history.jsonl'
const TABLE = 'bench/ditex.md'

/** What srwan does with more entries than OrbitDB is given: name, title, how many entries. */
const ALONE = [
  ['verifyACpuSecond', 'verified, entries a CPU second', 'signed'],
  ['appendACpuSecond', 'appended durably, entries a CPU second', 'signed'],
  ['appendAWallSecond', 'appended durably, entries a second', 'signed'],
  ['mergeACpuSecond', 'merged, entries a CPU second', 'signed'],
  ['syncAllSeconds', 'sync of all, s', 'signed'],
  ['syncAllCpuSeconds', 'sync of all, CPU s of both sides', 'signed'],
  ['syncAllOctets', 'sync of all, octets on the wire', 'signed'],
  ['syncFewSeconds', 'sync of the few, s', 'signed'],
  ['syncFewOctets', 'sync of the few, octets on the wire', 'signed'],
  ['restartSeconds', 'restart, s', 'entries'],
  ['restartCpuSeconds', 'restart, CPU s', 'entries'],
  ['restartPeakMebibytes', 'most memory at restart, MiB', 'entries']
]

const count = (value) => value.toLocaleString('en')
const number = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
const row = (cells) => `| ${cells.join(' | ')} |`
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

function cell(figure) {
  return figure === undefined || !Number.isFinite(figure.median) ? '–' : `${number(figure.median)} (${number(figure.min)}–${number(figure.max)})`
}

/** @returns {string} Markdown that is readable as plain text too: medians, and least to greatest */
export function renderReport({ machine, plan, orbitdbVersion, missing, systems, alone, questions, wireQuestions, acceptance }) {
  return [
    '# The exchange: logs, replica, store and sync',
    `${machine.date.slice(0, 10)}, commit ${machine.commit}, ${machine.cpu}, Node ${machine.node}, load ${machine.loadAtStart.toFixed(1)} at the start; ${plan.repetitions} repetitions, interleaved: median (least–greatest).`,
    ...missing.map((line) => `Missing: ${line}`),
    `## What must hold\n${table(
      ['figure', 'must hold', 'measured', ''],
      acceptance.map(({ figure, bound, value, verdict }) => [figure, bound, value === undefined ? '–' : number(value), verdict])
    )}`,
    `## Against OrbitDB, on the same ${count(plan.shared)} entries\n${comparisonText(plan, orbitdbVersion)}\n\n${comparisonTable(systems)}`,
    `## srwan with more entries\n${table(
      ['figure', 'entries', 'srwan'],
      ALONE.map(([name, title, entries]) => [title, count(plan[entries]), cell(alone[name])])
    )}`,
    `## Questions to a store of ${count(plan.entries)} entries\n${questionsText(plan)}\n\n${questionsTable({ ...questions, ...wireQuestions })}`,
    ''
  ].join('\n\n')
}

function comparisonTable(systems) {
  const rows = COMPARISONS.map((comparison) => {
    const ahead = timesAhead(comparison, systems)
    return [comparison.title, cell(systems.srwan[comparison.ours]), cell(systems.orbitdb?.[comparison.theirs]), Number.isFinite(ahead) ? `${number(ahead)} ×` : '–']
  })
  const more = [
    ['OrbitDB: log opened, nothing read, s', '–', cell(systems.orbitdb?.openSeconds), '–'],
    ['sync of all, octets besides entries', cell(systems.srwan.syncAllControlOctets), '–', '–'],
    ['sync of the few, octets besides entries', cell(systems.srwan.syncFewControlOctets), '–', '–']
  ]
  return table(['figure', 'srwan', 'OrbitDB', 'srwan ahead'], [...rows, ...more])
}

function comparisonText({ authors, shared }, version) {
  return [
    version === undefined ? 'OrbitDB was not measured.' : `OrbitDB ${version}, the log on Level with its own cache before it; it does not sync to the disk, srwan does.`,
    'At a restart either opens its store in a new process and reads all entries.',
    'A question is answered in the process that holds the entries: srwan gives signed entries, OrbitDB’s keyvalue walks its log, keyvalue-indexed looks into a second store without signatures.',
    `Sync is between two replicas in one process, over TCP, Noise and yamux on loopback, on a connection that is open: of all ${count(shared)} entries of ${authors} authors to a replica that holds nothing, and of the few, the last 3 entries of one author in a hundred (at least one), to one that lacks only these. OrbitDB’s is its head exchange after the subscription with gossipsub and bitswap, its blocks in memory; srwan’s is \`/srwan/ditex/sync/1\` on Level.`,
    'Octets on the wire are those that the TCP connection carries, both ways, from the beginning of the exchange to its end: encrypted and framed, without the headers of TCP and IP.',
    'Memory is the peak of the process.'
  ].join(' ')
}

const questionsText = ({ questions }) =>
  `${questions} of each in a repetition, of a median and a 99th percentile in ms, by a member’s bounds: an answer that reaches one ends there and says how to go on. In the process that holds the store, without wire and proofs; those over libp2p cross \`/srwan/ditex/query/1\` on loopback, a stream for each, asker and answerer in one process.`

function questionsTable(manners) {
  const rows = Object.entries(manners).map(([name, { p50Ms, p99Ms, octets }]) => [name, cell(p50Ms), cell(p99Ms), cell(octets)])
  return table(['question', 'median ms', 'p99 ms', 'octets on the wire'], rows)
}

/** Keeps a run: one line in the history, and the newest table. */
export function keepReport(result) {
  mkdirSync(inRepository('bench'), { recursive: true })
  appendFileSync(inRepository(HISTORY), `${JSON.stringify(result)}\n`)
  writeFileSync(inRepository(TABLE), renderReport(result))
}
