import { encodeTrieProof, prove } from './proof.ts'
import { isCovered } from './covered-leaf.ts'
import type { AnchorSource, AuthorRoster } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'
import type { AnchorFollower } from './anchor-follower.ts'
import type { CoveredLeaf } from './covered-leaf.ts'
import type { HeadTries } from './head-tries.ts'

/** Epochs of one question. */
export const MAX_ASKED_EPOCHS = 48
/** Leaves told in one exchange. */
export const MAX_COVERED = 4096
/** Leaves of the tries that one answer may have built anew. */
const MAX_LOOKED_THROUGH = 200_000

/** What this works with. */
export interface AnchoredLeavesComponents {
  readonly replica: Pick<Replica, 'holds'>
  readonly roster: Pick<AuthorRoster, 'position'>
  readonly tries: HeadTries
  readonly anchors: Pick<AnchorSource, 'at'>
  readonly follower: Pick<AnchorFollower, 'unequal' | 'isUnequal' | 'look' | 'state'>
}

/**
 * What anchored roots cover where logs have gone on since. A replica that got an entry before the root that lacks it, or that came when all was written, cannot tell by itself which entries are covered; whoever proves from the epoch can, and each leaf that it gives proves itself.
 */
export class AnchoredLeaves {
  readonly #components: AnchoredLeavesComponents

  constructor(components: AnchoredLeavesComponents) {
    this.#components = components
  }

  /** Anchored epochs whose root is not that of the entries held here, newest first. */
  missing(): readonly number[] {
    return this.#components.follower.unequal().slice(0, MAX_ASKED_EPOCHS)
  }

  /** What is covered of those who wrote later, of the epochs asked for that are proven from here. */
  *covered(epochs: readonly number[]): Generator<CoveredLeaf> {
    const { tries, follower, roster } = this.#components
    let lookedThrough = 0
    for (const epoch of epochs.slice(0, MAX_ASKED_EPOCHS)) {
      if (tries.late.count(epoch) === 0 || lookedThrough > MAX_LOOKED_THROUGH || follower.state(epoch) !== 'equal') continue
      const trie = tries.epochTrie(epoch)
      lookedThrough += trie.size
      for (const author of tries.late.authors(epoch)) {
        const position = roster.position(author, epoch)
        yield { epoch, author, heads: trie.get(position)?.item.heads ?? {}, proof: encodeTrieProof(prove(trie, position)) }
      }
    }
  }

  /** Takes what a peer says is covered, where the anchored root says so, too, and the entries are held. @returns whether it was taken */
  take(leaf: CoveredLeaf): boolean {
    const { replica, roster, tries, anchors, follower } = this.#components
    const anchor = anchors.at(leaf.epoch)
    if (anchor === undefined || !follower.isUnequal(leaf.epoch)) return false
    if (!isCovered(anchor.root, roster.position(leaf.author, leaf.epoch), leaf)) return false
    if (!Object.values(leaf.heads).every((head) => replica.holds(head))) return false
    tries.cover(leaf.epoch, leaf.author, leaf.heads)
    follower.look(leaf.epoch)
    return true
  }
}
