import { setTimeout as pause } from 'node:timers/promises'
import { QueryRefusedError } from '@srwan/ditex/query'
import { explained, openAsker } from './asker.ts'
import type { DitexQuery, QueryAnswer } from '@srwan/ditex/query'
import type { Asker } from './asker.ts'

/** Time between two questions where the last page held all there was: what a stranger may ask in the long run is twice that. */
const PERIOD_MS = 2000
/** Rounds over all peers without an answer before it gives up; the peers may just start again. */
const MAX_ROUNDS = 5

/** What a follower reads. */
export type Followed =
  /** What the peer took since the answer before. */
  | { readonly answer: QueryAnswer }
  /** Entries may be missing here: another peer answers from now on, or the same one started again. */
  | { readonly gap: string }

/**
 * What a peer takes, from now on, asked for as a stranger again and again; where it stops answering, the next one is asked.
 *
 * @param addresses - multiaddrs with the peer id
 * @throws PeerUnreachableError where none has answered for some rounds; what a peer said where it refuses the question itself
 */
export async function* followExchange(addresses: readonly string[], query: DitexQuery, signal: AbortSignal): AsyncGenerator<Followed> {
  const asker = await openAsker()
  try {
    yield* new Follower(asker, addresses, query).pages(signal)
  } finally {
    await asker.close()
  }
}

class Follower {
  readonly #asker: Asker
  readonly #addresses: readonly string[]
  readonly #query: DitexQuery
  #cursor: string | undefined
  #began = false
  #asked = 0
  #failures = 0

  constructor(asker: Asker, addresses: readonly string[], query: DitexQuery) {
    this.#asker = asker
    this.#addresses = addresses
    this.#query = query
  }

  async *pages(signal: AbortSignal): AsyncGenerator<Followed> {
    while (!signal.aborted) {
      const answer = await this.#ask(signal)
      if (answer !== undefined) {
        if (this.#began && this.#cursor === undefined) yield { gap: `${this.#address} answers from now on; what came meanwhile is not shown` }
        this.#began = true
        this.#failures = 0
        this.#cursor = answer.cursor
        yield { answer }
      }
      // A timer that keeps the process alive, as those of the clock do not: between two connections there is nothing else.
      if (answer?.endedBy === undefined) await pause(PERIOD_MS, undefined, { signal })
    }
  }

  get #address(): string {
    return this.#addresses[this.#asked % this.#addresses.length] ?? ''
  }

  /** @returns `undefined` where it is worth another try */
  async #ask(signal: AbortSignal): Promise<QueryAnswer | undefined> {
    const cursor = this.#cursor === undefined ? {} : { cursor: this.#cursor }
    try {
      return await this.#asker.ask(this.#address, { ...this.#query, arrived: true, ...cursor }, signal)
    } catch (error) {
      signal.throwIfAborted()
      this.#fail(error)
      return undefined
    }
  }

  #fail(error: unknown): void {
    const said = refusal(error)
    if (said === 'the question') throw error
    if (said === 'the pace') return
    if (++this.#failures >= MAX_ROUNDS * this.#addresses.length) throw explained(error, this.#addresses)
    // Its cursor is of no use to the next one, nor to itself once it started again.
    if (said === 'the cursor' || this.#addresses.length > 1) this.#cursor = undefined
    if (said === 'nothing') this.#asked++
  }
}

/** What a peer does not like: the question will not become better, pace and cursor will. */
function refusal(error: unknown): 'the question' | 'the pace' | 'the cursor' | 'nothing' {
  if (!(error instanceof QueryRefusedError)) return 'nothing'
  if (error.code === 'ERR_LIMIT_EXCEEDED') return 'the pace'
  return error.code === 'ERR_INVALID_INPUT' && error.message.includes('(cursor)') ? 'the cursor' : 'the question'
}
