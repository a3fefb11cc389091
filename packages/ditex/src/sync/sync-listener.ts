import { MalformedMessageError } from '@srwan/interface'
import type { LogHead } from '@srwan/interface'
import { descend, hashOfSubtree, leavesOf, onlyLeaf, sizeOf } from '../trie/trie.ts'
import type { Shard } from '../trie/shard.ts'
import type { TrieLeaf, TrieNode } from '../trie/trie.ts'
import { authorTag, claimOf, compareClaims } from './claim.ts'
import { DEEPEST_TAGS, LEAF_BLOCK, chainTags, pushOf } from './sync-speaker.ts'
import { childSubtree, childrenOf, logSubtree, wholeOf } from './subtree.ts'
import { LEVELS } from './sync-items.ts'
import { OLDER_TAG } from './session-window.ts'
import type { SessionWindow } from './session-window.ts'
import type { SyncSpeaker } from './sync-speaker.ts'
import type { Claim, Subtree, SyncItem, WindowTags } from './sync-items.ts'
import type { SyncSessionComponents } from './sync-session-types.ts'
import type { WorkQueue } from './sync-work.ts'

/** Leaves looked through for the author of a `want`: such a question is about a subtree that was told leaf by leaf. */
const MAX_SEARCHED = 64

type ItemOf<T extends SyncItem['type']> = Extract<SyncItem, { type: T }>

/** Compares what the other side says with what is held here, and notes what there is to say about it. */
export class SyncListener {
  readonly #components: SyncSessionComponents
  readonly #window: SessionWindow
  readonly #work: WorkQueue
  readonly #speaker: SyncSpeaker
  #wanted = 0

  constructor(components: SyncSessionComponents, window: SessionWindow, { work, speaker }: { readonly work: WorkQueue; readonly speaker: SyncSpeaker }) {
    this.#components = components
    this.#window = window
    this.#work = work
    this.#speaker = speaker
  }

  /** Logs asked for so far. */
  get wanted(): number {
    return this.#wanted
  }

  /** Begins to compare every shard whose tags differ. */
  walk(theirs: WindowTags): void {
    for (const { shard, index } of this.#window.recent()) this.#compareRoot(shard, theirs[index])
    if (this.#window.tags()[OLDER_TAG] === theirs[OLDER_TAG]) return
    this.#work.add({ kind: 'item', item: { type: 'epochs', roots: this.#window.older().map(({ name, tag }) => ({ shard: name, tag })) } })
  }

  onEpochs({ roots }: ItemOf<'epochs'>): void {
    const theirs = new Map(roots.map(({ shard, tag }) => [`${shard.scope}/${shard.back}`, { shard, tag }]))
    for (const { shard, name } of this.#window.older()) {
      const key = `${name.scope}/${name.back}`
      this.#compareRoot(shard, theirs.get(key)?.tag)
      theirs.delete(key)
    }
    for (const { shard: name, tag } of theirs.values()) {
      const shard = this.#window.shardOf(name)
      if (shard !== undefined) this.#compareRoot(shard, tag)
    }
  }

  #compareRoot(shard: Shard, theirs: string | undefined): void {
    const own = this.#window.rootTag(shard)
    if (own === theirs) return
    if (theirs === undefined) this.#work.add({ kind: 'push-all', leaves: leavesOf(this.#components.tries.trie(shard).node) })
    else this.#work.add({ kind: 'block', subtree: wholeOf(this.#window.nameOf(shard)) })
  }

  onTags({ subtree, tags }: ItemOf<'tags'>): void {
    const node = this.#nodeAt(subtree)
    if (node === null) return
    if (subtree.depth > DEEPEST_TAGS) throw new MalformedMessageError('tags below the leaves')
    if (sizeOf(node) <= LEAF_BLOCK) {
      this.#work.add({ kind: 'block', subtree })
      return
    }
    for (const [i, child] of childrenOf(node, subtree.depth, LEVELS).entries()) {
      const theirs = tags[i]
      if ((child === undefined ? undefined : this.#window.tag(hashOfSubtree(child))) === theirs) continue
      if (theirs === undefined) this.#work.add({ kind: 'push-all', leaves: leavesOf(child) })
      else this.#work.add({ kind: 'block', subtree: childSubtree(subtree, i) })
    }
  }

  onLeaves({ subtree, claims }: ItemOf<'leaves'>): void {
    const node = this.#nodeAt(subtree)
    if (node === null) return
    if (claims.length === 0) {
      this.#work.add({ kind: 'push-all', leaves: leavesOf(node) })
      return
    }
    const theirs = new Map(claims.map((claim) => [claim.author, claim]))
    for (const leaf of leavesOf(node)) {
      const author = authorTag(this.#window, leaf.position)
      const claim = theirs.get(author)
      theirs.delete(author)
      if (claim === undefined) this.#work.add(pushOf(leaf.item, 0))
      else this.#settle(leaf, claim, subtree)
    }
    for (const author of theirs.keys()) this.#want(subtree, author, 0)
  }

  onChanged({ log, claim }: ItemOf<'changed'>): void {
    const node = this.#nodeAt(log)
    if (node === null) return
    const leaf = onlyLeaf(node)
    this.#speaker.noteTold(log)
    if (leaf === undefined) this.#want(log, claim.author, 0)
    else if (authorTag(this.#window, leaf.position) === claim.author) this.#settle(leaf, claim, log)
  }

  onWant({ subtree, author, from }: ItemOf<'want'>): void {
    const node = this.#nodeAt(subtree)
    if (node === null || sizeOf(node) > MAX_SEARCHED) return
    for (const leaf of leavesOf(node)) if (authorTag(this.#window, leaf.position) === author) this.#work.add(pushOf(leaf.item, from))
  }

  /** Two logs of one length with different ends: sends the entry at which they part, and the other holds the proof of a fork. */
  async onChain({ log, hashes }: ItemOf<'chain'>): Promise<void> {
    const node = this.#nodeAt(log)
    const leaf = node === null ? undefined : onlyLeaf(node)
    if (leaf === undefined) return
    const own = await chainTags(this.#components, this.#window, leaf.item)
    const parting = own.findIndex((tag, seq) => tag !== hashes[seq])
    if (parting >= 0) this.#work.add(pushOf(leaf.item, parting, parting + 1))
  }

  #settle(leaf: TrieLeaf<LogHead>, claim: Claim, subtree: Subtree): void {
    const difference = compareClaims(claimOf(this.#window, leaf.position, leaf.item), claim)
    if (difference.action === 'pull') this.#want(subtree, claim.author, difference.from)
    else if (difference.action === 'push') this.#work.add(pushOf(leaf.item, difference.from))
    else if (difference.action === 'chain') this.#work.add({ kind: 'chain', place: leaf.item, log: logSubtree(subtree.shard, leaf.position) })
  }

  #want(subtree: Subtree, author: string, from: number): void {
    this.#wanted++
    this.#work.add({ kind: 'item', item: { type: 'want', subtree, author, from } })
  }

  /** `null` where the two have no such shard in common: then nothing of it is told. */
  #nodeAt({ shard: name, depth, prefix }: Subtree): TrieNode<LogHead> | null {
    const shard = this.#window.shardOf(name)
    return shard === undefined ? null : descend(this.#components.tries.trie(shard).node, prefix, depth)
  }
}
