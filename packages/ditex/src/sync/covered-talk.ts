import { MalformedMessageError } from '@srwan/interface'
import { MAX_ASKED_EPOCHS, MAX_COVERED } from '../trie/anchored-leaves.ts'
import type { SyncItem } from './sync-items.ts'
import type { SyncSessionComponents } from './sync-session-types.ts'

type ItemOf<T extends SyncItem['type']> = Extract<SyncItem, { type: T }>

/** What one exchange says of anchored roots: each side asks once, and is answered when the entries are settled. */
export class CoveredTalk {
  readonly #anchored: SyncSessionComponents['anchored']
  readonly #asked = new Set<number>()
  #theirQuestion: readonly number[] | undefined
  /** Entries that were taken when the question was answered last: with more of them, more may have come late. */
  #answeredAt = -1
  #given = 0
  #heard = 0

  /** @param anchored - `undefined` where this is no matter of the exchange */
  constructor(anchored: SyncSessionComponents['anchored']) {
    this.#anchored = anchored
  }

  /** @returns `undefined` where nothing is to be asked, or was */
  question(): SyncItem | undefined {
    const epochs = this.#asked.size === 0 ? (this.#anchored?.missing() ?? []) : []
    for (const epoch of epochs) this.#asked.add(epoch)
    return epochs.length === 0 ? undefined : { type: 'ask-covered', epochs }
  }

  /** When nothing else is to be said: the answer, and the question that became one during the exchange. @param accepted - entries taken so far */
  *atTheEnd(accepted: number): Generator<SyncItem> {
    if (this.#theirQuestion !== undefined && this.#answeredAt !== accepted) {
      this.#answeredAt = accepted
      for (const leaf of this.#anchored?.covered(this.#theirQuestion) ?? []) {
        if (++this.#given > MAX_COVERED) break
        yield { type: 'covered', leaf }
      }
    }
    const question = this.question()
    if (question !== undefined) yield question
  }

  /** @throws MalformedMessageError where the other asks twice, or too much */
  onQuestion({ epochs }: ItemOf<'ask-covered'>): void {
    if (this.#theirQuestion !== undefined || epochs.length === 0 || epochs.length > MAX_ASKED_EPOCHS) throw new MalformedMessageError('asks too much of anchored roots')
    this.#theirQuestion = epochs
  }

  /** What proves nothing here is left out: places in the trie may be others to the other. @throws MalformedMessageError where nobody asked for it */
  onLeaf({ leaf }: ItemOf<'covered'>): void {
    if (!this.#asked.has(leaf.epoch) || ++this.#heard > MAX_COVERED) throw new MalformedMessageError('tells of anchored roots what nobody asked')
    this.#anchored?.take(leaf)
  }
}
