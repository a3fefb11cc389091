import type { Sid } from '@srwan/interface'

/** Longer streaks say no more. */
const LONGEST = 1000

/** How often in a row something was so, or was not. */
export class Streaks {
  readonly #streaks = new Map<Sid, number>()

  /** @returns length of the streak, negative where it is one of not being so */
  count(router: Sid, holds: boolean): number {
    const before = this.of(router)
    const next = holds ? Math.max(0, before) + 1 : Math.min(0, before) - 1
    const bounded = Math.max(-LONGEST, Math.min(LONGEST, next))
    this.#streaks.set(router, bounded)
    return bounded
  }

  /** @returns the streak as it is; 0 where nothing was counted */
  of(router: Sid): number {
    return this.#streaks.get(router) ?? 0
  }

  forget(router: Sid): void {
    this.#streaks.delete(router)
  }

  keepOnly(routers: ReadonlySet<Sid>): void {
    for (const router of this.#streaks.keys()) if (!routers.has(router)) this.#streaks.delete(router)
  }
}
