import { MalformedMessageError } from '@srwan/interface'
import { ANCHOR_LENGTH } from '../trie/anchor-codec.ts'
import { readCoveredLeaf, roomForCoveredLeaf, writeCoveredLeaf } from '../trie/covered-leaf.ts'
import { SCOPES } from '../trie/shard.ts'
import { OctetReader } from './octets.ts'
import type { CoveredLeaf } from '../trie/covered-leaf.ts'
import type { OctetWriter } from './octets.ts'
import type { LogScope } from '@srwan/interface'

/** Largest frame of `/srwan/ditex/sync/1`; what is more goes into the next one. */
export const MAX_FRAME = 32_768
export const SYNC_VERSION = 1
/** Octets of a truncated, salted hash of a subtree. */
export const TAG_LENGTH = 6
/** Octets of the salted tag of an author, and of the hash of a head, among the few of one subtree. */
export const SHORT_TAG_LENGTH = 4
/** Levels of the trie from one block to the next. */
export const LEVELS = 4
/** Bits by which a log is named on its own. */
export const LOG_PREFIX_BITS = 96
/** Retention and the epoch ahead. */
export const MAX_EPOCHS_BACK = 192
/** An encoded fork proof: two encoded entries and what frames them. */
const MAX_FORK_PROOF = 8400
const MAX_ENTRY = 4096

/** A shard as both sides name it: the scope, and how many epochs before the one after the session's. */
export interface ShardName {
  readonly scope: LogScope
  readonly back: number
}

/** The subtree of a shard under the first `depth` bits of `prefix`. */
export interface Subtree {
  readonly shard: ShardName
  readonly depth: number
  /** ⌈depth / 8⌉ octets. */
  readonly prefix: Uint8Array
}

/** What one side says of one log, in 10 octets. */
export interface Claim {
  readonly author: string
  readonly incarnation: number
  /** Entries that count: 0 to 256. */
  readonly length: number
  readonly forkedAt?: number
  /** Of the hash of the last entry. */
  readonly head: string
}

/** Roots of the shards of the last epochs, by position; `undefined`: nothing held. The last one stands for all older epochs. */
export type WindowTags = readonly (string | undefined)[]

export interface Hello {
  readonly type: 'hello'
  readonly network: string
  readonly instance: string
  /** Changes of heads so far at the sender. */
  readonly position: number
  readonly epoch: number
  readonly salt: Uint8Array
  /** Instance and position of the other when they met last; zeros for the first time. */
  readonly known: { readonly instance: string; readonly position: number }
  /** Epoch of the newest anchor plus one; 0: none. */
  readonly anchored: number
  readonly tags: WindowTags
}

export type SyncItem =
  | Hello
  | { readonly type: 'tags'; readonly subtree: Subtree; readonly tags: WindowTags }
  | { readonly type: 'leaves'; readonly subtree: Subtree; readonly claims: readonly Claim[] }
  | { readonly type: 'changed'; readonly log: Subtree; readonly claim: Claim }
  | { readonly type: 'want'; readonly subtree: Subtree; readonly author: string; readonly from: number }
  | { readonly type: 'chain'; readonly log: Subtree; readonly hashes: readonly string[] }
  | { readonly type: 'epochs'; readonly roots: readonly { readonly shard: ShardName; readonly tag: string }[] }
  | { readonly type: 'entry'; readonly encoded: Uint8Array }
  | { readonly type: 'fork'; readonly encoded: Uint8Array }
  | { readonly type: 'anchor'; readonly encoded: Uint8Array }
  | { readonly type: 'own-logs'; readonly author: Uint8Array; readonly fromEpoch: number }
  /** Of which epochs is it not known here what their anchored roots cover? */
  | { readonly type: 'ask-covered'; readonly epochs: readonly number[] }
  | { readonly type: 'covered'; readonly leaf: CoveredLeaf }
  | { readonly type: 'turn'; readonly idle: boolean; readonly tags?: WindowTags }

const TYPES = [
  'hello',
  'tags',
  'leaves',
  'changed',
  'want',
  'chain',
  'epochs',
  'entry',
  'fork',
  'anchor',
  'own-logs',
  'turn',
  'ask-covered',
  'covered'
] as const satisfies readonly SyncItem['type'][]
type ItemOf<T extends SyncItem['type']> = Extract<SyncItem, { type: T }>

function writeTags(out: OctetWriter, tags: WindowTags): OctetWriter {
  out.uint(
    tags.reduce((mask, tag, i) => (tag === undefined ? mask : mask | (1 << i)), 0),
    2
  )
  for (const tag of tags) if (tag !== undefined) out.text(tag)
  return out
}

