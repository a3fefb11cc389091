import { LimitExceededError } from '@srwan/interface'
import { fulfils } from './condition.ts'
import { fitsPlan, planQuery } from './plan.ts'
import type { QuerySource } from './execute-query.ts'
import type { DitexQuery } from './query.ts'
import type { EventSource, SignedEntry } from '@srwan/interface'

/** Most who follow at once. */
export const MAX_FOLLOWERS = 32
/** Entries that wait for a follower; whoever falls further behind is told and let go. */
export const MAX_FOLLOWED = 1000

/** Entries as the replica takes them. */
export type AcceptedEntries = EventSource<{ accepted: { readonly signed: SignedEntry; readonly encoded: Uint8Array } }>

/** Newly accepted entries that fit a question, as they come. */
export class Followers {
  readonly #source: QuerySource
  readonly #accepted: AcceptedEntries
  #open = 0

  constructor(source: QuerySource, accepted: AcceptedEntries) {
    this.#source = source
    this.#accepted = accepted
  }

  /**
   * Ends when the signal is aborted.
   *
   * @throws LimitExceededError where too many follow already, or the reader falls behind
   */
  async *follow(query: DitexQuery, signal: AbortSignal): AsyncGenerator<SignedEntry> {
    if (this.#open >= MAX_FOLLOWERS) throw new LimitExceededError(`${MAX_FOLLOWERS} follow already`)
    const queue: SignedEntry[] = []
    let fell = false
    let wake: () => void = () => {}
    const take = ({ signed }: { readonly signed: SignedEntry }): void => {
      if (!this.#fits(query, signed)) return
      if (queue.length >= MAX_FOLLOWED) fell = true
      else queue.push(signed)
      wake()
    }
    const stop = (): void => wake()
    this.#open++
    this.#accepted.on('accepted', take)
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        const next = queue.shift()
        if (next !== undefined) yield next
        else if (fell) throw new LimitExceededError('entries came faster than they were read', { remedy: 'Query for what was missed, and follow again.' })
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    } finally {
      this.#open--
      this.#accepted.off('accepted', take)
      signal.removeEventListener('abort', stop)
    }
  }

  #fits(query: DitexQuery, { author, incarnation, entry }: SignedEntry): boolean {
    const { cursor: _cursor, at: _at, ...lasting } = query
    const plan = planQuery(this.#source.reader, lasting, this.#source.epochLength)
    const place = { author, incarnation, kind: entry.kind, key: entry.key, scope: entry.scope, epoch: entry.epoch, seq: entry.seq }
    return fitsPlan(place, query, plan) && (query.where ?? []).every((condition) => fulfils(condition, entry.body))
  }
}
