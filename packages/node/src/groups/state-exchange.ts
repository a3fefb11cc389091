import { lpStream } from '@libp2p/utils'
import { ms, peerIdText } from '@srwan/interface'
import { within } from '../ditex/deadline.ts'
import { awaitAdmission } from '../membership-gate.ts'
import { connectedMembers, openConnectionTo } from '../open-connections.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { Clock, Logger, PeerIdText, Startable } from '@srwan/interface'
import type { Libp2p } from 'libp2p'
import type { Admissions } from '../membership-gate.ts'

/** The groups of anchored epochs, for those who join later; see packages/spec/protocol/groups.md. */
export const STATE_PROTOCOL = '/srwan/groups/1'
/** One state with its proof: 10,000 routers and as many that left take some 2 MB. */
const MAX_FRAME = 4 * 1024 * 1024
const MAX_LENGTH_OCTETS = 4
/** States of one answer: those of the retention. */
const MAX_STATES = 192
/** Octets of one answer. */
const MAX_ANSWER = 12 * 1024 * 1024
/** Whoever was answered waits this long for the next answer. */
const PAUSE = ms(5000)
/** Answers at once. */
const MAX_SERVED = 4
/** Peers whose last answer is remembered. */
const MAX_REMEMBERED = 512
const ANSWER_TIME = ms(20_000)

/** The state of one epoch as a peer gives it: nothing of it is believed before the proof leads to the anchored root. */
export interface OfferedState {
  /** Encoded inclusion proof of its leaf. */
  readonly proof: Uint8Array
  readonly encoded: Uint8Array
}

/** What the exchange of states works with. */
export interface StateExchangeComponents {
  readonly libp2p: Pick<Libp2p, 'getConnections' | 'handle' | 'unhandle'>
  readonly admissions: Admissions
  /** States from an epoch on that can be proven here, oldest first. */
  readonly provable: (from: number) => Iterable<OfferedState>
  readonly clock: Clock
  readonly logger: Logger
}

/** Asks members for the states of anchored epochs, and answers them. */
export class StateExchange implements Startable {
  readonly #components: StateExchangeComponents
  readonly #answered = new Map<PeerIdText, number>()
  #served = 0

  constructor(components: StateExchangeComponents) {
    this.#components = components
  }

  async start(): Promise<void> {
    await this.#components.libp2p.handle(STATE_PROTOCOL, (stream, connection) => void this.#serve(stream, connection), { maxInboundStreams: 1, maxOutboundStreams: 1 })
  }

  async stop(): Promise<void> {
    await this.#components.libp2p.unhandle(STATE_PROTOCOL)
  }

  /** Connected members, the ones to ask. */
  peers(): readonly PeerIdText[] {
    const { libp2p, admissions } = this.#components
    return [...connectedMembers(libp2p, admissions)].sort()
  }

  /** @returns what the peer gave until it ended or broke off, at most 192 states of 12 MiB together */
  async ask(peer: PeerIdText, from: number, signal: AbortSignal): Promise<readonly OfferedState[]> {
    const { libp2p, clock, logger } = this.#components
    const given: OfferedState[] = []
    const connection = openConnectionTo(libp2p, peer)
    if (connection === undefined) return given
    try {
      await within({ clock, time: ANSWER_TIME, signal }, async (limited) => {
        const stream = await connection.newStream(STATE_PROTOCOL, { signal: limited })
        try {
          await this.#read(stream, { from, given, signal: limited })
        } finally {
          stream.abort(new Error('read'))
        }
      })
    } catch (error) {
      signal.throwIfAborted()
      logger.debug('a member broke off while it gave the groups', { peer, error })
    }
    return given
  }

  async #read(stream: Stream, { from, given, signal }: { readonly from: number; readonly given: OfferedState[]; readonly signal: AbortSignal }): Promise<void> {
    const frames = lpStream(stream, { maxDataLength: MAX_FRAME, maxLengthLength: MAX_LENGTH_OCTETS })
    const question = Buffer.alloc(4)
    question.writeUInt32BE(from)
    await frames.write(question, { signal })
    let octets = 0
    while (given.length < MAX_STATES) {
      const frame = (await frames.read({ signal })).subarray()
      // An empty frame ends the answer.
      if (frame.length < 2) return
      octets += frame.length
      if (octets > MAX_ANSWER) return
      const at = 2 + new DataView(frame.buffer, frame.byteOffset).getUint16(0)
      given.push({ proof: frame.slice(2, at), encoded: frame.slice(at) })
    }
  }

  /** Nothing is read before the peer has shown a membership, and nobody is answered often. */
  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const { admissions, clock, logger } = this.#components
    const peer = peerIdText(connection.remotePeer.toString())
    try {
      await awaitAdmission(admissions, clock, peer)
      if (this.#served >= MAX_SERVED || !this.#mayAsk(peer)) throw new Error('asked too often')
      this.#served++
      try {
        await within({ clock, time: ANSWER_TIME, signal: new AbortController().signal }, (signal) => this.#answer(stream, signal))
      } finally {
        this.#served--
      }
      await stream.close()
    } catch (error) {
      logger.debug('the groups were not given', { peer, error })
      stream.abort(new Error('no groups for you'))
    }
  }

  async #answer(stream: Stream, signal: AbortSignal): Promise<void> {
    const frames = lpStream(stream, { maxDataLength: MAX_FRAME, maxLengthLength: MAX_LENGTH_OCTETS })
    const question = (await frames.read({ signal })).subarray()
    if (question.length !== 4) throw new Error('no question')
    let count = 0
    let octets = 0
    for (const { proof, encoded } of this.#components.provable(new DataView(question.buffer, question.byteOffset).getUint32(0))) {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(proof.length)
      octets += 2 + proof.length + encoded.length
      if (++count >= MAX_STATES || octets > MAX_ANSWER) break
      await frames.write(Buffer.concat([length, proof, encoded]), { signal })
    }
    await frames.write(new Uint8Array(0), { signal })
  }

  #mayAsk(peer: PeerIdText): boolean {
    const now = this.#components.clock.now()
    if (now - (this.#answered.get(peer) ?? Number.NEGATIVE_INFINITY) < PAUSE) return false
    this.#answered.delete(peer)
    this.#answered.set(peer, now)
    for (const oldest of this.#answered.keys()) {
      if (this.#answered.size <= MAX_REMEMBERED) break
      this.#answered.delete(oldest)
    }
    return true
  }
}
