import { ms } from '@srwan/interface'
import type { Clock, Logger, Timer } from '@srwan/interface'

/** Changes that come together are written together. */
const SAVE_DELAY = ms(1000)

/** Where something outlives a restart. */
export interface OctetStore {
  /** What was saved last; `undefined` or whatever is damaged counts as nothing: others can be asked for it. */
  readonly load: () => Promise<Uint8Array | undefined>
  readonly save: (octets: Uint8Array) => Promise<void>
}

/** What keeping takes. */
export interface KeptOctetsComponents {
  readonly store: OctetStore
  readonly clock: Clock
  readonly logger: Logger
}

/** Loads octets at the start and saves them a while after they changed; a store that fails costs what it kept, nothing more. */
export class KeptOctets {
  readonly #components: KeptOctetsComponents
  readonly #what: { readonly name: string; readonly octets: () => Uint8Array }
  #timer: Timer | undefined

  /** @param what - `name` as it follows "the" in what is logged */
  constructor(components: KeptOctetsComponents, what: { readonly name: string; readonly octets: () => Uint8Array }) {
    this.#components = components
    this.#what = what
  }

  async load(): Promise<Uint8Array | undefined> {
    const { store, logger } = this.#components
    return await store.load().catch((error: unknown) => {
      logger.warn(`the ${this.#what.name} of the life before cannot be read`, { error })
      return undefined
    })
  }

  readonly schedule = (): void => {
    this.#timer ??= this.#components.clock.setTimeout(() => {
      void this.#save()
    }, SAVE_DELAY)
  }

  /** Saves what waits. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return
    this.#timer.cancel()
    await this.#save()
  }

  async #save(): Promise<void> {
    const { store, logger } = this.#components
    this.#timer = undefined
    await store.save(this.#what.octets()).catch((error: unknown) => {
      logger.warn(`the ${this.#what.name} cannot be written`, { error })
    })
  }
}
