import type { LogHead, LogPlace } from '@srwan/interface'
import { encodeForkProof } from '../log/fork-proof.ts'
import { textOf } from '../trie/merkle-hash.ts'
import { descend, hashOfSubtree, leavesOf, sizeOf } from '../trie/trie.ts'
import { claimOf } from './claim.ts'
import { childrenOf, logSubtree } from './subtree.ts'
import { LEVELS, SHORT_TAG_LENGTH } from './sync-items.ts'
import type { SessionWindow } from './session-window.ts'
import type { Subtree, SyncItem } from './sync-items.ts'
import type { SyncSessionComponents } from './sync-session-types.ts'
import type { SyncWork, WorkQueue } from './sync-work.ts'

/** A subtree with at most so many leaves is told leaf by leaf: below that, tags cost more than they save. */
export const LEAF_BLOCK = 5
/** No deeper tags than this: what is below are leaves. */
export const DEEPEST_TAGS = 248
/** Entries of one log read at once. */
const READ_AT_ONCE = 64
/** Logs that the other told of and that are remembered, so that both do not settle the same. */
const MAX_TOLD = 1024

/** Turns work into items, reading the replica as it goes. */
export class SyncSpeaker {
  readonly #components: SyncSessionComponents
  readonly #window: SessionWindow
  readonly #work: WorkQueue
  readonly #told = new Set<string>()

  constructor(components: SyncSessionComponents, window: SessionWindow, work: WorkQueue) {
    this.#components = components
    this.#window = window
    this.#work = work
  }

  /** Everything that waits, in order. Whoever stops asking leaves the rest in the queue, but for the rest of one log, which is put back. */
  async *items(enough: () => boolean): AsyncGenerator<SyncItem> {
    while (!enough()) {
      const work = this.#work.next()
      if (work === undefined) return
      yield* this.#itemsOf(work, enough)
    }
  }

  async *#itemsOf(work: SyncWork, enough: () => boolean): AsyncGenerator<SyncItem> {
    if (work.kind === 'item') yield work.item
    else if (work.kind === 'block') yield* this.#block(work.subtree)
    else if (work.kind === 'push') yield* this.#push(work, enough)
    else if (work.kind === 'changed') yield* this.#changed(work.place)
    else if (work.kind === 'chain') yield await this.#chain(work.place, work.log)
    else {
      const next = work.leaves.next()
      if (next.done === true) return
      this.#work.putBack(work)
      yield* this.#push(pushOf(next.value.item, 0), enough)
    }
  }

  *#block(subtree: Subtree): Generator<SyncItem> {
    const shard = this.#window.shardOf(subtree.shard)
    if (shard === undefined) return
    const node = descend(this.#components.tries.trie(shard).node, subtree.prefix, subtree.depth)
    if (sizeOf(node) > LEAF_BLOCK && subtree.depth < DEEPEST_TAGS) {
      const tags = childrenOf(node, subtree.depth, LEVELS).map((child) => (child === undefined ? undefined : this.#window.tag(hashOfSubtree(child))))
      yield { type: 'tags', subtree, tags }
    } else {
      yield { type: 'leaves', subtree, claims: [...leavesOf(node)].slice(0, 255).map((leaf) => claimOf(this.#window, leaf.position, leaf.item)) }
    }
  }

  /** The other has told of this log: what it lacks is settled by that. */
  noteTold({ shard, prefix }: Subtree): void {
    if (this.#told.size < MAX_TOLD) this.#told.add(`${shard.scope}/${shard.back}/${textOf(prefix)}`)
  }

  *#changed(place: LogPlace): Generator<SyncItem> {
    const name = this.#window.nameOf(place)
    const shard = this.#window.holds(place) ? this.#window.shardOf(name) : undefined
    if (shard === undefined) return
    const position = this.#components.roster.position(place.author, place.epoch)
    const leaf = this.#components.tries.trie(shard).get(position)
    const log = logSubtree(name, position)
    if (leaf === undefined || this.#told.has(`${name.scope}/${name.back}/${textOf(log.prefix)}`)) return
    yield { type: 'changed', log, claim: claimOf(this.#window, position, leaf.item) }
  }

  async *#push(work: Extract<SyncWork, { kind: 'push' }>, enough: () => boolean): AsyncGenerator<SyncItem> {
    const { replica } = this.#components
    const { place, to } = work
    let { from } = work
    if (from === 0 || replica.head(place)?.forkedAt !== undefined) {
      const proof = await replica.forkProof(place)
      if (proof !== undefined) yield { type: 'fork', encoded: encodeForkProof(proof) }
    }
    while (from < to) {
      if (enough()) {
        this.#work.putBack({ ...work, from })
        return
      }
      const entries = await replica.entries(place, from, Math.min(READ_AT_ONCE, to - from))
      if (entries.length === 0) return
      for (const encoded of entries) yield { type: 'entry', encoded }
      from += entries.length
    }
  }

  async #chain(place: LogPlace, log: Subtree): Promise<SyncItem> {
    return { type: 'chain', log, hashes: await chainTags(this.#components, this.#window, place) }
  }
}

/** Short tags of the hashes of a log, from its beginning. */
export async function chainTags({ replica }: Pick<SyncSessionComponents, 'replica'>, window: SessionWindow, place: LogPlace): Promise<readonly string[]> {
  const tags: string[] = []
  for (let seq = 0; seq < 256; seq++) {
    const signed = await replica.entry(place, seq)
    if (signed === undefined) break
    tags.push(window.tag(textOf(signed.hash), SHORT_TAG_LENGTH))
  }
  return tags
}

/** Work that sends a log from a position on. */
export function pushOf({ scope, epoch, author }: LogHead | LogPlace, from: number, to = 256): Extract<SyncWork, { kind: 'push' }> {
  return { kind: 'push', place: { scope, epoch, author }, from, to }
}
