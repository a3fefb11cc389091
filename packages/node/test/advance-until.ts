import type { VirtualClock } from '@srwan/clock'

/** Steps after which a condition is not expected any more. */
const MAX_STEPS = 1500
/** For sockets and files, which no virtual clock drives. */
const REAL_PAUSE = 10

/** Lets a virtual clock go on in steps until a condition holds, and whatever is not driven by it go on in between. */
export async function advanceUntil(clock: VirtualClock, what: string, condition: () => boolean | Promise<boolean>, step = 1000): Promise<void> {
  for (let steps = 0; !(await condition()); steps++) {
    if (steps > MAX_STEPS) throw new Error(`did not happen within ${MAX_STEPS * step} ms of a virtual clock: ${what}`)
    await clock.advance(step)
    await new Promise((resolve) => setTimeout(resolve, REAL_PAUSE))
  }
}
