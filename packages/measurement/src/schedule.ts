import { ms } from '@srwan/interface'
import type { Milliseconds, Random } from '@srwan/interface'
import { MAX_COLUMN_IN_PULSE } from '@srwan/wire'
import { BAD_NEWS_BURST, COLUMN_BURST, DEBOUNCE_INTERVALS, FULL_COLUMN_INTERVALS } from './constants.ts'

/**
 * Spacing of regular pulses: the pulse interval up to 13 members, then growing with the square of the group, so that what a member relays for the others stays the same.
 *
 * @param size - members of the group
 */
export const pulsePeriod = (interval: Milliseconds, size: number): Milliseconds => ms(interval * Math.max(1, (size / MAX_COLUMN_IN_PULSE) ** 2))

/** Spacing of full columns in groups whose pulses do not carry them: 30 intervals, or the pulse period where that is longer, so that 100 members stay within 5 GB a month. */
export const fullColumnPeriod = (interval: Milliseconds, size: number): Milliseconds => ms(Math.max(FULL_COLUMN_INTERVALS * interval, pulsePeriod(interval, size)))

/** A change that waits a little for others: 0.3 intervals after the last, one interval after the first. */
class Debounce {
  readonly #interval: Milliseconds
  #first: Milliseconds | undefined
  #last: Milliseconds | undefined

  constructor(interval: Milliseconds) {
    this.#interval = interval
  }

  note(now: Milliseconds): void {
    this.#first ??= now
    this.#last = now
  }

  clear(): void {
    this.#first = this.#last = undefined
  }

  ripe(now: Milliseconds): boolean {
    if (this.#first === undefined || this.#last === undefined) return false
    return now - this.#last >= DEBOUNCE_INTERVALS * this.#interval || now - this.#first >= this.#interval
  }
}

export type PulseReason = 'periodic' | 'column-changed' | 'bad-news'

/** When to pulse. */
export class PulseSchedule {
  readonly #interval: Milliseconds
  readonly #random: Random
  readonly #change: Debounce
  #periodicAt: Milliseconds | undefined
  #lastAt = ms(-Infinity)
  #lastBadNewsAt = ms(-Infinity)
  #tokens = BAD_NEWS_BURST
  #refilledAt: Milliseconds | undefined

  constructor(interval: Milliseconds, random: Random) {
    this.#interval = interval
    this.#random = random
    this.#change = new Debounce(interval)
  }

  /** The column has cells that no pulse has carried yet. */
  columnChanged(now: Milliseconds): void {
    this.#change.note(now)
  }

  /** @param badNews - a cell was lost or became worse since the last pulse */
  due(now: Milliseconds, size: number, badNews: boolean): PulseReason | undefined {
    const period = pulsePeriod(this.#interval, size)
    this.#refill(now, period)
    // The first pulse comes at a random point: nodes that start together should not pulse together.
    this.#periodicAt ??= ms(now + period * this.#random.next())
    if (badNews && this.#tokens >= 1 && now - this.#lastBadNewsAt >= this.#interval) return 'bad-news'
    const small = size <= MAX_COLUMN_IN_PULSE
    if (small && this.#change.ripe(now) && now - this.#lastAt >= DEBOUNCE_INTERVALS * this.#interval) return 'column-changed'
    return now >= Math.min(this.#periodicAt, this.#lastAt === -Infinity ? Infinity : this.#lastAt + 1.05 * period) ? 'periodic' : undefined
  }

  published(now: Milliseconds, size: number, reason: PulseReason): void {
    this.#lastAt = now
    this.#periodicAt = ms(now + pulsePeriod(this.#interval, size) * (0.95 + 0.1 * this.#random.next()))
    this.#change.clear()
    if (reason !== 'bad-news') return
    this.#tokens--
    this.#lastBadNewsAt = now
  }

  #refill(now: Milliseconds, period: Milliseconds): void {
    const gained = (now - (this.#refilledAt ?? now)) / (period / BAD_NEWS_BURST)
    this.#tokens = Math.min(this.#tokens + gained, BAD_NEWS_BURST)
    this.#refilledAt = now
  }
}

/** When to make a new full column and send it to all, in groups whose pulses do not carry it. */
export class ColumnSchedule {
  readonly #interval: Milliseconds
  readonly #change: Debounce
  #renewedAt: Milliseconds | undefined
  #tokens = COLUMN_BURST
  #urgent = false

  constructor(interval: Milliseconds) {
    this.#interval = interval
    this.#change = new Debounce(interval)
  }

  changed(now: Milliseconds): void {
    this.#change.note(now)
  }

  /** The own clock changed: every cell is of a new kind. */
  clockChanged(): void {
    this.#urgent = true
  }

  due(now: Milliseconds, size: number): boolean {
    if (this.#urgent) return true
    const sinceRenewal = now - (this.#renewedAt ?? -Infinity)
    if (sinceRenewal >= fullColumnPeriod(this.#interval, size)) return true
    const tokens = this.#tokens + sinceRenewal / fullColumnPeriod(this.#interval, size)
    return this.#change.ripe(now) && sinceRenewal >= this.#interval && tokens >= 1
  }

  /** Columns out of turn are rationed: a member whose clock jumps all the time cannot make the others send without end. */
  renewed(now: Milliseconds, size: number): void {
    if (this.#renewedAt !== undefined) {
      const since = now - this.#renewedAt
      const period = fullColumnPeriod(this.#interval, size)
      this.#tokens = Math.min(this.#tokens + since / period, COLUMN_BURST)
      if (since < period) this.#tokens = Math.max(this.#tokens - 1, 0)
    }
    this.#renewedAt = now
    this.#urgent = false
    this.#change.clear()
  }
}

/** At most one event per key and spacing; holds one instant per key, so the caller bounds the keys. */
export class Spacing<Key> {
  readonly #spacing: Milliseconds
  readonly #last = new Map<Key, Milliseconds>()

  constructor(spacing: Milliseconds) {
    this.#spacing = spacing
  }

  take(key: Key, now: Milliseconds): boolean {
    if (now - (this.#last.get(key) ?? -Infinity) < this.#spacing) return false
    this.#last.set(key, now)
    return true
  }

  /** Forgets the keys that are gone. */
  retain(isKept: (key: Key) => boolean): void {
    for (const key of this.#last.keys()) if (!isKept(key)) this.#last.delete(key)
  }
}
