import { ms } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'
import { MAX_PULSE_SENDERS, VERIFY_BURST, VERIFY_PER_SECOND } from './constants.ts'

/** Place of a pulse in its sender's life. */
export interface PulsePosition {
  readonly descriptorNumber: number
  readonly counter: number
}

const isAfter = (a: PulsePosition, b: PulsePosition): boolean => a.descriptorNumber > b.descriptorNumber || (a.descriptorNumber === b.descriptorNumber && a.counter > b.counter)

/** Refuses pulses that are old, replayed or too many, before their signature costs anything. */
export class PulseGate {
  readonly #last = new Map<Sid, PulsePosition>()
  #tokens = VERIFY_BURST
  #refilledAt = ms(0)

  /** @param known - descriptor number of the sender in the roster: anything below it is from before its last start */
  isFresh(sender: Sid, position: PulsePosition, known: number): boolean {
    const last = this.#last.get(sender)
    return position.descriptorNumber >= known && (last === undefined || isAfter(position, last))
  }

  /** One signature to check. */
  takeVerification(now: Milliseconds): boolean {
    this.#tokens = Math.min(this.#tokens + (Math.max(now - this.#refilledAt, 0) / 1000) * VERIFY_PER_SECOND, VERIFY_BURST)
    this.#refilledAt = now
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** After the signature verified. @returns false where another one got ahead meanwhile */
  accept(sender: Sid, position: PulsePosition): boolean {
    const last = this.#last.get(sender)
    if (last !== undefined && !isAfter(position, last)) return false
    this.#last.delete(sender)
    this.#last.set(sender, position)
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= MAX_PULSE_SENDERS) break
      this.#last.delete(oldest)
    }
    return true
  }
}
