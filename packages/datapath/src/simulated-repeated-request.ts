import { ms } from '@srwan/interface'
import type { Sid, Timer } from '@srwan/interface'
import type { SimulatedCore } from './simulated-core.ts'
import type { PairBody } from './simulated-packet.ts'
import type { SimulatedPeers } from './simulated-peers.ts'

/** Silence after which the repetitions also go through a relay. */
const DIRECT_ONLY = 1000
const MAX_RELAYS = 3

export interface RepeatedRequestInit {
  readonly to: Sid
  readonly body: PairBody
  /** When to send, in ms after the start; the request has failed at the last one. */
  readonly schedule: readonly number[]
  readonly failed: () => void
}

/** A control message that is repeated until it is answered: from the second second on also through the peer's relays, one after the other. */
export class RepeatedRequest {
  readonly #core: SimulatedCore
  readonly #peers: SimulatedPeers
  readonly #init: RepeatedRequestInit
  #timers: readonly Timer[]
  #relayed = 0

  constructor(core: SimulatedCore, peers: SimulatedPeers, init: RepeatedRequestInit) {
    this.#core = core
    this.#peers = peers
    this.#init = init
    this.#timers = init.schedule.slice(1).map((at, index) =>
      core.later(ms(at), () => {
        if (index === init.schedule.length - 2) init.failed()
        else this.#send(at)
      })
    )
    this.#send(0)
  }

  cancel(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
  }

  #send(elapsed: number): void {
    const { to, body } = this.#init
    this.#peers.send(to, body)
    const relays = this.#peers
      .relaysOf(to)
      .slice(0, MAX_RELAYS)
      .filter((relay) => relay !== to && relay !== this.#core.sid)
    const relay = relays[this.#relayed % Math.max(relays.length, 1)]
    if (elapsed < DIRECT_ONLY || relay === undefined) return
    this.#relayed++
    this.#peers.sendThrough(relay, to, body)
  }
}
