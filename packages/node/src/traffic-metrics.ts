import { QUERY_PROTOCOL } from '@srwan/ditex'
import { MEASURE_PROTOCOL, ROSTER_PROTOCOL } from '@srwan/wire'
import { SYNC_PROTOCOL } from './ditex/libp2p-sync.ts'
import { GossipSplit } from './gossip-split.ts'
import { gatherWrites, spareWindowUpdates } from './gathered-writes.ts'
import type { Metrics, MultiaddrConnection, Stream } from '@libp2p/interface'
import type { TrafficByPurpose } from './node.ts'
import type { Clock, DatapathCounter } from '@srwan/interface'

interface Octets {
  sentOctets: number
  receivedOctets: number
}

const none = (): Octets => ({ sentOctets: 0, receivedOctets: 0 })
/** Of libp2p's streams: one array, or several that are one after the other. */
interface Piece {
  readonly byteLength: number
  readonly subarray: () => Uint8Array
}

/** Purposes of libp2p's streams by protocol. */
const STREAM_PURPOSES: ReadonlyMap<string, string> = new Map([
  [ROSTER_PROTOCOL, 'roster'],
  [SYNC_PROTOCOL, 'exchange'],
  [QUERY_PROTOCOL, 'exchangeQueries'],
  [MEASURE_PROTOCOL, 'beyondGroup']
])
/** Shown before anything was sent, too. */
const PURPOSES = ['pulses', 'exchangeGossip', ...STREAM_PURPOSES.values()]

/** What the underlay connection of a peer last received, to notice dead links. */
export interface LinkActivity {
  readonly remoteAddress: string
  readonly lastReceivedAt: number
  readonly abort: (error: Error) => void
}

/** Counts octets of libp2p by purpose: all of TCP, and inside it gossip, of pulses and of the exchange, and the protocols of ours. */
export interface TrafficMetrics {
  /** For libp2p's `metrics`; everything but octets is let go. */
  readonly metrics: () => Metrics
  /** libp2p's share; what has no purpose of its own is overhead (encryption, multiplexing, identify, directory, keep-alive). Gossip's upkeep is with the pulses. */
  readonly traffic: () => TrafficByPurpose
  /** Connections that are open; bounded by libp2p's own limit. */
  readonly links: () => readonly LinkActivity[]
}

export function createTrafficMetrics(clock: Clock): TrafficMetrics {
  const total = none()
  const purposes = new Map(PURPOSES.map((purpose) => [purpose, none()]))
  const links = new Map<MultiaddrConnection, number>()
  const trackConnection = (connection: MultiaddrConnection): void => {
    links.set(connection, clock.now())
    // Here because libp2p shows each connection to its metrics before anything is sent on it.
    gatherWrites(connection)
    count(connection, counterOf(total), () => {
      links.set(connection, clock.now())
    })
    connection.addEventListener('close', () => {
      links.delete(connection)
    })
  }
  const trackStream = (stream: Stream): void => {
    spareWindowUpdates(stream)
    const into = purposes.get(STREAM_PURPOSES.get(stream.protocol) ?? '')
    if (into !== undefined) count(stream, counterOf(into))
    else if (stream.protocol.startsWith('/meshsub/')) count(stream, gossipCounter(purposes))
  }
  return {
    metrics: () => silentMetrics(trackConnection, trackStream),
    traffic: () => ({ ...Object.fromEntries([...purposes].map(([purpose, octets]) => [purpose, { ...octets }])), libp2pOverhead: without(total, purposes.values()) }),
    links: () =>
      [...links].map(([connection, lastReceivedAt]) => ({
        remoteAddress: connection.remoteAddr.toString(),
        lastReceivedAt,
        abort: (error: Error) => {
          connection.abort(error)
        }
      }))
  }
}

/** Adds a piece that was sent or received to what it is of. */
type Counter = (direction: keyof Octets, piece: Piece) => void

const counterOf =
  (into: Octets): Counter =>
  (direction, { byteLength }) => {
    into[direction] += byteLength
  }

/** One stream carries the messages of all topics. */
function gossipCounter(purposes: ReadonlyMap<string, Octets>): Counter {
  const [pulses, entries] = [purposes.get('pulses') ?? none(), purposes.get('exchangeGossip') ?? none()]
  const splits = { sentOctets: new GossipSplit(), receivedOctets: new GossipSplit() }
  return (direction, piece) => {
    // A frame in several pieces counts as of the exchange with the last of them.
    const ofEntries = splits[direction].take(piece.subarray())
    entries[direction] += ofEntries
    pulses[direction] += piece.byteLength - ofEntries
  }
}

function without(total: Octets, parts: Iterable<Octets>): Octets {
  const rest = { ...total }
  for (const { sentOctets, receivedOctets } of parts) {
    rest.sentOctets -= sentOctets
    rest.receivedOctets -= receivedOctets
  }
  return { sentOctets: Math.max(0, rest.sentOctets), receivedOctets: Math.max(0, rest.receivedOctets) }
}

function count(stream: MultiaddrConnection | Stream, into: Counter, onReceived?: () => void): void {
  const send = stream.send.bind(stream)
  stream.send = (data) => {
    into('sentOctets', data)
    return send(data)
  }
  stream.addEventListener('message', (event) => {
    into('receivedOctets', (event as unknown as { data: Piece }).data)
    onReceived?.()
  })
}

const noop = (): void => {}
/** One object serves as every kind of metric that libp2p registers. */
const silent = { update: noop, increment: noop, decrement: noop, reset: noop, observe: noop, timer: () => noop }

function silentMetrics(trackMultiaddrConnection: Metrics['trackMultiaddrConnection'], trackProtocolStream: Metrics['trackProtocolStream']): Metrics {
  const register = (): typeof silent => silent
  const metrics = {
    trackMultiaddrConnection,
    trackProtocolStream,
    registerMetric: register,
    registerMetricGroup: register,
    registerCounter: register,
    registerCounterGroup: register,
    registerHistogram: register,
    registerHistogramGroup: register,
    registerSummary: register,
    registerSummaryGroup: register,
    traceFunction: <F>(_name: string, traced: F): F => traced,
    createTrace: (): undefined => undefined
  }
  return metrics as unknown as Metrics
}

/** Purposes of the datapath's counters, as `srwan status` shows them. */
const DATAPATH_PURPOSES: Readonly<Record<string, readonly [DatapathCounter, DatapathCounter]>> = {
  probes: ['probeTxOctets', 'probeRxOctets'],
  pathProbes: ['pathProbeTxOctets', 'pathProbeRxOctets'],
  columns: ['datagramTxOctets', 'datagramRxOctets'],
  sessions: ['handshakeTxOctets', 'handshakeRxOctets'],
  hops: ['openTxOctets', 'openRxOctets'],
  relayed: ['relayedTxOctets', 'relayedRxOctets'],
  data: ['dataTxOctets', 'dataRxOctets'],
  transit: ['transitOctets', 'transitOctets']
}

/** The datapath's share, UDP payload octets. */
export function datapathTraffic(counters: Readonly<Record<DatapathCounter, number>>): TrafficByPurpose {
  return Object.fromEntries(Object.entries(DATAPATH_PURPOSES).map(([purpose, [sent, received]]) => [purpose, { sentOctets: counters[sent], receivedOctets: counters[received] }]))
}
