import type { EventSource } from './lifecycle.ts'

/** The listeners of one event source: what a class that is an `EventSource` holds. */
export class Listeners<Events extends object> implements EventSource<Events> {
  readonly #byName = new Map<keyof Events, Set<(event: never) => void>>()
  readonly #onError: (error: unknown) => void

  /** @param onError - takes what a listener throws, and the others are called all the same. @default it is thrown to whoever emits */
  constructor(onError: (error: unknown) => void = rethrow) {
    this.#onError = onError
  }

  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): void {
    const set = this.#byName.get(name) ?? new Set()
    set.add(listener)
    this.#byName.set(name, set)
  }

  off<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): void {
    this.#byName.get(name)?.delete(listener)
  }

  has(name: keyof Events): boolean {
    return (this.#byName.get(name)?.size ?? 0) > 0
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of [...(this.#byName.get(name) ?? [])]) {
      try {
        ;(listener as (event: Events[K]) => void)(event)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}

function rethrow(error: unknown): never {
  throw error
}
