import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdText } from '@srwan/interface'
import { MAX_MEASURE_MESSAGE, MEASURE_PROTOCOL } from '@srwan/wire'
import { REQUEST_TIMEOUT } from './constants.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { Libp2p } from 'libp2p'
import type { Clock, Logger, Member, PeerIdText } from '@srwan/interface'
import type { MeasureHandler, MeasureSession, MeasureTransport } from './measure-transport.ts'

/** Streams at once: with one peer, and in all. */
const MAX_STREAMS_OF_PEER = 2
const MAX_STREAMS = 64
/** Requests on one stream; echoes and a renewal need a dozen. */
const MAX_REQUESTS = 16
const MAX_LENGTH_OCTETS = 2

/** What the transport works with. */
export interface Libp2pMeasureComponents {
  readonly libp2p: Pick<Libp2p, 'dial' | 'getConnections' | 'handle' | 'unhandle'>
  /** Resolves when the peer has shown a membership, rejects where it does not in time. */
  readonly admitted: (peerId: PeerIdText) => Promise<void>
  readonly clock: Clock
  readonly logger: Logger
}

/** The protocol on libp2p streams. A connection that it dialled stays open for as long as libp2p keeps it: renewals come each minute. */
export function createLibp2pMeasureTransport(components: Libp2pMeasureComponents): MeasureTransport {
  const { libp2p, admitted, clock, logger } = components
  let open = 0

  const framesOf = (stream: Stream): ReturnType<typeof lpStream<Stream>> => lpStream(stream, { maxDataLength: MAX_MEASURE_MESSAGE, maxLengthLength: MAX_LENGTH_OCTETS })

  const connect = async (peer: Member, signal: AbortSignal): Promise<Connection> => {
    const existing = libp2p.getConnections().find(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer.peerId)
    return existing ?? (await libp2p.dial(peer.descriptor.multiaddrs.map((address) => multiaddr(address)), { signal }))
  }

  const answer = async (stream: Stream, from: PeerIdText, handler: MeasureHandler): Promise<void> => {
    const frames = framesOf(stream)
    for (let requests = 0; requests < MAX_REQUESTS; requests++) {
      const timeout = new AbortController()
      const timer = clock.setTimeout(() => {
        timeout.abort(new Error('no request in time'))
      }, REQUEST_TIMEOUT)
      try {
        const request = await frames.read({ signal: timeout.signal })
        await frames.write(await handler(from, request.subarray()), { signal: timeout.signal })
      } finally {
        timer.cancel()
      }
    }
  }

  return {
    exchange: async (peer, use, signal) => {
      const timeout = new AbortController()
      const timer = clock.setTimeout(() => {
        timeout.abort(new Error(`${peer.peerId} does not answer`))
      }, REQUEST_TIMEOUT)
      const either = { signal: AbortSignal.any([signal, timeout.signal]) }
      try {
        const connection = await connect(peer, either.signal)
        await admitted(peer.peerId)
        const stream = await connection.newStream(MEASURE_PROTOCOL, either)
        try {
          const frames = framesOf(stream)
          const session: MeasureSession = {
            ask: async (request) => {
              await frames.write(request, either)
              return (await frames.read(either)).subarray()
            }
          }
          return await use(session)
        } finally {
          stream.abort(new Error('asked enough'))
        }
      } finally {
        timer.cancel()
      }
    },
    serve: async (handler) => {
      await libp2p.handle(
        MEASURE_PROTOCOL,
        (stream, connection) => {
          const from = peerIdText(connection.remotePeer.toString())
          if (open >= MAX_STREAMS) {
            stream.abort(new Error('too many streams'))
            return
          }
          open++
          admitted(from)
            .then(() => answer(stream, from, handler))
            .catch((error: unknown) => {
              logger.debug('a measure stream ended', { from, error })
            })
            .finally(() => {
              open--
              stream.abort(new Error('measure stream over'))
            })
        },
        { maxInboundStreams: MAX_STREAMS_OF_PEER, maxOutboundStreams: MAX_STREAMS_OF_PEER }
      )
    },
    close: () => libp2p.unhandle(MEASURE_PROTOCOL)
  }
}
