/** The kernel puts at most so many datagrams into one packet (UDP_MAX_SEGMENTS of linux/udp.h, 128 since 6.9). */
const MOST_DATAGRAMS = 128
/** Longest outer packet: the links carry 1,500 octets. */
const LONGEST = 1500
const MEBIBYTE = 1 << 20
const MOST_GROWTH = MEBIBYTE
const MOST_SPREAD = 8 * MEBIBYTE
/** Share of the run after which caches and buffers have been touched once. */
const WARM_UP = 0.2
/** A shorter window says nothing about megabytes a minute, and lies within the time in which buffers are touched for the first time. */
const SLOPE_WINDOW_SECONDS = 60
/** For short windows: still less than 16 octets for each packet that is carried in them. */
const MOST_SPREAD_EARLY = 24 * MEBIBYTE
const MS_PER_MINUTE = 60_000

/** A packet that is dropped for one of these was damaged, forged, repeated or sealed with a wrong key: among honest hosts on a clean network there is none. */
const NEVER = ['dropAuthentication', 'dropHopProof', 'dropReplay', 'dropKeyEpoch', 'dropMalformed', 'dropNotNextSegment', 'dropTransitRefused', 'dropLimit']
/** What an outer packet can be dropped for on its way out or after it has come in. */
const OUTER_DROPS = [
  ...NEVER,
  'dropUnknownPeer',
  'dropUnknownKey',
  'dropUnknownSession',
  'dropUnknownNextSegment',
  'dropRateLimited',
  'dropQueueFull',
  'dropSocketError',
  'dropTooBig'
]
const KINDS = ['probe', 'pathProbe', 'datagram', 'open', 'handshake', 'data', 'echo']

const total = (hosts, name) => hosts.reduce((sum, { counters }) => sum + counters[name], 0)
const totalOf = (hosts, names) => names.reduce((sum, name) => sum + total(hosts, name), 0)

/** Least-squares slope of samples, octets a minute. */
export function growth(samples) {
  const n = samples.length
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / n
  const [at, octets] = [mean(samples.map((each) => each.at)), mean(samples.map((each) => each.octets))]
  const over = samples.reduce((sum, each) => sum + (each.at - at) * (each.octets - octets), 0)
  const under = samples.reduce((sum, each) => sum + (each.at - at) ** 2, 0)
  return under === 0 ? 0 : (over / under) * MS_PER_MINUTE
}

/**
 * Every outer packet that was sent has been accepted, or is in a counter of the kernel's or of a datapath's.
 *
 * @param {{ single: boolean, absent: number, hosts: { counters: Record<string, number>, kernel: { underlay: number, unheard: number } }[] }} run - `single`: the kernel counts each lost datagram · `absent`: datagrams that the absent member took
 */
export function balance({ single, absent, hosts }) {
  const sent = totalOf(
    hosts,
    KINDS.map((kind) => `${kind}TxPackets`)
  )
  const accepted = totalOf(
    hosts,
    KINDS.map((kind) => `${kind}RxPackets`)
  )
  const overflow = hosts.reduce((sum, { kernel }) => sum + kernel.underlay, 0)
  const unheard = absent + hosts.reduce((sum, { kernel }) => sum + kernel.unheard, 0)
  const dropped = totalOf(hosts, OUTER_DROPS)
  const missing = sent - accepted
  return { sent, accepted, missing, overflow, unheard, dropped, least: overflow + unheard, most: overflow * (single ? 1 : MOST_DATAGRAMS) + unheard + dropped }
}

