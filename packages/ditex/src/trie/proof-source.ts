import type { AnchorSource, AuthorRoster, LogHead, LogPlace, PeerIdText } from '@srwan/interface'
import { headDigest } from '../log/head-digest.ts'
import { encodeAnchor } from './anchor-codec.ts'
import { encodeTrieProof, prove } from './proof.ts'
import type { ProofSource } from '../query/answer-proofs.ts'
import type { Replica } from '../replica/replica.ts'
import type { AnchorFollower } from './anchor-follower.ts'
import type { ShardProofs } from './shard-proofs.ts'
import type { HeadTries } from './head-tries.ts'

/** What proofs for answers are made from. */
export interface ProofSourceComponents {
  readonly replica: Pick<Replica, 'head' | 'entries'>
  readonly roster: AuthorRoster
  readonly tries: HeadTries
  readonly anchors: Pick<AnchorSource, 'at' | 'latest'>
  readonly follower: Pick<AnchorFollower, 'state'>
  /** Proofs of group scope where there are several groups. @default there is one */
  readonly shards?: ShardProofs
}

/** Proofs out of the sealed tries: heads are those that were sealed, whatever was written into the epoch since. */
export function proofSource({ replica, roster, tries, anchors, follower, shards }: ProofSourceComponents): ProofSource {
  const leafOf = (author: PeerIdText, epoch: number): { readonly position: Uint8Array; readonly path: Uint8Array } | undefined => {
    const position = roster.position(author, epoch)
    const trie = tries.epochTrie(epoch)
    return trie.get(position) === undefined ? undefined : { position, path: encodeTrieProof(prove(trie, position)) }
  }
  const head = ({ scope, epoch, author }: LogPlace): LogHead | undefined => tries.epochTrie(epoch).get(roster.position(author, epoch))?.item.heads[scope]
  const encoded = (epoch: number): Uint8Array | undefined => {
    const anchor = follower.state(epoch) === 'equal' ? anchors.at(epoch) : undefined
    return anchor === undefined ? undefined : encodeAnchor(anchor)
  }
  return {
    anchorOf: encoded,
    latestAnchor: () => {
      const latest = anchors.latest()
      return latest === undefined ? undefined : encodeAnchor(latest)
    },
    leafOf,
    ...(shards === undefined ? {} : { shards }),
    head,
    headDigest,
    log: (place, fromSeq, limit) => replica.entries(place, fromSeq, limit)
  }
}