function readTags(from: OctetReader): WindowTags {
  const mask = from.uint(2)
  return Array.from({ length: 16 }, (_, i) => ((mask >> i) & 1 ? from.text(TAG_LENGTH) : undefined))
}

const writeShard = (out: OctetWriter, { scope, back }: ShardName): OctetWriter => out.uint(SCOPES.indexOf(scope), 1).uint(back, 1)

function readShard(from: OctetReader): ShardName {
  const scope = SCOPES[from.uint(1)]
  const back = from.uint(1)
  if (scope === undefined || back > MAX_EPOCHS_BACK) throw new MalformedMessageError('no such shard')
  return { scope, back }
}

const writeSubtree = (out: OctetWriter, { shard, depth, prefix }: Subtree): OctetWriter => writeShard(out, shard).uint(depth, 1).octets(prefix)

function readSubtree(from: OctetReader): Subtree {
  const shard = readShard(from)
  const depth = from.uint(1)
  return { shard, depth, prefix: from.octets(Math.ceil(depth / 8)) }
}

function readLog(from: OctetReader): Subtree {
  const subtree = readSubtree(from)
  if (subtree.depth !== LOG_PREFIX_BITS) throw new MalformedMessageError('a log is named by 96 bits')
  return subtree
}

function writeClaim(out: OctetWriter, { author, incarnation, length, forkedAt, head }: Claim): OctetWriter {
  out.text(author).uint((incarnation << 12) | (forkedAt === undefined ? 0 : 1 << 11) | length, 2)
  if (forkedAt !== undefined) out.uint(forkedAt, 1)
  return out.text(head)
}

function readClaim(from: OctetReader): Claim {
  const author = from.text(SHORT_TAG_LENGTH)
  const state = from.uint(2)
  const length = state & 0x7ff
  if (length > 256) throw new MalformedMessageError('a log has at most 256 entries')
  const forked = (state >> 11) & 1 ? { forkedAt: from.uint(1) } : {}
  return { author, incarnation: state >> 12, length, ...forked, head: from.text(SHORT_TAG_LENGTH) }
}

function readBlob(from: OctetReader, most: number): Uint8Array {
  const length = from.uint(2)
  if (length === 0 || length > most) throw new MalformedMessageError('an entry or proof is too long')
  return from.octets(length)
}

/** An item on the wire: what writes it, what reads it, and how much room it may take. */
interface Codec<T extends SyncItem['type']> {
  readonly room: (item: ItemOf<T>) => number
  readonly write: (out: OctetWriter, item: ItemOf<T>) => unknown
  readonly read: (from: OctetReader) => ItemOf<T>
}

const SUBTREE_ROOM = 35
const TAGS_ROOM = 2 + 16 * TAG_LENGTH
const CLAIM_ROOM = 11
const HELLO_ROOM = 64 + TAGS_ROOM

