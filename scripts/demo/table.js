const STYLE =
  process.stdout.isTTY && !process.env.NO_COLOR
    ? { bold: ['\x1b[1m', '\x1b[22m'], green: ['\x1b[32m', '\x1b[39m'], dim: ['\x1b[2m', '\x1b[22m'] }
    : { bold: ['', ''], green: ['', ''], dim: ['', ''] }
const paint = (style, text) => `${STYLE[style][0]}${text}${STYLE[style][1]}`

/** Rows that fit on one screen together with what stands around them. */
const MAX_ROWS = 24

const milliseconds = (value) => (value === null ? 'lost' : `${value.toFixed(1)} ms`)

/** A pair's round trip is one figure for both ends: the end that gained more speaks for it. */
function oncePerPair(pairs) {
  const seen = new Set()
  return pairs.filter((pair) => {
    const key = pair.from < pair.to ? `${pair.from} ${pair.to}` : `${pair.to} ${pair.from}`
    return seen.has(key) ? false : seen.add(key)
  })
}

const via = (list, cities) =>
  list.length === 1
    ? 'direct'
    : `via ${list
        .slice(0, -1)
        .map((name) => cities.get(name) ?? name)
        .join(', ')}`

function pathText(pair, cities) {
  const there = via(pair.forward, cities)
  const back = via(pair.reverse, cities)
  const mirrored = [...pair.forward.slice(0, -1)].reverse().join() === pair.reverse.slice(0, -1).join()
  return mirrored ? there : `${there}; back ${back}`
}

/**
 * The table of what the overlay gains, one row per improved pair, the greatest gain first.
 *
 * @param {object[]} pairs - as `decideAllPairs` sorts them
 * @param {Map<string, string>} cities - node name → city
 */
export function gainTable(pairs, cities) {
  const improved = oncePerPair(pairs).filter((pair) => pair.improved)
  const rows = improved
    .slice(0, MAX_ROWS)
    .map((pair) => [
      `${cities.get(pair.from) ?? pair.from} – ${cities.get(pair.to) ?? pair.to}`,
      milliseconds(pair.defaultRoundTripMs),
      milliseconds(pair.chosenRoundTripMs),
      `−${((100 * pair.gainMs) / pair.defaultRoundTripMs).toFixed(0)} %`,
      pathText(pair, cities),
      pair.pingMs === undefined ? '' : `ping says ${milliseconds(pair.pingMs)}`
    ])
  const head = ['pair', 'default', 'srwan', 'gain', 'path taken', '']
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)))
  const line = (cells) =>
    cells
      .map((cell, column) => (column >= 1 && column <= 3 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  const more = improved.length > MAX_ROWS ? [paint('dim', `… and ${improved.length - MAX_ROWS} more`)] : []
  return [paint('bold', line(head)), ...rows.map((row) => line(row).replace(row[2], paint('green', row[2]))), ...more].join('\n')
}

/** The sentence under the table. */
export function verdict(summary) {
  return (
    `${summary.improved} of ${summary.pairs} directed pairs got faster; by brute force over the true delays ${summary.improvable} can gain more than the switching threshold, and ${summary.improvedOfImprovable} of those did. ` +
    `${summary.worse === 0 ? 'None got slower' : `${summary.worse} got slower`}; the rest stay on the default path.`
  )
}

/** What to type next, each line as it stands. */
export function nextCommands(nodes, pair) {
  const first = nodes.find((node) => node.name === pair?.from) ?? nodes[0]
  const second = nodes.find((node) => node.name === pair?.to) ?? nodes[1]
  const relay = [pair?.forward, pair?.reverse].find((list) => list !== undefined && list.length > 1)?.[0] ?? second.name
  const commands = [
    [`npx srwan --home ${first.home} status`, `how ${first.name} is`],
    [`npx srwan --home ${first.home} matrix`, 'the delay matrix that it sees'],
    [`npx srwan --home ${first.home} path ${second.name} --explain`, 'why its packets take that path'],
    [`npx srwan testnet exec ${first.name} -- ping -c 5 ${second.overlayAddress}`, 'any program, over the overlay'],
    [`npx srwan testnet link ${first.name} ${second.name} --loss 100%`, 'cut the Internet between two'],
    [`npx srwan testnet node ${relay} --kill`, 'kill the relay; --start brings it back']
  ]
  const width = Math.max(...commands.map(([command]) => command.length))
  return commands.map(([command, purpose]) => `  ${command.padEnd(width)}  ${paint('dim', `# ${purpose}`)}`).join('\n')
}
