import { lpStream } from '@libp2p/utils'
import { Listeners, peerIdText } from '@srwan/interface'
import { MAX_FRAME } from '@srwan/ditex'
import { awaitAdmission } from '../membership-gate.ts'
import { connectedMembers, openConnectionTo } from '../open-connections.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { DitexReplication, FrameStream, SyncPeers } from '@srwan/ditex'
import type { Clock, Logger, PeerIdText, Startable } from '@srwan/interface'
import type { Libp2p } from 'libp2p'
import type { RosterService } from '../roster/roster-service.ts'

/** Replicas compare what they hold; see packages/spec/protocol/ditex-sync.md. */
export const SYNC_PROTOCOL = '/srwan/ditex/sync/1'
/** Streams of one peer at once: one that it opened, one more that begins while the other ends. */
const MAX_STREAMS_OF_PEER = 2
const MAX_LENGTH_OCTETS = 4

/** What the binding works with. */
export interface Libp2pSyncComponents {
  readonly libp2p: Pick<Libp2p, 'getConnections' | 'handle' | 'unhandle'>
  readonly roster: Pick<RosterService, 'isAdmitted' | 'on' | 'off'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Exchanges between replicas on libp2p streams, with members only. */
export class Libp2pSync implements SyncPeers, Startable {
  readonly #components: Libp2pSyncComponents
  readonly #listeners = new Listeners<{ connected: PeerIdText }>()
  #serve: DitexReplication['serve'] | undefined

  constructor(components: Libp2pSyncComponents) {
    this.#components = components
  }

  readonly on: SyncPeers['on'] = (name, listener) => {
    this.#listeners.on(name, listener)
  }
  readonly off: SyncPeers['off'] = (name, listener) => {
    this.#listeners.off(name, listener)
  }

  connected(): readonly PeerIdText[] {
    const { libp2p, roster } = this.#components
    return connectedMembers(libp2p, roster)
  }

  async open(peer: PeerIdText): Promise<FrameStream> {
    const connection = openConnectionTo(this.#components.libp2p, peer)
    if (connection === undefined) throw new Error(`${peer} is not connected`)
    return frameStream(await connection.newStream(SYNC_PROTOCOL))
  }

  /** Who answers what others begin; set before `start`. */
  answerWith(serve: DitexReplication['serve']): void {
    this.#serve = serve
  }

  async start(): Promise<void> {
    const { libp2p, roster } = this.#components
    roster.on('admitted', this.#onAdmitted)
    const accept = (stream: Stream, connection: Connection): void => {
      void this.#accept(stream, connection)
    }
    await libp2p.handle(SYNC_PROTOCOL, accept, { maxInboundStreams: MAX_STREAMS_OF_PEER, maxOutboundStreams: MAX_STREAMS_OF_PEER })
  }

  async stop(): Promise<void> {
    const { libp2p, roster } = this.#components
    roster.off('admitted', this.#onAdmitted)
    await libp2p.unhandle(SYNC_PROTOCOL)
  }

  readonly #onAdmitted = (peer: PeerIdText): void => {
    this.#listeners.emit('connected', peer)
  }

  /** Nothing is read before the peer has shown a membership. */
  async #accept(stream: Stream, connection: Connection): Promise<void> {
    const peer = peerIdText(connection.remotePeer.toString())
    try {
      await awaitAdmission(this.#components.roster, this.#components.clock, peer)
      await this.#serve?.(peer, frameStream(stream))
    } catch (error) {
      this.#components.logger.debug('an exchange ended', { peer, error })
      stream.abort(new Error('exchange over'))
    }
  }
}

/** Frames with a length before each, at most {@link MAX_FRAME} octets, checked before anything is buffered. */
function frameStream(stream: Stream): FrameStream {
  const frames = lpStream(stream, { maxDataLength: MAX_FRAME, maxLengthLength: MAX_LENGTH_OCTETS })
  const closing = new AbortController()
  return {
    send: (frame) => frames.write(frame, { signal: closing.signal }),
    frames: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          let frame: Uint8Array
          try {
            frame = (await frames.read({ signal: closing.signal })).subarray()
          } catch (error) {
            // The peer closed its side, or this one did: the end of the frames. What does not fit is an error.
            if (closing.signal.aborted || stream.remoteWriteStatus !== 'writable') return
            throw error
          }
          yield frame
        }
      }
    },
    close: () => {
      if (closing.signal.aborted) return
      closing.abort()
      stream.close().catch(() => {
        stream.abort(new Error('exchange over'))
      })
    }
  }
}
