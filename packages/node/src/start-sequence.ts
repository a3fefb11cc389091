import { ms } from '@srwan/interface'
import type { Clock, Logger } from '@srwan/interface'

/** One step may take this long to stop before the next one stops anyway. */
const STOP_TIMEOUT = ms(3000)

/** One part of the node in the order of its start. */
export interface StartStep {
  readonly name: string
  readonly start: (signal: AbortSignal | undefined) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts steps one after the other and stops those that were begun in reverse order. */
export class StartSequence {
  readonly #steps: readonly StartStep[]
  readonly #components: { readonly clock: Clock; readonly logger: Logger }
  #begun: StartStep[] = []

  constructor(components: { readonly clock: Clock; readonly logger: Logger }, steps: readonly StartStep[]) {
    this.#components = components
    this.#steps = steps
  }

  /** Rejects with the error of the step that failed or the signal's reason, after having stopped what ran. */
  async start(signal?: AbortSignal): Promise<void> {
    try {
      for (const step of this.#steps) {
        signal?.throwIfAborted()
        // A step that fails half-way is stopped as well: `stop` is idempotent.
        this.#begun.unshift(step)
        await step.start(signal)
      }
      signal?.throwIfAborted()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Never rejects; bounded in time by the number of steps. */
  async stop(): Promise<void> {
    const begun = this.#begun
    this.#begun = []
    for (const step of begun) await this.#stopStep(step)
  }

  async #stopStep(step: StartStep): Promise<void> {
    const { clock, logger } = this.#components
    const over = new AbortController()
    try {
      const outcome = await Promise.race([
        step.stop().then(() => 'stopped'),
        clock.sleep(STOP_TIMEOUT, over.signal).then(
          () => 'late',
          () => 'stopped'
        )
      ])
      if (outcome === 'late') logger.warn('a part of the node does not stop in time', { part: step.name })
    } catch (error) {
      logger.warn('a part of the node did not stop cleanly', { part: step.name, error })
    } finally {
      over.abort()
    }
  }
}
