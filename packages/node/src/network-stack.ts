import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { MalformedMessageError, peerIdText } from '@srwan/interface'
import { isIP } from 'node:net'
import { createLibp2p } from 'libp2p'
import { dhtPing, dhtService } from './directory/dht-service.ts'
import { MAX_GOSSIP_FRAME } from './gossip-split.ts'
import { libp2pLogger } from './libp2p-logger.ts'
import { membersOnly, refuseRefused } from './membership-gate.ts'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Identify } from '@libp2p/identify'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Libp2p } from 'libp2p'
import type { Admissions } from './membership-gate.ts'
import type { RosterService } from './roster/roster-service.ts'
import type { RefusalList } from './refusal-list.ts'
import type { TrafficMetrics } from './traffic-metrics.ts'
import type { Clock, ComponentLogger } from '@srwan/interface'
import type { Identity } from '@srwan/membership'

/** Room for a full group and some that come and go. */
const MAX_CONNECTIONS = 128
/** Connections a second from one host: several members may sit behind one address. */
const MAX_INBOUND_RATE = 20
/** Handshakes at once. */
const MAX_PENDING_HANDSHAKES = 16
/** A pulse may hold a whole column. */
export const MAX_GOSSIP_MESSAGE = 16_384
/** Gossipsub's upkeep, in ms; messages themselves are forwarded at once. */
const HEARTBEAT = 4000
/** Between yamux's signs of life, in ms: at 30 s those of 8 connections were 200 MB a month. The connection keeper waits for two and a half. */
const KEEP_ALIVE = 45_000
/** Streams stay open for as long as the connection, in ms. */
const STREAM_INACTIVITY = 86_400_000

export interface NetworkStackInit {
  readonly networkId: string
  readonly identity: Identity
  readonly listen: { readonly address: string; readonly tcpPort: number }
  readonly refused: RefusalList
  readonly traffic: TrafficMetrics
  /** Asked from the first connection on: the roster is made after libp2p. */
  readonly admissions: () => Admissions & Pick<RosterService, 'isMember'>
  readonly clock: Clock
  readonly logger: ComponentLogger
}

/** What gossipsub takes of libp2p's components. */
type GossipSubComponents = Parameters<ReturnType<typeof gossipsub>>[0]

/** libp2p as the node uses it. */
export type NetworkStack = Libp2p<{ identify: Identify; pubsub: GossipSub; dht: KadDHT }>

/** TCP, Noise, yamux, identify, gossipsub and kad-dht, not started; every limit and period of libp2p that matters here stands in this file. */
export async function createNetworkStack(init: NetworkStackInit): Promise<NetworkStack> {
  const { address, tcpPort } = init.listen
  const isUnknown = (name: string): boolean => !init.admissions().isMember(peerIdText(name)) && !init.admissions().isAdmitted(peerIdText(name))
  const countUnknown = (): number => stack.getConnections().filter(({ direction, remotePeer }) => direction === 'inbound' && isUnknown(remotePeer.toString())).length
  const stack: NetworkStack = await createLibp2p({
    start: false,
    privateKey: init.identity.privateKey,
    addresses: { listen: [`/ip${isIP(address) === 6 ? 6 : 4}/${address}/tcp/${tcpPort}`] },
    nodeInfo: { name: 'srwan', version: '1', userAgent: 'srwan' },
    transports: [tcp({ backlog: 64, maxConnections: MAX_CONNECTIONS, inboundSocketInactivityTimeout: 120_000, outboundSocketInactivityTimeout: 120_000 })],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ keepAliveInterval: KEEP_ALIVE, maxInboundStreams: 32, maxOutboundStreams: 32, streamOptions: { inactivityTimeout: STREAM_INACTIVITY } })],
    connectionGater: refuseRefused(init.refused, { includes: isUnknown, count: countUnknown }),
    // Its pings alone cost 3.5 GB a month in a full group; the connection keeper looks at yamux's keep-alive instead.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: MAX_CONNECTIONS,
      inboundConnectionThreshold: MAX_INBOUND_RATE,
      maxIncomingPendingConnections: MAX_PENDING_HANDSHAKES,
      maxParallelDials: 4,
      maxDialQueueLength: 32,
      maxPeerAddrsToDial: 8,
      dialTimeout: 5000,
      addressDialTimeout: 4000,
      reconnectRetries: 0
    },
    metrics: init.traffic.metrics,
    logger: libp2pLogger(init.logger),
    services: {
      identify: identify({ runOnConnectionOpen: true }),
      ping: dhtPing,
      dht: dhtService({ networkId: init.networkId, server: true, admissions: init.admissions, clock: init.clock }),
      pubsub: ({ privateKey, peerId, peerStore, connectionManager, logger, registrar }: GossipSubComponents): GossipSub =>
        gossipsub(gossipOptions((topic) => stack.services.pubsub.getTopics().includes(topic)))({
          privateKey,
          peerId,
          peerStore,
          connectionManager,
          logger,
          registrar: membersOnly(registrar, init.admissions, init.clock)
        })
    }
  })
  return stack
}

/**
 * Small meshes, no flood publish, no IDONTWANT: 0.6 instead of 181 GB a month in a full group.
 * D 3/3/4: with two links each (D 3/2/4) the mesh falls apart into rings, and what crosses between them waits for the next heartbeat.
 */
function gossipOptions(isRead: (topic: string) => boolean): Parameters<typeof gossipsub>[0] {
  return {
    globalSignaturePolicy: 'StrictNoSign',
    D: 3,
    Dlo: 3,
    Dhi: 4,
    Dscore: 1,
    Dout: 1,
    // Each node tells one peer outside of its mesh what came since the last heartbeat, a hundred in all of each message: announcements cost more than a third of what pulses do.
    Dlazy: 1,
    gossipFactor: 0.1,
    heartbeatInterval: HEARTBEAT,
    mcacheLength: 4,
    mcacheGossip: 1,
    seenTTL: 120_000,
    fanoutTTL: 60_000,
    floodPublish: false,
    fallbackToFloodsub: false,
    doPX: false,
    emitSelf: false,
    tagMeshPeers: false,
    idontwantMinDataSize: Number.MAX_SAFE_INTEGER,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // What others subscribe to is remembered, whatever it is: a node that is regrouped finds its new group at once. That makes at most 7 topics of each member.
    maxTopicBytesPerPeer: 8192,
    dataTransform: readOnly(isRead),
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: MAX_GOSSIP_FRAME,
    maxOutboundBufferSize: 1_048_576,
    decodeRpcLimits: {
      maxSubscriptions: 8,
      maxMessages: 64,
      maxIhaveMessageIDs: 512,
      maxIwantMessageIDs: 512,
      maxIdontwantMessageIDs: 64,
      maxControlMessages: 64,
      maxPeerInfos: 0
    },
    // Several members may share one address (an office); their messages are checked by signature, not by reputation of the address.
    scoreParams: { IPColocationFactorWeight: 0 }
  }
}

/** Messages of topics that this node does not read are dropped before anything is kept of them. Gossipsub's own list of topics would do, but it is copied when gossipsub is made, and it forgets who else reads a topic that is not in it. */
function readOnly(isRead: (topic: string) => boolean): NonNullable<NonNullable<Parameters<typeof gossipsub>[0]>['dataTransform']> {
  return {
    inboundTransform: (topic, data) => {
      if (!isRead(topic)) throw new MalformedMessageError('a topic that is not read here')
      return data
    },
    outboundTransform: (_topic, data) => data
  }
}
