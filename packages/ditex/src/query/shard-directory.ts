import type { QueryAnswer } from './answer.ts'
import type { Question } from './protocol.ts'
import type { PeerIdText } from '@srwan/interface'

/** Who holds which shard of group scope. */
export interface ShardDirectory {
  /** This node's group; `undefined` for a guest. */
  ownGroup: () => number | undefined
  /** Group of an author at an epoch. */
  groupOf: (author: PeerIdText, epoch: number) => number | undefined
  /** Peers that hold the shard of a group, the most promising first. */
  holders: (group: number, signal: AbortSignal) => Promise<readonly PeerIdText[]>
}

/** Asks another member over the network; rejects as `askOver` does. */
export type AskPeer = (peer: PeerIdText, question: Question, signal: AbortSignal) => Promise<QueryAnswer>
