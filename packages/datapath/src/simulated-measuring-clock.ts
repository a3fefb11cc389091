import { ms, ns } from '@srwan/interface'
import type { Clock, Nanoseconds, PartsPerMillion } from '@srwan/interface'

const NANOSECONDS_PER_MS = 1e6
const MILLION = 1e6
/** A jump beyond this changes the clock epoch. */
const JUMP = 50_000_000n
const EPOCHS = 65_536

/** A node's measuring clock: the injected clock with an offset, a drift and steps of its own. */
export class SimulatedMeasuringClock {
  readonly #clock: Clock
  #origin: bigint
  #since: number
  #drift = 0
  #epoch: number

  constructor(clock: Clock, start: { readonly offset: Nanoseconds; readonly drift: PartsPerMillion; readonly epoch: number }) {
    this.#clock = clock
    this.#since = clock.now()
    this.#origin = start.offset + BigInt(Math.round(this.#since * NANOSECONDS_PER_MS))
    this.#drift = start.drift
    this.#epoch = start.epoch % EPOCHS
  }

  get epoch(): number {
    return this.#epoch
  }

  now(): Nanoseconds {
    const elapsed = ms(this.#clock.now() - this.#since)
    return ns(this.#origin + BigInt(Math.round(elapsed * NANOSECONDS_PER_MS * (1 + this.#drift / MILLION))))
  }

  /** @returns whether the clock epoch changed */
  adjust(change: { readonly step?: Nanoseconds; readonly drift?: PartsPerMillion }): boolean {
    const step = change.step ?? 0n
    this.#origin = this.now() + step
    this.#since = this.#clock.now()
    this.#drift = change.drift ?? this.#drift
    const jumped = step > JUMP || step < -JUMP
    if (jumped) this.#epoch = (this.#epoch + 1) % EPOCHS
    return jumped
  }
}
