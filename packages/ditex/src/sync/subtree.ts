import { childOf } from '../trie/trie.ts'
import type { TrieNode } from '../trie/trie.ts'
import { LOG_PREFIX_BITS } from './sync-items.ts'
import type { ShardName, Subtree } from './sync-items.ts'

/** The 2^levels subtrees below a node, in order. */
export function childrenOf<T>(node: TrieNode<T>, depth: number, levels: number): readonly TrieNode<T>[] {
  let row: readonly TrieNode<T>[] = [node]
  for (let level = 0; level < levels; level++) row = row.flatMap((at) => [childOf(at, depth + level, 0), childOf(at, depth + level, 1)])
  return row
}

/** The whole of a shard. */
export function wholeOf(shard: ShardName): Subtree {
  return { shard, depth: 0, prefix: new Uint8Array() }
}

/** The subtree under one of 16 children. */
export function childSubtree({ shard, depth, prefix }: Subtree, index: number): Subtree {
  const octets = new Uint8Array(Math.ceil((depth + 4) / 8))
  octets.set(prefix)
  const last = octets.length - 1
  // Depths are whole half octets: the first child level of an octet is its upper half.
  octets[last] = (octets[last] ?? 0) | (depth % 8 === 0 ? index << 4 : index)
  return { shard, depth: depth + 4, prefix: octets }
}

/** The subtree that names one log by the beginning of its author's position. */
export function logSubtree(shard: ShardName, position: Uint8Array): Subtree {
  return { shard, depth: LOG_PREFIX_BITS, prefix: position.slice(0, LOG_PREFIX_BITS / 8) }
}
