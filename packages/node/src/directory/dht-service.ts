import { kadDHT } from '@libp2p/kad-dht'
import { peerRoutingSymbol, serviceCapabilities } from '@libp2p/interface'
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
/** The directory looks for its own neighbours when there is a use for it; kad-dht's own timer, in ms, is set as far away as timers go. */
const NEVER = 2_147_483_647
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
 * Connections and look-ups of this node fill its routing table. What kad-dht does by itself every 5 minutes and cannot be set from outside is left out: the refresh would cost some 0.5 GB a month, and the marks on its closest peers would make libp2p dial them against the connection keeper.
 * libp2p does not look anybody up by itself: a dial without an address fails at once.
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
      querySelfInterval: NEVER,
      initialQuerySelfInterval: NEVER,
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
    leaveOut(dht)
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

interface Inner {
  readonly routingTableRefresh?: { refreshTable?: () => void }
  readonly routingTable?: { readonly closestPeerTagger?: { updatePeerTags?: () => Promise<void> } }
}

/** The one place that looks into kad-dht: fails at once where another version has it no more. */
function leaveOut(dht: KadDHT): void {
  const { routingTableRefresh, routingTable } = dht as unknown as Inner
  const tagger = routingTable?.closestPeerTagger
  if (typeof routingTableRefresh?.refreshTable !== 'function' || typeof tagger?.updatePeerTags !== 'function')
    throw new Error('this version of kad-dht keeps its routing table in another way')
  routingTableRefresh.refreshTable = () => {}
  tagger.updatePeerTags = () => Promise.resolve()
  Object.defineProperty(dht, peerRoutingSymbol, { value: undefined })
}