function checkLoss({ single, absent, hosts, tcp, udp, disturbance, ledger }) {
  const packets = balance({ single, absent, hosts })
  const sessions = ledger.flatMap(({ session, forward, reverse }) => [
    { session, way: 'forward', ...forward },
    { session, way: 'reverse', ...reverse }
  ])
  const lost = sessions.filter(({ sent, accepted }) => sent !== accepted)
  const invented = sessions.filter(({ sent, transit, accepted }) => accepted > sent || transit > sent)
  const octetsLost = lost.reduce((sum, { sent, accepted }) => sum + sent - accepted, 0)
  const mostLost = (packets.overflow * (single ? 1 : MOST_DATAGRAMS) + packets.dropped) * LONGEST
  const reported = packets.overflow + packets.dropped
  const inner = hosts.reduce((sum, { kernel, counters }) => sum + kernel.inner + counters.dropTunError, 0)
  return [
    check('every outer packet is accounted for', packets.missing >= packets.least && packets.missing <= packets.most, {
      ...packets,
      lostBy: hosts.map(({ kernel }) => kernel.parts)
    }),
    check('sessions reconcile octet for octet', invented.length === 0 && octetsLost <= mostLost, {
      reconciled: ledger.length,
      octets: sessions.reduce((sum, { accepted }) => sum + accepted, 0),
      octetsLost,
      unequal: lost
    }),
    check('no program misses a packet that nobody lost', udp.lost + disturbance.pingsLost <= (reported + inner) * MOST_DATAGRAMS, {
      udpPackets: udp.packets,
      udpLost: udp.lost,
      pings: disturbance.pings,
      pingsLost: disturbance.pingsLost,
      inner
    }),
    check('connections lived through it', tcp.code === 0 && tcp.error === undefined && tcp.octets > 0 && udp.code === 0 && udp.error === undefined, tcp)
  ]
}

function checkCounters({ hosts, names }) {
  const found = hosts.flatMap(({ counters }, host) => NEVER.filter((name) => counters[name] !== 0).map((name) => ({ host: names[host], name, count: counters[name] })))
  const drops = hosts.map(({ counters }) => Object.fromEntries(Object.entries(counters).filter(([name, count]) => name.startsWith('drop') && count > 0)))
  return [check('no packet was damaged, repeated or wrongly sealed', found.length === 0, { found, drops })]
}

function checkMemory({ hosts, names, startedAt, endedAt }) {
  const from = startedAt + (endedAt - startedAt) * WARM_UP
  const sloped = endedAt - from >= SLOPE_WINDOW_SECONDS * 1000
  const figures = hosts.map(({ memory }, host) => {
    const window = memory.filter(({ at }) => at >= from)
    const octets = window.map((each) => each.octets)
    return {
      host: names[host],
      samples: octets.length,
      first: octets[0],
      last: octets.at(-1),
      spread: Math.max(...octets) - Math.min(...octets),
      growth: growth(window),
      heap: window.at(-1)?.heap,
      heapGrowth: growth(window.map(({ at, heap = 0 }) => ({ at, octets: heap })))
    }
  })
  const flat = figures.every(({ samples, spread, growth: perMinute }) => samples > 2 && (sloped ? spread < MOST_SPREAD && perMinute < MOST_GROWTH : spread < MOST_SPREAD_EARLY))
  return [check('resident memory is flat', flat, figures)]
}

/** The run was what it claims to be: otherwise all of the above would hold of an idle network. */
function checkActivity({ hosts, seconds, ledger, disturbance, rekeyIntervalMs, lifetimeMs }) {
  const [a, t, b] = hosts.map(({ counters }) => counters)
  const expected = {
    sessions: Math.floor((seconds * 1000) / lifetimeMs) - 1,
    rekeys: Math.floor((seconds * 1000) / Math.max(lifetimeMs, rekeyIntervalMs)) - 1,
    reconfigurations: Math.floor(seconds / 3)
  }
  const found = {
    sessions: ledger.length,
    rekeys: a.rekeys,
    reconfigurations: disturbance.reconfigurations,
    unchanged: disturbance.unchanged,
    reopened: disturbance.reopened,
    failovers: a.pathSwitches,
    throughTransit: t.transitPackets,
    direct: a.dataRxPackets + b.dataRxPackets - t.transitPackets
  }
  const held =
    found.sessions >= expected.sessions &&
    found.rekeys >= expected.rekeys &&
    found.reconfigurations >= expected.reconfigurations &&
    found.unchanged === 0 &&
    found.reopened > 0 &&
    found.throughTransit > 0 &&
    found.direct > 0
  return [check('sessions, keys and paths changed all the time', held, { expected, found })]
}

const check = (what, held, figures) => ({ what, held, figures })

/** @returns {{ what: string, held: boolean, figures: any }[]} all of what must hold at the end of an endurance run */
export function judge(run) {
  return [...checkLoss(run), ...checkCounters(run), ...checkMemory(run), ...checkActivity(run)]
}
