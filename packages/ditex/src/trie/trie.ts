import { LimitExceededError } from '@srwan/interface'
import { EMPTY_HASH, HASH_LENGTH, POSITION_BITS, bitOf, leafHash, nodeHash, octetsOf, textOf } from './merkle-hash.ts'

/** A leaf, with what its owner keeps beside it; `item` enters no hash. */
export interface TrieLeaf<T> {
  readonly position: Uint8Array
  /** 32 octets as Latin-1 text. */
  readonly value: string
  readonly item: T
  hash?: string
}

interface TrieBranch<T> {
  readonly left: TrieNode<T>
  readonly right: TrieNode<T>
  /** Leaves below, at least two: a subtree with one leaf is that leaf. */
  readonly size: number
  hash?: string
}

/** A subtree; `undefined` is the empty one. */
export type TrieNode<T> = TrieLeaf<T> | TrieBranch<T> | undefined

const isLeaf = <T>(node: TrieLeaf<T> | TrieBranch<T>): node is TrieLeaf<T> => 'position' in node

/** Leaves below a subtree. */
export function sizeOf<T>(node: TrieNode<T>): number {
  if (node === undefined) return 0
  return isLeaf(node) ? 1 : node.size
}

/** Hash of a subtree, computed when it is first asked for: many changes between two questions cost one computation. */
export function hashOfSubtree<T>(node: TrieNode<T>): string {
  if (node === undefined) return EMPTY_HASH
  node.hash ??= isLeaf(node) ? leafHash(node.position, node.value) : nodeHash(hashOfSubtree(node.left), hashOfSubtree(node.right))
  return node.hash
}

/** The leaves of a subtree in the order of their positions. */
export function* leavesOf<T>(node: TrieNode<T>): Generator<TrieLeaf<T>> {
  if (node === undefined) return
  if (isLeaf(node)) yield node
  else {
    yield* leavesOf(node.left)
    yield* leavesOf(node.right)
  }
}

/** One step down; `depth` is that of `node`. A leaf stands for the subtree at every depth above its own. */
export function childOf<T>(node: TrieNode<T>, depth: number, bit: 0 | 1): TrieNode<T> {
  if (node === undefined) return undefined
  if (isLeaf(node)) return bitOf(node.position, depth) === bit ? node : undefined
  return bit === 0 ? node.left : node.right
}

/** The subtree under the first `bits` bits of `prefix`, seen from `node` at depth `from`. */
export function descend<T>(node: TrieNode<T>, prefix: Uint8Array, bits: number, from = 0): TrieNode<T> {
  let at = node
  for (let depth = from; depth < bits && at !== undefined; depth++) at = childOf(at, depth, bitOf(prefix, depth))
  return at
}

function branch<T>(left: TrieNode<T>, right: TrieNode<T>): TrieBranch<T> {
  return { left, right, size: sizeOf(left) + sizeOf(right) }
}

function insert<T>(node: TrieNode<T>, leaf: TrieLeaf<T>, depth: number): TrieNode<T> {
  if (node === undefined) return leaf
  if (isLeaf(node)) {
    if (Buffer.compare(node.position, leaf.position) === 0) return leaf
    return insert(bitOf(node.position, depth) === 0 ? branch<T>(node, undefined) : branch<T>(undefined, node), leaf, depth)
  }
  return bitOf(leaf.position, depth) === 0 ? branch(insert(node.left, leaf, depth + 1), node.right) : branch(node.left, insert(node.right, leaf, depth + 1))
}

function remove<T>(node: TrieNode<T>, position: Uint8Array, depth: number): TrieNode<T> {
  if (node === undefined) return undefined
  if (isLeaf(node)) return Buffer.compare(node.position, position) === 0 ? undefined : node
  const left = bitOf(position, depth) === 0 ? remove(node.left, position, depth + 1) : node.left
  const right = bitOf(position, depth) === 0 ? node.right : remove(node.right, position, depth + 1)
  if (left === node.left && right === node.right) return node
  if (sizeOf(left) + sizeOf(right) > 1) return branch(left, right)
  return left ?? right
}

function build<T>(leaves: readonly TrieLeaf<T>[], depth: number): TrieNode<T> {
  if (leaves.length <= 1 || depth === POSITION_BITS) return leaves.at(-1)
  const sides: [TrieLeaf<T>[], TrieLeaf<T>[]] = [[], []]
  for (const leaf of leaves) sides[bitOf(leaf.position, depth)].push(leaf)
  const left = build(sides[0], depth + 1)
  const right = build(sides[1], depth + 1)
  // Leaves of one position shrink to the last one.
  return sizeOf(left) + sizeOf(right) > 1 ? branch(left, right) : (left ?? right)
}

/** A leaf from octets. @throws LimitExceededError where position or value is not 32 octets */
export function trieLeaf<T>(position: Uint8Array, value: Uint8Array, item: T): TrieLeaf<T> {
  if (position.length !== HASH_LENGTH || value.length !== HASH_LENGTH) throw new LimitExceededError('positions and values of a trie are 32 octets')
  return { position, value: textOf(value), item }
}

/**
 * A binary Merkle trie over 256-bit positions that never changes: every change gives a new one that shares all but O(log n) subtrees with the old, so whoever holds a trie (a sealed epoch, a running exchange) holds a snapshot.
 */
export class Trie<T> {
  readonly node: TrieNode<T>

  constructor(node?: TrieNode<T>) {
    this.node = node
  }

  /** All at once; of several leaves at one position the last one counts. */
  static from<T>(leaves: Iterable<TrieLeaf<T>>): Trie<T> {
    return new Trie(build([...leaves], 0))
  }

  get size(): number {
    return sizeOf(this.node)
  }

  /** 32 octets; zeros for the empty trie. */
  get root(): Uint8Array {
    return octetsOf(hashOfSubtree(this.node))
  }

  with(leaf: TrieLeaf<T>): Trie<T> {
    return new Trie(insert(this.node, leaf, 0))
  }

  without(position: Uint8Array): Trie<T> {
    return new Trie(remove(this.node, position, 0))
  }

  get(position: Uint8Array): TrieLeaf<T> | undefined {
    const found = descend(this.node, position, POSITION_BITS)
    return found !== undefined && isLeaf(found) && Buffer.compare(found.position, position) === 0 ? found : undefined
  }

  leaves(): Generator<TrieLeaf<T>> {
    return leavesOf(this.node)
  }

  /** Root of the leaves whose positions begin with these bits, as a group's is. */
  rootUnder(prefix: Uint8Array, bits: number): Uint8Array {
    return octetsOf(hashOfSubtree(descend(this.node, prefix, bits)))
  }
}

/** Is the subtree one leaf? */
export function onlyLeaf<T>(node: TrieNode<T>): TrieLeaf<T> | undefined {
  return node !== undefined && isLeaf(node) ? node : undefined
}
