import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { inRepository } from '../../workshop/repository.js'

const HISTORY = 'bench/history.jsonl'
const TABLE = 'bench/datapath.md'

/** Figures of the table in their order: name in the results, heading, factor to the unit shown, digits. */
const COLUMNS = {
  TCP: [
    ['tcpGigabitsPerSecond', 'Gb/s', 1, 2],
    ['tcpCpuSecondsPerGigabit', 'CPU ms/Gbit, all', 1000, 1],
    ['tcpTransitCpuSecondsPerGigabit', 'CPU ms/Gbit, a transit process', 1000, 1],
    ['tcpRetransmits', 'retransmits', 1, 0]
  ],
  'TCP under the congestion control of this machine': [
    ['ownTcpGigabitsPerSecond', 'Gb/s', 1, 2],
    ['ownTcpCpuSecondsPerGigabit', 'CPU ms/Gbit, all', 1000, 1],
    ['ownTcpTransitCpuSecondsPerGigabit', 'CPU ms/Gbit, a transit process', 1000, 1],
    ['ownTcpRetransmits', 'retransmits', 1, 0]
  ],
  'UDP, fixed rate': udpColumns(''),
  'UDP, as fast as the sender can': udpColumns('Unlimited'),
  Ping: [
    ['pingP50Ms', 'idle p50 ms', 1, 3],
    ['pingP99Ms', 'idle p99 ms', 1, 3],
    ['pingLoadedP50Ms', 'beside TCP p50 ms', 1, 3],
    ['pingLoadedP99Ms', 'beside TCP p99 ms', 1, 3]
  ],
  'Flood of bad packets': [
    ['floodPacketsPerSecond', 'bad packets/s', 1, 0],
    ['floodGoodputRatio', 'goodput ratio', 1, 3],
    ['floodTcpPacketsPerSecond', 'bad packets/s beside TCP', 1, 0],
    ['floodTcpRatio', 'TCP ratio (generator on the same CPUs)', 1, 2],
    ['residentMebibytesBefore', 'transit RSS MiB', 1, 1],
    ['residentMebibytesGrowth', 'growth MiB', 1, 2]
  ]
}

function udpColumns(suffix) {
  return [64, 1370].flatMap((octets) => [
    [`udp${octets}${suffix}PacketsPerSecond`, `${octets}: packets/s received`, 1, 0],
    [`udp${octets}${suffix}Loss`, 'loss %', 100, 2],
    [`udp${octets}${suffix}CpuMicrosecondsPerPacket`, 'CPU µs a packet, all', 1, 2],
    [`udp${octets}${suffix}TransitCpuMicrosecondsPerPacket`, 'a transit process', 1, 2]
  ])
}

const row = (cells) => `| ${cells.join(' | ')} |`
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')

function cell(figure, factor, digits) {
  if (figure === undefined || !Number.isFinite(figure.median)) return '–'
  const shown = (value) => (value * factor).toFixed(digits)
  return figure.count > 1 ? `${shown(figure.median)} (${shown(figure.min)}–${shown(figure.max)})` : shown(figure.median)
}

function figuresTable(chains, columns) {
  const rows = Object.entries(chains).flatMap(([chain, systems]) =>
    Object.entries(systems)
      .filter(([, figures]) => columns.some(([name]) => figures[name] !== undefined))
      .map(([system, figures]) => [chain, system, ...columns.map(([name, , factor, digits]) => cell(figures[name], factor, digits))])
  )
  return rows.length === 0 ? undefined : table(['chain', 'system', ...columns.map(([, heading]) => heading)], rows)
}

const acceptanceTable = (acceptance) =>
  table(
    ['#', 'figure', 'must hold', 'measured', ''],
    acceptance.map(({ row: number, figure, bound, value, verdict }) => [number, figure, bound, value === undefined ? '–' : value.toPrecision(3), verdict])
  )

const mtus = (found) =>
  Object.entries(found)
    .map(([chain, mtu]) => `${mtu} (${chain})`)
    .join(', ')

const congestion = ({ used, own }) => `TCP's congestion control: ${used}${used === own ? '' : `; this machine's own is ${own}, measured apart`}.`

/** @returns {string} Markdown that is readable as plain text too */
export function renderReport({ machine, conditions, missing, chains, acceptance }) {
  const foreign = Object.values(chains).flatMap((systems) =>
    Object.values(systems)
      .map(({ foreignCores }) => foreignCores?.median)
      .filter(Number.isFinite)
  )
  const head = [
    '# Datapath against its peers',
    `${machine.date} · commit ${machine.commit} · ${machine.cpu}, ${machine.cores} cores · Linux ${machine.kernel} · Node ${machine.node}, OpenSSL ${machine.openssl}`,
    `${conditions.repetitions} interleaved repetitions, TCP ${conditions.seconds} s, UDP ${conditions.udpSeconds} s, at ${conditions.udpRate} packets/s where fixed; median (least–most). Sizes are those of the inner IPv6 packet. ` +
      `MTU inside: veth 1500, wireguard-go 1420 (its default), srwan ${mtus(conditions.overlayMtu)}. ${congestion(conditions.congestionControl)} Load average at start ${machine.loadAtStart.toFixed(2)}; unrelated programs took ${Math.max(0, ...foreign).toFixed(2)} cores at most (median of a series), and are not counted.`,
    ...conditions.peers,
    ...missing.map((text) => `Missing: ${text}`)
  ].join('\n\n')
  const sections = Object.entries(COLUMNS).flatMap(([title, columns]) => {
    const figures = figuresTable(chains, columns)
    return figures === undefined ? [] : [`## ${title}\n${figures}`]
  })
  return `${[head, `## What must hold\n${acceptanceTable(acceptance)}`, ...sections].join('\n\n')}\n`
}

/** Keeps a run: one line in the history, and the newest table. */
export function keepReport(result) {
  mkdirSync(inRepository('bench'), { recursive: true })
  appendFileSync(inRepository(HISTORY), `${JSON.stringify(result)}\n`)
  writeFileSync(inRepository(TABLE), renderReport(result))
}
