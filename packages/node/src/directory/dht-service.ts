import { kadDHT } from '@libp2p/kad-dht'
import { serviceCapabilities } from '@libp2p/interface'
import { membersOnly } from '../membership-gate.ts'
import { EmptyDatastore } from './empty-datastore.ts'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Admissions } from '../membership-gate.ts'
import type { Clock } from '@srwan/interface'

/** What kad-dht takes of libp2p's components. */
type DhtComponents = Parameters<ReturnType<typeof kadDHT>>[0]
type Ping = DhtComponents['ping']

/** Peers of one bucket, and in one answer. */
const BUCKET_SIZE = 12
/** Buckets: by the first bits of the hashed peer id; 2⁶ × 12 peers at most. */
const PREFIX_LENGTH = 6
/** Questions at once on each path. */
const ALPHA = 3
/** Paths that share no peer: whoever surrounds this node on one of them cannot hide what the others find. */
const DISJOINT_PATHS = 3
/** Between looks for the own neighbours, in ms. kad-dht's 5 minutes cost a gigabyte a month. */
const SELF_LOOKUP_INTERVAL = 3_600_000
/** The first look, in ms after start. */
const FIRST_SELF_LOOKUP = 2000
/** Streams of one connection, each way. */
const MAX_STREAMS = 8
const MAX_QUEUE = 128

/** How the directory is made. */
export interface DhtServiceInit {
  /** Networks have their own: `/srwan/{network id}/kad/1`. */
  readonly networkId: string
  /** Answers others; a node that cannot be dialled only asks. */
  readonly server: boolean
  /** Members only; `undefined`: whoever speaks the protocol. */
  readonly admissions?: (() => Admissions) | undefined
  readonly clock: Clock
}

/** Protocol of a network's directory. */
export function dhtProtocol(networkId: string): string {
  return `/srwan/${networkId}/kad/1`
}

/**
 * kad-dht for closest-peer look-ups only, as a libp2p service; every limit of it stands in this file. It keeps no records of anybody, so nobody can fill it.
 * Look-ups of this node fill its routing table: the refresh every 5 minutes, which cannot be set from outside and would cost some 0.5 GB a month, is left out.
 */
export function dhtService(init: DhtServiceInit): (components: DhtComponents) => KadDHT {
  // Taken one by one: libp2p hands over a proxy that answers by name only.
  return ({ peerId, privateKey, registrar: all, addressManager, peerStore, connectionManager, events, logger }) => {
    const { admissions, clock } = init
    const registrar = admissions === undefined ? all : membersOnly(all, admissions, clock)
    const dht = kadDHT({
      protocol: dhtProtocol(init.networkId),
      clientMode: !init.server,
      kBucketSize: BUCKET_SIZE,
      prefixLength: PREFIX_LENGTH,
      alpha: ALPHA,
      disjointPaths: DISJOINT_PATHS,
      querySelfInterval: SELF_LOOKUP_INTERVAL,
      initialQuerySelfInterval: FIRST_SELF_LOOKUP,
      allowQueryWithZeroPeers: true,
      maxInboundStreams: MAX_STREAMS,
      maxOutboundStreams: MAX_STREAMS,
      routingTableUpdateMaxQueueSize: MAX_QUEUE,
      pingOldContactMaxQueueSize: MAX_QUEUE,
      pingNewContactMaxQueueSize: MAX_QUEUE,
      validators: {},
      selectors: {},
      // Private networks live in private addresses; what may be dialled is for the caller to decide.
      peerInfoMapper: (peer) => peer
    })({ peerId, privateKey, registrar, addressManager, peerStore, connectionManager, events, logger, datastore: new EmptyDatastore(), ping: connectionPing(connectionManager) })
    leaveOutRefresh(dht)
    return dht
  }
}

/** Fulfils kad-dht's wish for a service that pings; a peer is there when there is a connection to it or one can be opened. */
export function dhtPing(components: { readonly connectionManager: DhtComponents['connectionManager'] }): Ping {
  return Object.assign(connectionPing(components.connectionManager), { [serviceCapabilities]: ['@libp2p/ping'] })
}

function connectionPing(connections: DhtComponents['connectionManager']): Ping {
  return {
    ping: async (peer, options) => {
      await connections.openConnection(peer, options)
      return 0
    }
  }
}

/** The one place that looks into kad-dht: fails at once where another version has it no more. */
function leaveOutRefresh(dht: KadDHT): void {
  const inner = dht as unknown as { readonly routingTableRefresh?: { refreshTable?: () => void } }
  if (typeof inner.routingTableRefresh?.refreshTable !== 'function') throw new Error('this version of kad-dht refreshes its routing table in another way')
  inner.routingTableRefresh.refreshTable = () => {}
}
