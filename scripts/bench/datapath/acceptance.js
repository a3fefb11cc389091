const PEER = 'wireguard-go'
const OURS = 'srwan'
const PLAIN = 'veth'

/** The first three under the machine's own congestion control, where that is not the one of the other figures. */
const OWN_TCP = [
  ['CPU, direct', 'direct', 'CpuSecondsPerGigabit'],
  ['CPU, one transit, all processes', 'one', 'CpuSecondsPerGigabit'],
  ['CPU, the transit process alone', 'one', 'TransitCpuSecondsPerGigabit'],
  ['Gb/s, direct', 'direct', 'GigabitsPerSecond'],
  ['Gb/s, one transit', 'one', 'GigabitsPerSecond']
].map(([what, chain, figure]) => ({
  row: '1–3',
  figure: `… under this machine’s own congestion control: ${what}`,
  value: (at) => at(chain, OURS, `ownTcp${figure}`) / at(chain, PEER, `ownTcp${figure}`)
}))

/** Bounds of the ratios; each is met where `value` is on the right side of `bound`. */
const RULES = [
  {
    row: 1,
    figure: 'CPU seconds a gigabit against wireguard-go, direct',
    most: 0.33,
    value: (at) => at('direct', OURS, 'tcpCpuSecondsPerGigabit') / at('direct', PEER, 'tcpCpuSecondsPerGigabit')
  },
  { row: 2, figure: '… one transit, all processes', most: 0.2, value: (at) => at('one', OURS, 'tcpCpuSecondsPerGigabit') / at('one', PEER, 'tcpCpuSecondsPerGigabit') },
  {
    row: 2,
    figure: '… one transit, the transit process alone',
    most: 0.1,
    value: (at) => at('one', OURS, 'tcpTransitCpuSecondsPerGigabit') / at('one', PEER, 'tcpTransitCpuSecondsPerGigabit')
  },
  { row: 3, figure: 'TCP Gb/s against wireguard-go, direct', least: 3, value: (at) => at('direct', OURS, 'tcpGigabitsPerSecond') / at('direct', PEER, 'tcpGigabitsPerSecond') },
  { row: 3, figure: '… one transit', least: 6, value: (at) => at('one', OURS, 'tcpGigabitsPerSecond') / at('one', PEER, 'tcpGigabitsPerSecond') },
  ...OWN_TCP,
  ...[64, 1370].map((octets) => ({
    row: 4,
    figure: `CPU a packet, UDP ${octets} octets, one transit, against wireguard-go`,
    most: 0.2,
    value: (at) => at('one', OURS, `udp${octets}CpuMicrosecondsPerPacket`) / at('one', PEER, `udp${octets}CpuMicrosecondsPerPacket`)
  })),
  ...[64, 1370].map((octets) => ({
    row: 4,
    figure: `… as fast as the sender can, ${octets} octets`,
    value: (at) => at('one', OURS, `udp${octets}UnlimitedCpuMicrosecondsPerPacket`) / at('one', PEER, `udp${octets}UnlimitedCpuMicrosecondsPerPacket`)
  })),
  ...[64, 1370].map((octets) => ({
    row: 4,
    figure: `… at the fixed rate, less what plain veth takes, ${octets} octets`,
    value: (at) => overPlain(at, OURS, `udp${octets}CpuMicrosecondsPerPacket`) / overPlain(at, PEER, `udp${octets}CpuMicrosecondsPerPacket`)
  })),
  { row: 5, figure: 'Ping p50, one transit, against wireguard-go relayed', most: 0.5, value: (at) => at('one', OURS, 'pingP50Ms') / at('one', PEER, 'pingP50Ms') },
  {
    row: 6,
    figure: 'Transit CPU a gigabit against what one more host costs plain veth',
    most: 20,
    value: (at, deepest) => at('one', OURS, 'tcpTransitCpuSecondsPerGigabit') / plainTransit(at, deepest)
  },
  {
    row: 6,
    figure: 'Second transit: CPU a gigabit, all processes',
    most: 1.25,
    value: (at) => at('two', OURS, 'tcpCpuSecondsPerGigabit') / at('one', OURS, 'tcpCpuSecondsPerGigabit')
  },
  {
    row: 6,
    figure: 'Third transit: CPU a gigabit, all processes',
    most: 1.25,
    value: (at) => at('three', OURS, 'tcpCpuSecondsPerGigabit') / at('two', OURS, 'tcpCpuSecondsPerGigabit')
  },
  { row: 9, figure: 'Goodput under a flood of bad packets at the same packet rate', least: 0.95, value: (at) => at('one', OURS, 'floodGoodputRatio') },
  { row: 9, figure: 'Growth of the transit’s memory under it, MiB', most: 4, value: (at) => at('one', OURS, 'residentMebibytesGrowth') },
  {
    row: 10,
    figure: 'Transit without privileges, rmem_max 212,992: TCP Gb/s against the privileged',
    least: 0.5,
    value: (at) => at('unprivileged', OURS, 'tcpGigabitsPerSecond') / at('one', OURS, 'tcpGigabitsPerSecond')
  }
]

/** CPU of one more forwarding host without an overlay: the slope from the direct chain to the longest, because one step is smaller than the noise. */
function plainTransit(at, [name, transits]) {
  const each = (at(name, PLAIN, 'tcpCpuSecondsPerGigabit') - at('direct', PLAIN, 'tcpCpuSecondsPerGigabit')) / transits
  return each > 0 ? each : Number.NaN // a machine so busy that more hosts cost less tells nothing
}

function overPlain(at, system, figure) {
  return at('one', system, figure) - at('one', PLAIN, figure)
}

/**
 * The ratios that must hold, from medians of one run.
 *
 * @param {Record<string, Record<string, Record<string, { median: number }>>>} chains - by chain, system and figure
 * @returns {{ row: number | string, figure: string, bound: string, value?: number, verdict: 'met' | 'missed' | 'not measured' | 'for information' }[]}
 */
export function judge(chains, transitCounts) {
  const at = (chain, system, figure) => chains[chain]?.[system]?.[figure]?.median ?? Number.NaN
  const deepest = Object.entries(transitCounts).reduce((longest, each) => (each[1] > longest[1] ? each : longest))
  return RULES.map(({ row, figure, most, least, value: compute }) => {
    const value = compute(at, deepest)
    const bound = most !== undefined ? `≤ ${most}` : least !== undefined ? `≥ ${least}` : '–'
    if (!Number.isFinite(value)) return { row, figure, bound, verdict: 'not measured' }
    return { row, figure, bound, value, verdict: verdictOf(value, most, least) }
  })
}

function verdictOf(value, most, least) {
  if (most === undefined && least === undefined) return 'for information'
  return (most === undefined || value <= most) && (least === undefined || value >= least) ? 'met' : 'missed'
}
