import type { LogHead, LogPlace } from '@srwan/interface'
import type { TrieLeaf } from '../trie/trie.ts'
import { LimitExceededError } from '@srwan/interface'
import type { Subtree, SyncItem } from './sync-items.ts'

/** Something to say when it is one's turn. All of it is small: what is sent is made when it is sent. */
export type SyncWork =
  | { readonly kind: 'item'; readonly item: SyncItem }
  /** A subtree as it stands then: its tags, or its few leaves. */
  | { readonly kind: 'block'; readonly subtree: Subtree }
  /** Fork proof and entries `from` on, up to before `to`. */
  | { readonly kind: 'push'; readonly place: LogPlace; readonly from: number; readonly to: number }
  | { readonly kind: 'push-all'; readonly leaves: Iterator<TrieLeaf<LogHead>> }
  /** What is held of a log that changed since the two met last. */
  | { readonly kind: 'changed'; readonly place: LogPlace }
  /** Short tags of all hashes of a log, so that the other finds where the two part. */
  | { readonly kind: 'chain'; readonly place: LogPlace; readonly log: Subtree }

/** Things to say that wait in one session; a peer cannot make this node remember more. */
export const MAX_WORK = 65_536

/** First in, first out, bounded. */
export class WorkQueue {
  #items: SyncWork[] = []
  #first = 0

  get size(): number {
    return this.#items.length - this.#first
  }

  /** @throws LimitExceededError where {@link MAX_WORK} things wait */
  add(work: SyncWork): void {
    if (this.size >= MAX_WORK) throw new LimitExceededError('too much to say in one exchange')
    this.#items.push(work)
  }

  putBack(work: SyncWork): void {
    if (this.#first > 0) this.#items[--this.#first] = work
    else this.#items.unshift(work)
  }

  clear(): void {
    this.#items = []
    this.#first = 0
  }

  next(): SyncWork | undefined {
    const work = this.#items[this.#first]
    if (work === undefined) return undefined
    this.#first++
    if (this.#first > 1024 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return work
  }
}
