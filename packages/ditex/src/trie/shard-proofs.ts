import { readDigestBody } from '@srwan/wire'
import type { AuthorRoster, LogHead, PeerIdText, Startable } from '@srwan/interface'
import { decodeEntry } from '../entry/entry-codec.ts'
import { headDigest } from '../log/head-digest.ts'
import { LateHeads } from './late-heads.ts'
import { encodeTrieProof, prove } from './proof.ts'
import { trieLeaf } from './trie.ts'
import type { AcceptedEntry, HeadChange, Replica } from '../replica/replica.ts'
import type { ViewRecord } from '../view/entry-view.ts'
import type { HeadTries } from './head-tries.ts'
import type { Trie } from './trie.ts'

/** Kind of the entries that state the root of a group: its digests, of the epoch after. */
export const STATEMENT_KIND = 'digest'
/** Statements of one root that go into a proof. */
export const MAX_WITNESSES = 3
/** Tries of groups that are kept as they were stated: one for each epoch of the retention. */
const MAX_KEPT = 192

/** What proves the group scope where the network has several groups: members hold the logs of their group only, so its root stands in what three of them say in the epoch after. */
export interface ShardProof {
  readonly group: number
  readonly position: Uint8Array
  /** Way to the group's root, as `encodeTrieProof` writes it. */
  readonly path: Uint8Array
  readonly head: LogHead
  /** Entries that state the root and are themselves anchored. */
  readonly witnesses: readonly { readonly record: ViewRecord; readonly encoded: Uint8Array }[]
}

/** What these proofs are made from. */
export interface ShardProofsComponents {
  readonly replica: Pick<Replica, 'on' | 'off' | 'heads' | 'view' | 'network'>
  readonly roster: AuthorRoster
  readonly tries: HeadTries
  readonly isSharded: (epoch: number) => boolean
}

/** The root that an entry states of a group; `undefined` where it states none. */
export function statedRoot({ kind, body }: { readonly kind: string; readonly body: unknown }): { readonly epoch: number; readonly root: Uint8Array } | undefined {
  if (kind !== STATEMENT_KIND) return undefined
  try {
    return readDigestBody(body).shard
  } catch {
    return undefined
  }
}

/** Proofs of entries of group scope, where this replica holds all that was stated. A trie is kept as it was when its root was stated, and after a restart made again from what came late: what an author adds to an epoch later takes no proof away. */
export class ShardProofs implements Startable {
  readonly #components: ShardProofsComponents
  readonly #kept = new Map<string, Trie<LogHead>>()
  /** Logs that went on after the root of their group was stated. */
  readonly late = new LateHeads()

  constructor(components: ShardProofsComponents) {
    this.#components = components
  }

  start(): Promise<void> {
    this.#components.replica.on('accepted', this.#onAccepted)
    this.#components.replica.on('head', this.#onHead)
    this.#components.replica.on('pruned', this.#onPruned)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#components.replica.off('accepted', this.#onAccepted)
    this.#components.replica.off('head', this.#onHead)
    this.#components.replica.off('pruned', this.#onPruned)
    return Promise.resolve()
  }

  isSharded(epoch: number): boolean {
    return this.#components.isSharded(epoch)
  }

  /** Root of a group's logs of an epoch as they are held here, to be stated in the epoch after. */
  root(epoch: number, group: number): Uint8Array {
    return this.#trie(epoch, group).root
  }

  /** @returns `undefined` where nobody states the root that the logs held here have */
  async of(author: PeerIdText, epoch: number): Promise<ShardProof | undefined> {
    const { roster, replica } = this.#components
    const group = roster.groupOf(author, epoch)
    if (group === undefined) return undefined
    const records = this.#statements(epoch, group)
    const encoded = await replica.view.readEncoded(records)
    const statements = records.flatMap((record, index) => {
      const entry = encoded[index]
      const stated = entry === undefined ? undefined : statedRoot(decodeEntry(entry, replica.network).entry)
      return entry !== undefined && stated?.epoch === epoch ? [{ record, encoded: entry, root: Buffer.from(stated.root) }] : []
    })
    for (const trie of this.#possible(epoch, group)) {
      const witnesses = statements.filter(({ root }) => root.equals(trie.root)).slice(0, MAX_WITNESSES)
      const leaf = trie.get(roster.position(author, epoch))
      if (witnesses.length === 0 || leaf === undefined) continue
      return { group, position: leaf.position, path: encodeTrieProof(prove(trie, leaf.position)), head: leaf.item, witnesses }
    }
    return undefined
  }

