import type { Sid } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import type { ControlBody, HandshakeBody } from './simulated-packet.ts'
import type { SimulatedPeers } from './simulated-peers.ts'
import { SimulatedSession } from './simulated-session.ts'

/** After a failed handshake the next data waits this long, ms. */
const RETRY_PAUSE = 5000

/** The sessions of this node as ingress, one per egress. */
export class SimulatedSessions {
  readonly #core: SimulatedCore
  readonly #peers: SimulatedPeers
  readonly #sessions = new Map<Sid, SimulatedSession>()
  readonly #failedAt = new Map<Sid, number>()
  readonly #listeners = new Set<(endpoint: Sid) => void>()

  constructor(core: SimulatedCore, peers: SimulatedPeers) {
    this.#core = core
    this.#peers = peers
  }

  /** Calls back whenever a session opened, closed, or had an answer for one of its lists. @returns how to stop that */
  onProgress(listener: (endpoint: Sid) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  find(endpoint: Sid): SimulatedSession | undefined {
    return this.#sessions.get(endpoint)
  }

  /** @returns the session, opening where there was none; `undefined` during the pause after a failure */
  ensure(endpoint: Sid): SimulatedSession | undefined {
    const existing = this.#sessions.get(endpoint)
    if (existing !== undefined) return existing
    const failedAt = this.#failedAt.get(endpoint)
    if (failedAt !== undefined && this.#core.clock.now() - failedAt < RETRY_PAUSE) return undefined
    const session = new SimulatedSession(this.#core, this.#peers, {
      endpoint,
      changed: (changed, cause) => {
        this.#changed(changed, cause)
      }
    })
    this.#sessions.set(endpoint, session)
    return session
  }

  receiveResponse(from: Sid, body: HandshakeBody): void {
    const session = this.#sessions.get(from)
    if (session?.id === body.session) session.receiveResponse(body.code)
  }

  receiveAnswer(from: Sid, body: Extract<ControlBody, { type: 'answer' }>): void {
    for (const session of this.#sessions.values()) {
      if (session.id === body.session) session.receiveAnswer(from, body)
    }
  }

  forgetPeer(peer: Sid): void {
    this.#sessions.get(peer)?.close('the endpoint left the peers or has a new key')
    this.#failedAt.delete(peer)
    for (const session of this.#sessions.values()) session.forgetHop(peer)
  }

  all(): readonly SimulatedSession[] {
    return [...this.#sessions.values()]
  }

  #changed(session: SimulatedSession, cause: string): void {
    if (session.state === 'closed') {
      this.#sessions.delete(session.endpoint)
      this.#failedAt.set(session.endpoint, this.#core.clock.now())
    } else if (cause === 'handshake complete') {
      this.#core.emit('session', { endpoint: session.endpoint, state: 'open', cause })
    }
    for (const listener of this.#listeners) listener(session.endpoint)
  }
}
