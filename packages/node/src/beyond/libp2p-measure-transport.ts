import { lpStream } from '@libp2p/utils'
import { peerIdText } from '@srwan/interface'
import { MAX_MEASURE_MESSAGE, MEASURE_PROTOCOL } from '@srwan/wire'
import { dialableAddresses } from '../dialable-addresses.ts'
import { REQUEST_TIMEOUT } from './constants.ts'
import { openConnectionTo } from '../open-connections.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { Libp2p } from 'libp2p'
import type { Clock, Logger, Member, PeerIdText, Timer } from '@srwan/interface'
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
  return new Libp2pMeasureTransport(components)
}

class Libp2pMeasureTransport implements MeasureTransport {
  readonly #components: Libp2pMeasureComponents
  #open = 0

  constructor(components: Libp2pMeasureComponents) {
    this.#components = components
  }

  async exchange<T>(peer: Member, use: (session: MeasureSession) => Promise<T>, signal: AbortSignal): Promise<T> {
    const timeout = this.#timeout(`${peer.peerId} does not answer`)
    const either = { signal: AbortSignal.any([signal, timeout.signal]) }
    let stream: Stream | undefined
    try {
      const connection = await this.#connect(peer, either.signal)
      await this.#components.admitted(peer.peerId)
      stream = await connection.newStream(MEASURE_PROTOCOL, either)
      const frames = framesOf(stream)
      return await use({
        ask: async (request) => {
          await frames.write(request, either)
          return (await frames.read(either)).subarray()
        }
      })
    } finally {
      timeout.timer.cancel()
      stream?.abort(new Error('asked enough'))
    }
  }

  async serve(handler: MeasureHandler): Promise<void> {
    const accept = (stream: Stream, connection: Connection): void => {
      void this.#accept(stream, peerIdText(connection.remotePeer.toString()), handler)
    }
    await this.#components.libp2p.handle(MEASURE_PROTOCOL, accept, { maxInboundStreams: MAX_STREAMS_OF_PEER, maxOutboundStreams: MAX_STREAMS_OF_PEER })
  }

  async close(): Promise<void> {
    await this.#components.libp2p.unhandle(MEASURE_PROTOCOL)
  }

  async #connect(peer: Member, signal: AbortSignal): Promise<Connection> {
    const { libp2p } = this.#components
    const existing = openConnectionTo(libp2p, peer.peerId)
    return existing ?? (await libp2p.dial(dialableAddresses(peer.descriptor.multiaddrs, peer.peerId), { signal }))
  }

  /** Nothing is read before the peer has shown a membership. */
  async #accept(stream: Stream, from: PeerIdText, handler: MeasureHandler): Promise<void> {
    if (this.#open >= MAX_STREAMS) {
      stream.abort(new Error('too many streams'))
      return
    }
    this.#open++
    try {
      await this.#components.admitted(from)
      await this.#answer(stream, from, handler)
    } catch (error) {
      this.#components.logger.debug('a measure stream ended', { from, error })
    } finally {
      this.#open--
      stream.abort(new Error('measure stream over'))
    }
  }

  async #answer(stream: Stream, from: PeerIdText, handler: MeasureHandler): Promise<void> {
    const frames = framesOf(stream)
    for (let requests = 0; requests < MAX_REQUESTS; requests++) {
      const timeout = this.#timeout('no request in time')
      try {
        const request = await frames.read({ signal: timeout.signal })
        await frames.write(await handler(from, request.subarray()), { signal: timeout.signal })
      } finally {
        timeout.timer.cancel()
      }
    }
  }

  #timeout(reason: string): { readonly signal: AbortSignal; readonly timer: Timer } {
    const controller = new AbortController()
    const timer = this.#components.clock.setTimeout(() => {
      controller.abort(new Error(reason))
    }, REQUEST_TIMEOUT)
    return { signal: controller.signal, timer }
  }
}

function framesOf(stream: Stream): ReturnType<typeof lpStream<Stream>> {
  return lpStream(stream, { maxDataLength: MAX_MEASURE_MESSAGE, maxLengthLength: MAX_LENGTH_OCTETS })
}
