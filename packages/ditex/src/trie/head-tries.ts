import type { AuthorRoster, LogHead, LogPlace, LogScope, PeerIdText, Startable } from '@srwan/interface'
import type { HeadChange, Replica } from '../replica/replica.ts'
import type { CoveredHeads } from './covered-leaf.ts'
import { headDigest } from '../log/head-digest.ts'
import { leafValue } from './leaf-value.ts'
import { HeadJournal } from './head-journal.ts'
import { LateHeads } from './late-heads.ts'
import { SCOPES } from './shard.ts'
import { Trie, hashOfSubtree, trieLeaf } from './trie.ts'
import type { Shard } from './shard.ts'
import type { TrieLeaf } from './trie.ts'

/** Tries held whole; of the others only the root is kept, and the trie is built anew when it is asked for. */
const MAX_WHOLE_TRIES = 24

/** What the tries are made of. */
export interface HeadTriesComponents {
  readonly replica: Pick<Replica, 'on' | 'off' | 'heads' | 'head' | 'epochs'>
  readonly roster: AuthorRoster
  /** Leaves of an epoch's trie that are no author's, such as the state of the groups. @default none */
  readonly otherLeaves?: (epoch: number) => readonly { readonly position: Uint8Array; readonly value: Uint8Array }[]
  /** Is the group scope of an epoch held by parts of the network only? Then its heads are not in the epoch's trie, of which everybody must hold the leaves. @default no */
  readonly isSharded?: (epoch: number) => boolean
}

/** Leaves of sealed epochs kept in memory, all together; the oldest epoch goes first and is built anew when asked for. */
const MAX_SEALED_LEAVES = 200_000
/** Tries of epochs that are not sealed, kept for the next question. */
const MAX_OPEN_EPOCH_TRIES = 4

/** The heads of one author's logs in one epoch: what its leaf of the epoch's trie says. */
export interface AuthorHeads {
  /** `undefined` for a leaf that is no author's. */
  readonly author: PeerIdText | undefined
  readonly heads: CoveredHeads
}

/** One trie as far as it is held. */
interface Held {
  trie: Trie<LogHead> | undefined
  /** Of the trie with all changes in it; `undefined` after a change. */
  root: string | undefined
  /** Authors whose heads changed since the trie was made. */
  readonly pending: Set<PeerIdText>
}

const keyOf = ({ scope, epoch, group }: Shard): string => `${epoch}/${scope}/${group ?? ''}`

/** The tries over the heads of a replica: one per shard for replication, one per epoch for proofs. They follow the replica's changes. */
export class HeadTries implements Startable {
  /** Which heads changed, in order. */
  readonly journal = new HeadJournal()
  /** What anchored roots cover of the logs that went on since. */
  readonly late = new LateHeads()
  readonly #components: HeadTriesComponents
  readonly #held = new Map<string, Held>()
  readonly #open = new Map<number, Trie<AuthorHeads>>()
  readonly #sealed = new Map<number, Trie<AuthorHeads>>()
  /** Of these the leaves stay as they are: those in `#sealed`, and those that are built anew when they are asked for. */
  readonly #sealedEpochs = new Set<number>()

  constructor(components: HeadTriesComponents) {
    this.#components = components
    // Lost for want of room: the epoch is one like any other until it is proven again.
    this.late.on('forgotten', (epoch) => {
      this.#sealedEpochs.delete(epoch)
      this.#sealed.delete(epoch)
      this.#open.delete(epoch)
    })
  }

  start(): Promise<void> {
    this.#components.replica.on('head', this.#onHead)
    this.#components.replica.on('pruned', this.#onPruned)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#components.replica.off('head', this.#onHead)
    this.#components.replica.off('pruned', this.#onPruned)
    this.rosterChanged()
    return Promise.resolve()
  }

  /** Positions and groups are to be looked up anew. */
  rosterChanged(): void {
    this.#held.clear()
    this.#open.clear()
  }

  /** The heads of a shard as a trie; what is returned never changes. */
  trie(shard: Shard): Trie<LogHead> {
    const key = keyOf(shard)
    const held = this.#held.get(key) ?? { trie: undefined, root: undefined, pending: new Set<PeerIdText>() }
    const trie = this.#current(shard, held)
    held.trie = trie
    held.root = hashOfSubtree(trie.node)
    held.pending.clear()
    // The one used last is the last to go.
    this.#held.delete(key)
    this.#held.set(key, held)
    this.#shrink()
    return trie
  }

  /** Root of a shard as 32 Latin-1 characters; cheap where nothing changed. */
  rootText(shard: Shard): string {
    return this.#held.get(keyOf(shard))?.root ?? hashOfSubtree(this.trie(shard).node)
  }

