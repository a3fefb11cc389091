/** Something with a life: started once, stopped once, in the order the composition root chooses. */
export interface Startable {
  /** Rejects with the signal's reason when aborted; leaves nothing half-started. */
  start: (signal?: AbortSignal) => Promise<void>
  /** Idempotent; after it resolves nothing of the component runs. */
  stop: () => Promise<void>
}

/** Typed events without a dependency on the DOM's types. */
export interface EventSource<Events extends object> {
  on: <K extends keyof Events>(name: K, listener: (event: Events[K]) => void) => void
  off: <K extends keyof Events>(name: K, listener: (event: Events[K]) => void) => void
}