  /** Digests of the group that the sealed epoch after covers, one of an author. */
  #statements(epoch: number, group: number): readonly ViewRecord[] {
    const { roster, replica, tries } = this.#components
    const sealed = tries.epochTrie(epoch + 1)
    return replica
      .heads('global', epoch + 1)
      .filter(({ author }) => roster.groupOf(author, epoch + 1) === group)
      .flatMap(({ author }): ViewRecord[] => {
        const head = sealed.get(roster.position(author, epoch + 1))?.item.heads.global
        const record = replica.view.history(author, STATEMENT_KIND, String(group)).find((one) => one.epoch === epoch + 1 && one.scope === 'global')
        return head === undefined || record === undefined || record.incarnation !== head.incarnation || record.seq > head.seq ? [] : [record]
      })
      .sort((a, b) => (a.author < b.author ? -1 : 1))
  }

  #trie(epoch: number, group: number): Trie<LogHead> {
    return this.#components.tries.trie({ scope: 'group', epoch, group })
  }

  /** What may have been stated: as it was then, without what came late, as it is; each is made when those before it were not it. */
  *#possible(epoch: number, group: number): Generator<Trie<LogHead>> {
    const kept = this.#kept.get(nameOf(epoch, group))
    if (kept !== undefined) yield kept
    const before = this.#before(epoch, group)
    if (before !== undefined) yield before
    yield this.#trie(epoch, group)
  }

  /** Without what came late; `undefined` where nothing did. */
  #before(epoch: number, group: number): Trie<LogHead> | undefined {
    const { roster } = this.#components
    let trie: Trie<LogHead> | undefined
    for (const author of this.late.authors(epoch)) {
      if (roster.groupOf(author, epoch) !== group) continue
      const position = roster.position(author, epoch)
      const head = this.late.head({ scope: 'group', epoch, author })
      trie ??= this.#trie(epoch, group)
      trie = head == null ? trie.without(position) : trie.with(trieLeaf(position, headDigest(head), head))
    }
    return trie
  }

  /** Statements about an epoch stand in the one after it: when that is sealed, or its root here was stated, whatever comes is late. */
  readonly #onHead = (head: HeadChange): void => {
    const { roster, tries, isSharded } = this.#components
    if (head.scope !== 'group' || !isSharded(head.epoch)) return
    const group = roster.groupOf(head.author, head.epoch)
    if (group !== undefined && (tries.isSealed(head.epoch + 1) || this.#kept.has(nameOf(head.epoch, group)))) this.late.note(head, head.before)
  }

  readonly #onPruned = ({ before }: { readonly before: number }): void => {
    this.late.prune(before)
  }

  readonly #onAccepted = ({ signed: { author, entry } }: AcceptedEntry): void => {
    const stated = entry.scope === 'global' ? statedRoot(entry) : undefined
    if (stated === undefined || stated.epoch !== entry.epoch - 1) return
    const group = this.#components.roster.groupOf(author, stated.epoch)
    if (group === undefined || String(group) !== entry.key || this.#kept.has(nameOf(stated.epoch, group))) return
    const trie = this.#trie(stated.epoch, group)
    if (trie.size === 0 || Buffer.compare(trie.root, stated.root) !== 0) return
    this.#kept.set(nameOf(stated.epoch, group), trie)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break
      this.#kept.delete(oldest)
    }
  }
}

const nameOf = (epoch: number, group: number): string => `${epoch} ${group}`