  /** The trie of an epoch that anchors commit to: a leaf for every author that wrote anything in it. Of a sealed epoch it is the one that was sealed. */
  epochTrie(epoch: number): Trie<AuthorHeads> {
    const known = this.#sealed.get(epoch) ?? this.#open.get(epoch)
    if (known !== undefined) return known
    const authors = new Set(this.#epochScopes(epoch).flatMap((scope) => this.#components.replica.heads(scope, epoch).map((head) => head.author)))
    const others = (this.#components.otherLeaves?.(epoch) ?? []).map(({ position, value }) => trieLeaf<AuthorHeads>(position, value, { author: undefined, heads: {} }))
    const trie = Trie.from([...others, ...[...authors].flatMap((author) => this.#epochLeaf(author, epoch) ?? [])])
    if (this.#open.size >= MAX_OPEN_EPOCH_TRIES) this.#open.delete(this.#open.keys().next().value ?? epoch)
    this.#open.set(epoch, trie)
    return trie
  }

  /** It is proven what the anchored root of an epoch that is not sealed here covers of an author. */
  cover(epoch: number, author: PeerIdText, heads: CoveredHeads): void {
    this.late.cover(epoch, author, heads)
    this.#renew(author, epoch)
  }

  isSealed(epoch: number): boolean {
    return this.#sealedEpochs.has(epoch)
  }

  /** The epoch's root is anchored and equal: what an author writes into it afterwards does not change the trie that proofs are made from. */
  seal(epoch: number): void {
    this.#sealed.set(epoch, this.epochTrie(epoch))
    this.#sealedEpochs.add(epoch)
    this.#open.delete(epoch)
    let leaves = 0
    for (const [sealed, trie] of [...this.#sealed].sort(([a], [b]) => b - a)) {
      leaves += trie.size
      if (leaves > MAX_SEALED_LEAVES && sealed !== epoch) this.#sealed.delete(sealed)
    }
  }

  /** What the trie of an epoch is about: what everybody holds. */
  #epochScopes(epoch: number): readonly LogScope[] {
    return this.#components.isSharded?.(epoch) === true ? SCOPES.filter((scope) => scope !== 'group') : SCOPES
  }

  /** `undefined` where nothing of the author is covered. */
  #epochLeaf(author: PeerIdText, epoch: number): TrieLeaf<AuthorHeads> | undefined {
    const { replica, roster } = this.#components
    const found = this.#epochScopes(epoch).map((scope) => {
      const place = { scope, epoch, author }
      const covered = this.late.head(place)
      return [scope, covered === undefined ? replica.head(place) : (covered ?? undefined)] as const
    })
    const heads = Object.fromEntries(found.filter(([, head]) => head !== undefined)) as CoveredHeads
    if (Object.keys(heads).length === 0) return undefined
    const value = leafValue(author, { global: headDigest(heads.global), group: headDigest(heads.group), evidence: headDigest(heads.evidence) })
    return trieLeaf(roster.position(author, epoch), value, { author, heads })
  }

  #leaf(head: LogHead): TrieLeaf<LogHead> {
    return trieLeaf(this.#components.roster.position(head.author, head.epoch), headDigest(head), head)
  }

  #current(shard: Shard, held: Held): Trie<LogHead> {
    if (held.trie === undefined || held.pending.size * 4 > held.trie.size) {
      const heads = this.#components.replica.heads(shard.scope, shard.epoch)
      return Trie.from(heads.filter((head) => this.#belongs(head, shard)).map((head) => this.#leaf(head)))
    }
    let { trie } = held
    for (const author of held.pending) {
      // The replica's word, not the event's: it may have gone on since.
      const head = this.#components.replica.head({ scope: shard.scope, epoch: shard.epoch, author })
      if (head !== undefined) trie = trie.with(this.#leaf(head))
    }
    return trie
  }

  #belongs({ author, epoch }: LogPlace, shard: Shard): boolean {
    return shard.group === undefined || this.#components.roster.groupOf(author, epoch) === shard.group
  }

  #shrink(): void {
    let whole = 0
    for (const held of [...this.#held.values()].reverse()) {
      if (held.trie === undefined || ++whole <= MAX_WHOLE_TRIES) continue
      held.trie = undefined
      held.pending.clear()
    }
  }

  /** In the trie that is kept for the next question. */
  #renew(author: PeerIdText, epoch: number): void {
    const trie = this.#open.get(epoch)
    if (trie === undefined) return
    const leaf = this.#epochLeaf(author, epoch)
    this.#open.set(epoch, leaf === undefined ? trie.without(this.#components.roster.position(author, epoch)) : trie.with(leaf))
  }

  readonly #onHead = (head: HeadChange): void => {
    this.journal.record(head)
    const group = head.scope === 'group' ? this.#components.roster.groupOf(head.author, head.epoch) : undefined
    const held = this.#held.get(keyOf({ scope: head.scope, epoch: head.epoch, ...(group === undefined ? {} : { group }) }))
    if (held !== undefined) {
      held.root = undefined
      if (held.trie !== undefined) held.pending.add(head.author)
    }
    if (!this.#epochScopes(head.epoch).includes(head.scope)) return
    if (this.#sealedEpochs.has(head.epoch)) this.late.note(head, head.before)
    this.#renew(head.author, head.epoch)
  }

  readonly #onPruned = ({ before }: { readonly before: number }): void => {
    for (const key of this.#held.keys()) if (Number.parseInt(key, 10) < before) this.#held.delete(key)
    for (const kept of [this.#open, this.#sealed, this.#sealedEpochs]) for (const epoch of kept.keys()) if (epoch < before) kept.delete(epoch)
    this.late.prune(before)
  }
}
