import { ROSTER_PROTOCOL } from '@srwan/wire'
import { gatherWrites, spareWindowUpdates } from './gathered-writes.ts'
import type { Metrics, MultiaddrConnection, Stream } from '@libp2p/interface'
import type { TrafficByPurpose } from './node.ts'
import type { Clock, DatapathCounter } from '@srwan/interface'

interface Octets {
  sentOctets: number
  receivedOctets: number
}

const none = (): Octets => ({ sentOctets: 0, receivedOctets: 0 })
type Sized = { readonly byteLength: number }

/** What the underlay connection of a peer last received, to notice dead links. */
export interface LinkActivity {
  readonly remoteAddress: string
  readonly lastReceivedAt: number
  readonly abort: (error: Error) => void
}

/** Counts octets of libp2p by purpose: all of TCP, and those of the two protocols of ours inside it. */
export interface TrafficMetrics {
  /** For libp2p's `metrics`; everything but octets is let go. */
  readonly metrics: () => Metrics
  /** libp2p's share; what is not roster or pulses is overhead (encryption, multiplexing, identify, keep-alive). */
  readonly traffic: () => TrafficByPurpose
  /** Connections that are open; bounded by libp2p's own limit. */
  readonly links: () => readonly LinkActivity[]
}

export function createTrafficMetrics(clock: Clock): TrafficMetrics {
  const total = none()
  const roster = none()
  const pulses = none()
  const links = new Map<MultiaddrConnection, number>()
  const trackConnection = (connection: MultiaddrConnection): void => {
    links.set(connection, clock.now())
    // Here because libp2p shows each connection to its metrics before anything is sent on it.
    gatherWrites(connection)
    count(connection, total, () => {
      links.set(connection, clock.now())
    })
    connection.addEventListener('close', () => {
      links.delete(connection)
    })
  }
  const trackStream = (stream: Stream): void => {
    spareWindowUpdates(stream)
    if (stream.protocol === ROSTER_PROTOCOL) count(stream, roster)
    else if (stream.protocol.startsWith('/meshsub/')) count(stream, pulses)
  }
  return {
    metrics: () => silentMetrics(trackConnection, trackStream),
    traffic: () => ({
      roster: { ...roster },
      pulses: { ...pulses },
      libp2pOverhead: {
        sentOctets: Math.max(0, total.sentOctets - roster.sentOctets - pulses.sentOctets),
        receivedOctets: Math.max(0, total.receivedOctets - roster.receivedOctets - pulses.receivedOctets)
      }
    }),
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

function count(stream: MultiaddrConnection | Stream, into: Octets, onReceived?: () => void): void {
  const send = stream.send.bind(stream)
  stream.send = (data) => {
    into.sentOctets += data.byteLength
    return send(data)
  }
  stream.addEventListener('message', (event) => {
    into.receivedOctets += (event as unknown as { data: Sized }).data.byteLength
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
