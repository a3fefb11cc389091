import { ms, peerIdText } from '@srwan/interface'
import { MAX_QUESTION, QUERY_PROTOCOL, serveQuestions } from '@srwan/ditex/query'
import { queryFrames } from './query-frames.ts'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { Asker, QueryService } from '@srwan/ditex'
import type { Clock, Logger, Startable } from '@srwan/interface'
import type { Admissions } from '../membership-gate.ts'

/** Streams of strangers that are served at once; more are turned away unread. */
export const MAX_STRANGER_STREAMS = 16
/** How long a stream may stay open. A stranger's connection ends by itself when no membership is shown on it. */
const STREAM_TIME = { stranger: ms(10_000), member: ms(60_000) } as const

/** What the handler works with. */
export interface QueryHandlerComponents {
  readonly libp2p: Pick<Libp2p, 'handle' | 'unhandle'>
  readonly admissions: Pick<Admissions, 'isAdmitted'>
  readonly service: Pick<QueryService, 'answer'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Serves `/srwan/ditex/query/1` to members and, as far as the service lets them, to strangers. */
export class QueryHandler implements Startable {
  readonly #components: QueryHandlerComponents
  readonly #open = new Set<AbortController>()
  #strangers = 0
  #turnedAway = 0

  constructor(components: QueryHandlerComponents) {
    this.#components = components
  }

  /** Streams of strangers that found no room. */
  get turnedAway(): number {
    return this.#turnedAway
  }

  async start(): Promise<void> {
    await this.#components.libp2p.handle(
      QUERY_PROTOCOL,
      (stream, connection) => {
        void this.#serve(stream, connection)
      },
      { maxInboundStreams: 4, maxOutboundStreams: 8 }
    )
  }

  async stop(): Promise<void> {
    await this.#components.libp2p.unhandle(QUERY_PROTOCOL)
    for (const one of this.#open) one.abort(new Error('the node stops'))
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const { clock, service, logger } = this.#components
    const asker = this.#askerOf(connection)
    if (asker.kind === 'stranger' && this.#strangers >= MAX_STRANGER_STREAMS) {
      this.#turnedAway++
      stream.abort(new Error('too many ask at once'))
      return
    }
    const ended = new AbortController()
    const timer = clock.setTimeout(() => {
      ended.abort(new Error('the stream was open for long enough'))
    }, STREAM_TIME[asker.kind])
    this.#open.add(ended)
    if (asker.kind === 'stranger') this.#strangers++
    stream.addEventListener('close', () => {
      ended.abort(new Error('the asker closed the stream'))
    })
    try {
      await serveQuestions(queryFrames(stream, MAX_QUESTION), (question) => service.answer(question, asker, ended.signal), ended.signal)
      await stream.close()
    } catch (error) {
      logger.debug('a stream of questions ended', { peer: connection.remotePeer.toString(), error })
      stream.abort(new Error('no more questions'))
    } finally {
      timer.cancel()
      this.#open.delete(ended)
      if (asker.kind === 'stranger') this.#strangers--
    }
  }

  /** A stranger's peer id costs nothing: its address is what it is counted by, a whole /64 for IPv6. */
  #askerOf({ remotePeer, remoteAddr }: Connection): Asker {
    const peer = peerIdText(remotePeer.toString())
    if (this.#components.admissions.isAdmitted(peer)) return { kind: 'member', name: peer }
    const [, family = '', host = ''] = remoteAddr.toString().split('/')
    return { kind: 'stranger', name: family === 'ip6' ? networkOf(host) : host }
  }
}

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...middle, ...right].slice(0, 4).join(':')
}
