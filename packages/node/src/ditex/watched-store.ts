import { ms } from '@srwan/interface'
import type { EntryStore } from '@srwan/ditex'
import type { Clock, Startable, Timer } from '@srwan/interface'
import type { HealthBoard } from '../health.ts'

/** After a failed write, where nobody else writes. */
const TRY_AGAIN = ms(30_000)
/** Whose writes fail, for a finding that others may have, too. */
const CAUSE = 'exchange'

/** A store as it was, and what watches it. */
export interface WatchedStore {
  readonly store: EntryStore
  readonly watch: Startable
}

/** A failed write of the exchange is the health finding `disk-full` until one succeeds; where nobody else writes, an empty one is tried. */
export function watchedStore(store: EntryStore, components: { readonly health: HealthBoard; readonly clock: Clock }): WatchedStore {
  const watch = new WriteWatch(components, () => watched.write([], true))
  const watched: EntryStore = {
    get damaged() {
      return store.damaged
    },
    get lost() {
      return store.lost
    },
    open: () => store.open(),
    close: () => store.close(),
    write: (changes, sync) => watch.follow(store.write(changes, sync)),
    dropBefore: (epoch) => watch.follow(store.dropBefore(epoch)),
    renew: () => watch.follow(store.renew()),
    records: () => store.records(),
    entry: (place) => store.entry(place),
    many: (places) => store.many(places),
    entries: (place, fromSeq, limit) => store.entries(place, fromSeq, limit),
    fork: (place, incarnation) => store.fork(place, incarnation),
    note: (epoch, name) => store.note(epoch, name),
    own: (name) => store.own(name),
    size: () => store.size()
  }
  return { store: watched, watch }
}

class WriteWatch implements Startable {
  readonly #components: { readonly health: HealthBoard; readonly clock: Clock }
  readonly #tryToWrite: () => Promise<void>
  #running = false
  #timer: Timer | undefined

  constructor(components: { readonly health: HealthBoard; readonly clock: Clock }, tryToWrite: () => Promise<void>) {
    this.#components = components
    this.#tryToWrite = tryToWrite
  }

  start(): Promise<void> {
    this.#running = true
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#running = false
    this.#timer?.cancel()
    this.#timer = undefined
    return Promise.resolve()
  }

  /** @throws what the write does */
  async follow(write: Promise<void>): Promise<void> {
    try {
      await write
    } catch (error) {
      if (!isClosed(error)) this.#failed()
      throw error
    }
    this.#timer?.cancel()
    this.#timer = undefined
    this.#components.health.clear('disk-full', CAUSE)
  }

  #failed(): void {
    this.#components.health.raise('disk-full', CAUSE)
    if (!this.#running) return
    this.#timer ??= this.#components.clock.setTimeout(() => {
      this.#timer = undefined
      // A failure is noted as every other one is.
      this.#tryToWrite().catch(() => {})
    }, TRY_AGAIN)
  }
}

/** A store that was closed says nothing about the disk. */
function isClosed(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'ERR_LIMIT_EXCEEDED'
}
