import { ms } from '@srwan/interface'
import type { Clock, Logger, Timer } from '@srwan/interface'
import type { HealthBoard } from '../health.ts'
import type { NodeState, StateStore } from '../state-store.ts'

/** Changes within this are written to disk together. */
const SAVE_DELAY = ms(1000)
/** After a failed write. */
const SAVE_RETRY = ms(30_000)

interface StateSaverComponents {
  readonly store: StateStore
  readonly health: HealthBoard
  readonly clock: Clock
  readonly logger: Logger
}

/** Keeps what must outlive a restart on disk: soon after a change, again after a failure, and once more at the end. A full disk stops nobody. */
export class StateSaver {
  readonly #components: StateSaverComponents
  readonly #current: () => NodeState
  #timer: Timer | undefined
  #running = false

  /** @param current - the state as it is when the write begins */
  constructor(components: StateSaverComponents, current: () => NodeState) {
    this.#components = components
    this.#current = current
  }

  start(): void {
    this.#running = true
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.save()
  }

  schedule(): void {
    this.#wait(SAVE_DELAY)
  }

  /** Never rejects: a failure is a health finding, and tried again. */
  async save(): Promise<void> {
    const { store, health, logger } = this.#components
    this.#timer?.cancel()
    this.#timer = undefined
    try {
      await store.save(this.#current())
      health.clear('disk-full')
    } catch (error) {
      health.raise('disk-full')
      logger.warn('the state cannot be written', { error })
      if (this.#running) this.#wait(SAVE_RETRY)
    }
  }

  #wait(delay: typeof SAVE_DELAY): void {
    this.#timer ??= this.#components.clock.setTimeout(() => {
      void this.save()
    }, delay)
  }
}
