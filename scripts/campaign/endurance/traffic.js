import { setTimeout as wait } from 'node:timers/promises'
import { listens } from '../../bench/datapath/chain.js'
import { StopError } from '../../workshop/stages.js'
import { overlay } from './network.js'

const TCP_PORT = 5201
const UDP_PORT = 5202
const UDP_RATE = '20M'
const UDP_OCTETS = 1200
const POLL_MS = 20
const LISTEN_MS = 10_000
/** A client that does not end by itself is ended: the check that it ended well then fails. */
const GRACE_SECONDS = 20

async function serve(host, port) {
  const child = host.spawn(['iperf3', '-s', '-1', '-p', String(port)], { stdio: 'ignore' })
  for (const from = performance.now(); !listens(child.pid, port); await wait(POLL_MS)) {
    if (performance.now() - from > LISTEN_MS) throw new StopError('iperf3 does not listen')
  }
}

async function client(host, seconds, args) {
  const { code, stdout, stderr } = await host.run('timeout', String(seconds + GRACE_SECONDS), 'iperf3', '-c', overlay(2), '-J', '-t', String(seconds), ...args)
  let report = {}
  try {
    report = JSON.parse(stdout)
  } catch {
    // The code and what it said tell.
  }
  return { code, error: report.error ?? (code === 0 ? undefined : stderr.slice(-500)), end: report.end ?? {} }
}

/**
 * TCP in both directions as fast as it goes, and a UDP flow beside it, between the chain's ends.
 *
 * @returns {Promise<{ tcp: object, udp: object }>} rates, octets of the lesser direction, what was lost and how the programs ended
 */
export async function carryTraffic(chain, seconds) {
  await serve(chain.last, TCP_PORT)
  await serve(chain.last, UDP_PORT)
  const [tcp, udp] = await Promise.all([
    client(chain.first, seconds, ['-p', String(TCP_PORT), '--bidir']),
    client(chain.first, seconds, ['-p', String(UDP_PORT), '-u', '-b', UDP_RATE, '-l', String(UDP_OCTETS)])
  ])
  return { tcp: tcpFigures(tcp), udp: udpFigures(udp) }
}

function tcpFigures({ code, error, end }) {
  const { sum_received: forward = {}, sum_received_bidir_reverse: reverse = {}, sum_sent: sentForward = {}, sum_sent_bidir_reverse: sentReverse = {} } = end
  return {
    code,
    error,
    forwardGigabits: (forward.bits_per_second ?? 0) / 1e9,
    reverseGigabits: (reverse.bits_per_second ?? 0) / 1e9,
    retransmits: (sentForward.retransmits ?? 0) + (sentReverse.retransmits ?? 0),
    octets: Math.min(forward.bytes ?? 0, reverse.bytes ?? 0)
  }
}

function udpFigures({ code, error, end }) {
  return { code, error, packets: end.sum?.packets ?? 0, lost: end.sum?.lost_packets ?? Number.NaN }
}
