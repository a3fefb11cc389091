import type { Clock, PeerIdText } from '@srwan/interface'

/** Peers remembered; the oldest go first. */
const MAX_REFUSED = 256
/** A refused peer is not heard again for so long, in ms: a handshake costs more than this look-up. */
const REFUSAL_TIME = 30_000

/** Peers that showed no usable membership a moment ago. */
export class RefusalList {
  readonly #clock: Clock
  readonly #until = new Map<PeerIdText, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(peerId: PeerIdText): void {
    this.#until.delete(peerId)
    this.#until.set(peerId, this.#clock.now() + REFUSAL_TIME)
    const [oldest] = this.#until.keys()
    if (this.#until.size > MAX_REFUSED && oldest !== undefined) this.#until.delete(oldest)
  }

  has(peerId: PeerIdText): boolean {
    return (this.#until.get(peerId) ?? 0) > this.#clock.now()
  }
}
