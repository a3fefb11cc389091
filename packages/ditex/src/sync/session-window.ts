import { hash } from 'node:crypto'
import type { AuthorRoster, PeerIdText } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import { EMPTY_HASH, textOf } from '../trie/merkle-hash.ts'
import { SCOPES, sharedShards } from '../trie/shard.ts'
import type { HeadTries } from '../trie/head-tries.ts'
import type { Shard } from '../trie/shard.ts'
import { MAX_EPOCHS_BACK, TAG_LENGTH } from './sync-items.ts'
import type { ShardName, WindowTags } from './sync-items.ts'

/** The epoch ahead (clocks differ), the current one and the one before are compared each for itself; all older ones at once. */
const RECENT_EPOCHS = 3
/** Index of the tag of all older epochs. */
export const OLDER_TAG: number = RECENT_EPOCHS * SCOPES.length

/** What a session compares: the tries of what both sides may hold, seen from the session's epoch, under the session's salt. */
export interface SessionWindowComponents {
  readonly replica: Pick<Replica, 'epochs'>
  readonly tries: HeadTries
  readonly roster: AuthorRoster
}

/** Which shards two peers compare, and their roots as short salted tags: without the salt, somebody could search for two heads of one tag and hide one behind the other. */
export class SessionWindow {
  readonly #components: SessionWindowComponents
  readonly #pair: readonly [PeerIdText, PeerIdText]
  readonly #epoch: number
  readonly #salt: string

  /** @param epoch - of the initiator's clock */
  constructor(components: SessionWindowComponents, init: { readonly pair: readonly [PeerIdText, PeerIdText]; readonly epoch: number; readonly salt: Uint8Array }) {
    this.#components = components
    this.#pair = init.pair
    this.#epoch = init.epoch
    this.#salt = textOf(init.salt)
  }

  /** First octets of SHA-256(salt ‖ octets). */
  tag(text: string, length: number = TAG_LENGTH): string {
    return hash('sha256', Buffer.from(this.#salt + text, 'latin1'), 'binary').slice(0, length)
  }

  /** `undefined` where the two have no such shard in common. */
  shardOf({ scope, back }: ShardName): Shard | undefined {
    return this.#sharedAt(back).find((shard) => shard.scope === scope)
  }

  nameOf({ scope, epoch }: Shard): ShardName {
    return { scope, back: this.#epoch + 1 - epoch }
  }

  /** Is the place of a log among what is compared? */
  holds(shard: Shard): boolean {
    const { back } = this.nameOf(shard)
    return back >= 0 && back < MAX_EPOCHS_BACK
  }

  /** Shards of the last epochs with the index of their tag. */
  recent(): readonly { readonly shard: Shard; readonly index: number }[] {
    return Array.from({ length: RECENT_EPOCHS }, (_, back) => this.#sharedAt(back).map((shard) => ({ shard, index: back * SCOPES.length + SCOPES.indexOf(shard.scope) }))).flat()
  }

  /** Shards of older epochs of which anything is held, newest first, with their tags. */
  older(): readonly { readonly shard: Shard; readonly name: ShardName; readonly tag: string }[] {
    return this.#olderRoots().map(({ shard, root }) => ({ shard, name: this.nameOf(shard), tag: this.tag(root) }))
  }

  /** As things stand now. */
  tags(): WindowTags {
    const tags: (string | undefined)[] = Array.from({ length: OLDER_TAG + 1 })
    for (const { shard, index } of this.recent()) tags[index] = this.rootTag(shard)
    const older = this.#olderRoots()
    if (older.length > 0) tags[OLDER_TAG] = this.tag(older.map(({ shard, root }) => `${shard.epoch}/${shard.scope}/${root}`).join('\n'))
    return tags
  }

  /** `undefined` where nothing is held. */
  rootTag(shard: Shard): string | undefined {
    const root = this.#components.tries.rootText(shard)
    return root === EMPTY_HASH ? undefined : this.tag(root)
  }

  #olderRoots(): readonly { readonly shard: Shard; readonly root: string }[] {
    const backs = this.#components.replica
      .epochs()
      .map((epoch) => this.#epoch + 1 - epoch)
      .filter((back) => back >= RECENT_EPOCHS && back < MAX_EPOCHS_BACK)
    return backs
      .sort((a, b) => a - b)
      .flatMap((back) => this.#sharedAt(back))
      .map((shard) => ({ shard, root: this.#components.tries.rootText(shard) }))
      .filter(({ root }) => root !== EMPTY_HASH)
  }

  #sharedAt(back: number): readonly Shard[] {
    const epoch = this.#epoch + 1 - back
    return epoch < 0 ? [] : sharedShards(this.#components.roster, this.#pair, epoch)
  }
}

/** Do all tags agree? */
export function sameTags(a: WindowTags, b: WindowTags): boolean {
  return Array.from({ length: OLDER_TAG + 1 }, (_, i) => a[i] === b[i]).every(Boolean)
}