const CODECS: { readonly [T in SyncItem['type']]: Codec<T> } = {
  hello: {
    room: () => HELLO_ROOM,
    write: (out, hello) => {
      out.uint(SYNC_VERSION, 1).text(hello.network).text(hello.instance).uint(hello.position, 6).uint(hello.epoch, 4).octets(hello.salt)
      out.text(hello.known.instance).uint(hello.known.position, 6).uint(hello.anchored, 4)
      writeTags(out, hello.tags)
    },
    read: (from) => {
      if (from.uint(1) !== SYNC_VERSION) throw new MalformedMessageError('another version of the exchange')
      const [network, instance, position, epoch, salt] = [from.text(4), from.text(8), from.uint(6), from.uint(4), from.octets(8)]
      const known = { instance: from.text(8), position: from.uint(6) }
      return { type: 'hello', network, instance, position, epoch, salt, known, anchored: from.uint(4), tags: readTags(from) }
    }
  },
  tags: {
    room: () => SUBTREE_ROOM + TAGS_ROOM,
    write: (out, { subtree, tags }) => writeTags(writeSubtree(out, subtree), tags),
    read: (from) => {
      const subtree = readSubtree(from)
      if (subtree.depth % LEVELS !== 0) throw new MalformedMessageError('a subtree begins at a depth of whole levels')
      return { type: 'tags', subtree, tags: readTags(from) }
    }
  },
  leaves: {
    room: ({ claims }) => SUBTREE_ROOM + 1 + claims.length * CLAIM_ROOM,
    write: (out, { subtree, claims }) => {
      writeSubtree(out, subtree).uint(claims.length, 1)
      for (const claim of claims) writeClaim(out, claim)
    },
    read: (from) => ({ type: 'leaves', subtree: readSubtree(from), claims: Array.from({ length: from.uint(1) }, () => readClaim(from)) })
  },
  changed: {
    room: () => SUBTREE_ROOM + CLAIM_ROOM,
    write: (out, { log, claim }) => writeClaim(writeSubtree(out, log), claim),
    read: (from) => ({ type: 'changed', log: readLog(from), claim: readClaim(from) })
  },
  want: {
    room: () => SUBTREE_ROOM + SHORT_TAG_LENGTH + 1,
    write: (out, { subtree, author, from }) => writeSubtree(out, subtree).text(author).uint(from, 1),
    read: (from) => ({ type: 'want', subtree: readSubtree(from), author: from.text(SHORT_TAG_LENGTH), from: from.uint(1) })
  },
  chain: {
    room: ({ hashes }) => SUBTREE_ROOM + 2 + hashes.length * SHORT_TAG_LENGTH,
    write: (out, { log, hashes }) => {
      writeSubtree(out, log).uint(hashes.length, 2)
      for (const tag of hashes) out.text(tag)
    },
    read: (from) => {
      const log = readLog(from)
      const count = from.uint(2)
      if (count > 256) throw new MalformedMessageError('a log has at most 256 entries')
      return { type: 'chain', log, hashes: Array.from({ length: count }, () => from.text(SHORT_TAG_LENGTH)) }
    }
  },
  epochs: {
    room: ({ roots }) => 2 + roots.length * (2 + TAG_LENGTH),
    write: (out, { roots }) => {
      out.uint(roots.length, 2)
      for (const { shard, tag } of roots) writeShard(out, shard).text(tag)
    },
    read: (from) => ({ type: 'epochs', roots: Array.from({ length: from.uint(2) }, () => ({ shard: readShard(from), tag: from.text(TAG_LENGTH) })) })
  },
  entry: {
    room: ({ encoded }) => 2 + encoded.length,
    write: (out, { encoded }) => out.uint(encoded.length, 2).octets(encoded),
    read: (from) => ({ type: 'entry', encoded: readBlob(from, MAX_ENTRY) })
  },
  fork: {
    room: ({ encoded }) => 2 + encoded.length,
    write: (out, { encoded }) => out.uint(encoded.length, 2).octets(encoded),
    read: (from) => ({ type: 'fork', encoded: readBlob(from, MAX_FORK_PROOF) })
  },
  anchor: {
    room: () => ANCHOR_LENGTH,
    write: (out, { encoded }) => out.octets(encoded),
    read: (from) => ({ type: 'anchor', encoded: from.octets(ANCHOR_LENGTH) })
  },
  'own-logs': {
    room: () => 36,
    write: (out, { author, fromEpoch }) => out.octets(author).uint(fromEpoch, 4),
    read: (from) => ({ type: 'own-logs', author: from.octets(32), fromEpoch: from.uint(4) })
  },
  'ask-covered': {
    room: ({ epochs }) => 1 + epochs.length * 4,
    write: (out, { epochs }) => {
      out.uint(epochs.length, 1)
      for (const epoch of epochs) out.uint(epoch, 4)
    },
    read: (from) => ({ type: 'ask-covered', epochs: Array.from({ length: from.uint(1) }, () => from.uint(4)) })
  },
  covered: {
    room: ({ leaf }) => roomForCoveredLeaf(leaf),
    write: (out, { leaf }) => {
      writeCoveredLeaf(out, leaf)
    },
    read: (from) => ({ type: 'covered', leaf: readCoveredLeaf(from) })
  },
  turn: {
    room: () => 1 + TAGS_ROOM,
    write: (out, { idle, tags }) => {
      out.uint((idle ? 1 : 0) | (tags === undefined ? 0 : 2), 1)
      if (tags !== undefined) writeTags(out, tags)
    },
    read: (from) => {
      const flags = from.uint(1)
      return { type: 'turn', idle: (flags & 1) === 1, ...((flags & 2) === 2 ? { tags: readTags(from) } : {}) }
    }
  }
}

/** Most octets that an item takes, its type included. */
export function roomFor(item: SyncItem): number {
  return 1 + (CODECS[item.type] as Codec<SyncItem['type']>).room(item)
}

/** Appends an item to a frame that has {@link roomFor} it. */
export function writeItem(out: OctetWriter, item: SyncItem): void {
  out.uint(TYPES.indexOf(item.type), 1)
  ;(CODECS[item.type] as Codec<SyncItem['type']>).write(out, item)
}

/**
 * The items of a frame.
 *
 * @throws MalformedMessageError where the frame is too long or does not consist of whole items
 */
export function readItems(frame: Uint8Array): readonly SyncItem[] {
  if (frame.length > MAX_FRAME) throw new MalformedMessageError('a frame is too long')
  const from = new OctetReader(frame)
  const items: SyncItem[] = []
  while (from.left > 0) {
    const type = TYPES[from.uint(1)]
    if (type === undefined) throw new MalformedMessageError('no such item')
    items.push(CODECS[type].read(from))
  }
  return items
}
