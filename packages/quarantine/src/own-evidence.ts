import { ms } from '@srwan/interface'
import type { Milliseconds, Sid } from '@srwan/interface'

/** Routers that one node avoids by itself at once; the one avoided longest gives way. */
export const MAX_OWN_AVOIDED = 100
/** Longest time that own evidence speaks without a new look. */
const LONGEST = ms(3_600_000)
/** Repetitions within this time double it. */
const MEMORY = ms(3_600_000)

interface Avoided {
  readonly since: Milliseconds
  readonly until: Milliseconds
  readonly reason: string
}

/** What this node has seen itself: it needs nobody else to leave a router out of its own paths. Wall times, as in verdicts. */
export class OwnEvidence {
  readonly #first: Milliseconds
  readonly #avoided = new Map<Sid, Avoided>()
  readonly #times = new Map<Sid, readonly Milliseconds[]>()

  /** @param first - how long a first observation speaks */
  constructor(first: Milliseconds) {
    this.#first = first
  }

  avoid(router: Sid, reason: string, now: Milliseconds): void {
    const known = this.#avoided.get(router)
    // one failure shows in several ways at once: it counts once
    const times = [...(this.#times.get(router) ?? []).filter((at) => now - at < MEMORY && now - at >= this.#first / 2), now]
    this.#remember(router, times)
    const until = ms(now + Math.min(LONGEST, this.#first * 2 ** (times.length - 1)))
    this.#avoided.delete(router)
    this.#avoided.set(router, { since: known?.since ?? now, until: ms(Math.max(until, known?.until ?? 0)), reason })
    const [oldest] = this.#avoided.keys()
    if (this.#avoided.size > MAX_OWN_AVOIDED && oldest !== undefined) this.#avoided.delete(oldest)
  }

  /** @returns whether it was avoided */
  relieve(router: Sid): boolean {
    return this.#avoided.delete(router)
  }

  /** Whose time is over is avoided no more. */
  expire(now: Milliseconds): void {
    for (const [router, { until }] of this.#avoided) if (until <= now) this.#avoided.delete(router)
  }

  get(router: Sid): Avoided | undefined {
    return this.#avoided.get(router)
  }

  /** @returns those avoided, the one avoided anew the longest ago first */
  list(): ReadonlyMap<Sid, Avoided> {
    return this.#avoided
  }

  #remember(router: Sid, times: readonly Milliseconds[]): void {
    this.#times.delete(router)
    this.#times.set(router, times.slice(-12))
    const [oldest] = this.#times.keys()
    if (this.#times.size > MAX_OWN_AVOIDED && oldest !== undefined) this.#times.delete(oldest)
  }
}
