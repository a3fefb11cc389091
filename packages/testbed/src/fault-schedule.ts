import type { Clock, Milliseconds, Timer } from '@srwan/interface'
import type { Fault } from './scenario.ts'

/** What carries the faults out. */
export interface FaultTargets {
  /** @returns what undoes the change */
  readonly link: (fault: Extract<Fault, { from: string }>) => Promise<() => Promise<void>>
  readonly node: (fault: Extract<Fault, { node: string }>) => Promise<void>
  readonly onError: (fault: Fault, error: Error) => void
}

/** A scenario's faults, at their times after the moment of `start`. */
export class FaultSchedule {
  readonly #clock: Clock
  readonly #targets: FaultTargets
  readonly #timers = new Set<Timer>()
  #stopped = false

  constructor(clock: Clock, targets: FaultTargets) {
    this.#clock = clock
    this.#targets = targets
  }

  start(faults: readonly Fault[]): void {
    for (const fault of faults)
      this.#after(fault.at, fault, async () => {
        await this.#run(fault)
      })
  }

  /** No fault happens or ends after this. */
  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  async #run(fault: Fault): Promise<void> {
    if ('node' in fault) {
      await this.#targets.node(fault)
      return
    }
    const undo = await this.#targets.link(fault)
    if (fault.duration !== undefined) this.#after(fault.duration, fault, undo)
  }

  #after(delay: Milliseconds, fault: Fault, action: () => Promise<void>): void {
    if (this.#stopped) return
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer)
      action().catch((error: Error) => {
        this.#targets.onError(fault, error)
      })
    }, delay)
    this.#timers.add(timer)
  }
}
