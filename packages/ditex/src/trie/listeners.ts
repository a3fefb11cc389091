import type { EventSource } from '@srwan/interface'

/** The listeners of one event source. */
export class Listeners<Events extends object> implements EventSource<Events> {
  readonly #byName = new Map<keyof Events, Set<(event: never) => void>>()

  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): void {
    const set = this.#byName.get(name) ?? new Set()
    this.#byName.set(name, set.add(listener))
  }

  off<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): void {
    this.#byName.get(name)?.delete(listener)
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of [...(this.#byName.get(name) ?? [])]) (listener as (event: Events[K]) => void)(event)
  }
}
