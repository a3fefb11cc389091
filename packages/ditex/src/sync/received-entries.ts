import { MalformedMessageError } from '@srwan/interface'
import type { LogPlace } from '@srwan/interface'
import type { OfferOutcome, Replica } from '../replica/replica.ts'
import type { SyncItem } from './sync-items.ts'

/** Octets of one's own logs that are collected at most. */
const MAX_COLLECTED = 16_777_216
/** Forks answered with a proof in one session. */
const MAX_FORKS_TOLD = 256

/** Encoded entries and fork proofs. */
export interface CollectedEntries {
  readonly entries: readonly Uint8Array[]
  readonly forks: readonly Uint8Array[]
}

/** What a peer sends goes into the replica frame by frame, so that nothing piles up. */
export class ReceivedEntries {
  readonly collected: { readonly entries: Uint8Array[]; readonly forks: Uint8Array[] } = { entries: [], forks: [] }
  readonly #replica: Pick<Replica, 'offer' | 'offerForkProof'>
  readonly #collects: boolean
  readonly #onFork: (place: LogPlace) => void
  readonly #told = new Set<string>()
  #batch: Uint8Array[] = []
  #collectedOctets = 0
  #accepted = 0
  #known = 0
  #refused = 0

  /** @param collects - keep what comes instead of offering it @param onFork - an entry proved a fork here */
  constructor(replica: Pick<Replica, 'offer' | 'offerForkProof'>, collects: boolean, onFork: (place: LogPlace) => void) {
    this.#replica = replica
    this.#collects = collects
    this.#onFork = onFork
  }

  get accepted(): number {
    return this.#accepted
  }
  get known(): number {
    return this.#known
  }
  get refused(): number {
    return this.#refused
  }

  async take(item: Extract<SyncItem, { type: 'entry' | 'fork' }>): Promise<void> {
    if (this.#collects) {
      this.#collect(item)
    } else if (item.type === 'entry') {
      this.#batch.push(item.encoded)
    } else {
      await this.flush()
      const outcome = await this.#replica.offerForkProof(item.encoded)
      // Proofs of forks that are known lead to no answer, or two peers would tell each other for ever.
      this.#note(outcome, false)
    }
  }

  /** Offers what has come since the last time. */
  async flush(): Promise<void> {
    if (this.#batch.length === 0) return
    const batch = this.#batch
    this.#batch = []
    for (const outcome of await this.#replica.offer(batch)) this.#note(outcome, true)
  }

  #collect(item: Extract<SyncItem, { type: 'entry' | 'fork' }>): void {
    this.#collectedOctets += item.encoded.length
    if (this.#collectedOctets > MAX_COLLECTED) throw new MalformedMessageError('sends more than all own logs can hold')
    if (item.type === 'entry') this.collected.entries.push(item.encoded)
    else this.collected.forks.push(item.encoded)
  }

  #note(outcome: OfferOutcome, answer: boolean): void {
    if (outcome.outcome === 'accepted') this.#accepted++
    else if (outcome.outcome === 'known') this.#known++
    else if (outcome.outcome === 'forked') this.#forked(outcome.place, answer)
    else if (outcome.outcome === 'early') this.#refused++
    else if (outcome.reason === 'malformed' || outcome.reason === 'bad-signature') throw new MalformedMessageError(`sends what is no entry: ${outcome.reason}`)
    else this.#refused++
  }

  #forked(place: LogPlace, answer: boolean): void {
    const key = `${place.epoch}/${place.scope}/${place.author}`
    if (!answer || this.#told.has(key) || this.#told.size >= MAX_FORKS_TOLD) return
    this.#told.add(key)
    this.#onFork(place)
  }
}
