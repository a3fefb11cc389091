import { ms } from '@srwan/interface'
import type { Clock, Timer } from '@srwan/interface'

/** Larger rosters are sorted and told at most once in a while: an exchange of 10,000 members is 1,250 messages. */
const SORTED_AT_ONCE = 256
const TELL_DELAY = ms(1000)

/** Tells of changes at once while the roster is small, once a second when it is large. */
export class PacedChange {
  readonly #clock: Clock
  readonly #tell: () => void
  #timer: Timer | undefined

  constructor(clock: Clock, tell: () => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** @param size - members now */
  note(size: number): void {
    if (size <= SORTED_AT_ONCE) this.#now()
    else this.#timer ??= this.#clock.setTimeout(() => this.#now(), TELL_DELAY)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #now(): void {
    this.stop()
    this.#tell()
  }
}
