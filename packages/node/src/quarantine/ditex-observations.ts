import type { EntryView, Replica, ViewChange, ViewRecord } from '@srwan/ditex'
import { Listeners } from '@srwan/interface'
import type { LogScope, Logger, PeerIdText, RosterSource, Startable } from '@srwan/interface'
import { OBSERVATION_KIND } from '@srwan/quarantine'
import type { ObservationLog } from '@srwan/quarantine'

/** Observations that are held in memory; a full group that writes all it may in a day stays below. */
const MAX_OBSERVATIONS = 100_000

/** What is needed of DiTEx. */
export interface DitexObservationsComponents {
  readonly view: Pick<EntryView, 'on' | 'off' | 'byKind' | 'read'>
  readonly replica: Pick<Replica, 'on' | 'off' | 'forkedSince'>
  /** Appends to the own log; resolves when it is durable. */
  readonly append: (entry: { readonly scope: LogScope; readonly kind: string; readonly key: string; readonly ttl: number; readonly body: unknown }) => Promise<unknown>
  readonly roster: RosterSource
  readonly logger: Logger
}

interface Held {
  readonly author: PeerIdText
  readonly epoch: number
  readonly body: unknown
}

/** Observations as DiTEx holds them, decoded once. To be started after the replica and before the quarantine. */
export function createDitexObservations(components: DitexObservationsComponents): ObservationLog & Startable {
  return new DitexObservations(components)
}

class DitexObservations implements ObservationLog, Startable {
  readonly #components: DitexObservationsComponents
  readonly #held = new Map<string, Held>()
  readonly #events: Listeners<{ change: undefined }>

  constructor(components: DitexObservationsComponents) {
    this.#components = components
    this.#events = new Listeners((error) => {
      components.logger.error('a listener of the observations failed', { error })
    })
  }

  async start(signal?: AbortSignal): Promise<void> {
    const { view, replica } = this.#components
    view.on('change', this.#onChange)
    replica.on('fork', this.#onFork)
    for (const record of view.byKind(OBSERVATION_KIND)) {
      signal?.throwIfAborted()
      await this.#take(record)
    }
  }

  stop(): Promise<void> {
    const { view, replica } = this.#components
    view.off('change', this.#onChange)
    replica.off('fork', this.#onFork)
    return Promise.resolve()
  }

  on(name: 'change', listener: (event: undefined) => void): void {
    this.#events.on(name, listener)
  }
  off(name: 'change', listener: (event: undefined) => void): void {
    this.#events.off(name, listener)
  }

  async append(entry: { readonly key: string; readonly ttl: number; readonly body: unknown }): Promise<void> {
    await this.#components.append({ scope: 'evidence', kind: OBSERVATION_KIND, ...entry })
  }

  observations(): Iterable<Held> {
    return this.#held.values()
  }

  *forks(): Iterable<{ readonly author: PeerIdText; readonly epoch: number }> {
    for (const { peerId } of this.#components.roster.current().members) {
      const epoch = this.#components.replica.forkedSince(peerId)
      if (epoch !== undefined) yield { author: peerId, epoch }
    }
  }

  readonly #onFork = (): void => {
    this.#events.emit('change', undefined)
  }

  readonly #onChange = ({ author, kind, key, record }: ViewChange): void => {
    if (kind !== OBSERVATION_KIND) return
    if (record === undefined) {
      if (this.#held.delete(nameOf(author, key))) this.#events.emit('change', undefined)
      return
    }
    this.#take(record).catch((error: unknown) => {
      this.#components.logger.warn('an observation could not be read', { author, error })
    })
  }

  async #take(record: ViewRecord): Promise<void> {
    const name = nameOf(record.author, record.key)
    if (this.#held.size >= MAX_OBSERVATIONS && !this.#held.has(name)) return
    const signed = await this.#components.view.read(record)
    if (signed === undefined || record.scope !== 'evidence') return
    this.#held.set(name, { author: record.author, epoch: record.epoch, body: signed.entry.body })
    this.#events.emit('change', undefined)
  }
}

const nameOf = (author: PeerIdText, key: string): string => `${author} ${key}`
