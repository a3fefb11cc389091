import { decode, encode } from '@ipld/dag-cbor'
import { MalformedMessageError, peerIdText } from '@srwan/interface'
import { MAX_CURSOR, MAX_NAMED_SHARDS, MAX_QUERY_LIMIT } from './query.ts'
import { MAX_WITNESSES } from '../trie/shard-proofs.ts'
import { LOG_SCOPES } from './view-reader.ts'
import type { QueryResult, RankedPair } from './execute-query.ts'
import type { LogPlace, Sid } from '@srwan/interface'

/** Largest frame with an answer: entries, their proofs and anchors. */
export const MAX_ANSWER = 2 * 1024 * 1024
/** Most logs whose heads are proven in one answer, and most entries that link those shown to their heads. */
export const MAX_LOG_PROOFS = 1000
export const MAX_LINKS = 255
/** Most `router` entries of one answer: each entry has an author, each pair two ends. */
export const MAX_ROUTERS: number = 2 * MAX_QUERY_LIMIT
/** Most anchors of one answer: an epoch's is needed once. */
export const MAX_ANCHORS = 192
/** Largest encoded entry, trie proof and anchor. */
const MAX_ENTRY = 4096
const MAX_PATH = 10_240
const MAX_ANCHOR = 4096
const VERSION = 1

/** That a log stands in the trie of an epoch with this head: enough to compute the root. */
export interface LogProof extends LogPlace {
  readonly incarnation: number
  /** Of the last entry that counts. */
  readonly seq: number
  readonly forkedAt?: number
  /** Head digests of the author's logs by scope (global, group, evidence); that of this log is computed instead. */
  readonly digests: readonly Uint8Array[]
  /** Encoded entries of this log that are not part of the answer but lie between one that is and the head. */
  readonly links: readonly Uint8Array[]
  /** Where the author's leaf is, 32 octets. */
  readonly position: Uint8Array
  /** The way to the root, as `encodeTrieProof` writes it. */
  readonly path: Uint8Array
  /** Of group scope where there are several groups: `path` leads to the root of the group, which these state in the epoch after. */
  readonly shard?: ShardWitnesses
}

/** Who states the root of a group, each proven like any other entry. */
export interface ShardWitnesses {
  readonly group: number
  /** Encoded entries of kind `digest`, at most 3, with the proofs of their logs. */
  readonly witnesses: readonly { readonly statement: Uint8Array; readonly proof: LogProof }[]
}

/** Whose shards of group scope an answer is from, where the question is about several. */
export interface AnswerShards {
  readonly used: readonly number[]
  /** Not asked: what they hold is not in the answer. At most 64. */
  readonly missing: readonly number[]
}

/** What one peer answers. */
export interface QueryAnswer extends Pick<QueryResult, 'at' | 'cursor' | 'endedBy' | 'ranked' | 'routers'> {
  readonly network: string
  /** Epoch length, ms: tells epochs as times. */
  readonly epochMs: number
  /** Whose shard of group scope the answer is from; absent where the answering peer is in no group. */
  readonly group?: number
  readonly shards?: AnswerShards
  /** Encoded, in the order of the question. */
  readonly entries: readonly Uint8Array[]
  readonly proofs: readonly LogProof[]
  /** Encoded anchors of the epochs proven, and the latest one. */
  readonly anchors: readonly Uint8Array[]
}

/** A refusal, as it crosses the network. */
export interface QueryFailure {
  readonly code: string
  readonly message: string
  readonly remedy?: string
}

/** Encodes an answer as one frame. */
export function encodeAnswer(answer: QueryAnswer): Uint8Array {
  return encode(
    withoutAbsent({ v: VERSION, ...answer, proofs: answer.proofs.map((proof) => withoutAbsent({ ...proof })), ranked: answer.ranked?.map((pair) => withoutAbsent({ ...pair })) })
  )
}

/** Encodes a refusal as one frame. */
export function encodeFailure({ code, message, remedy }: QueryFailure): Uint8Array {
  return encode(withoutAbsent({ v: VERSION, error: withoutAbsent({ code, message, remedy }) }))
}

/**
 * Takes a frame apart; checks bounds and shapes, and nothing of what entries and proofs say.
 *
 * @throws MalformedMessageError
 */
export function decodeAnswer(frame: Uint8Array): QueryAnswer | { readonly error: QueryFailure } {
  const value = decodeMap(frame)
  if (value['v'] !== VERSION) throw malformed('another version')
  if (value['error'] !== undefined) return { error: failureOf(value['error']) }
  const { network, at, epochMs, group, cursor, endedBy } = value
  return {
    network: text(network, 256),
    at: whole(at),
    epochMs: whole(epochMs),
    entries: listOf(value['entries'], MAX_QUERY_LIMIT, (one) => octets(one, MAX_ENTRY)),
    proofs: listOf(value['proofs'], MAX_LOG_PROOFS, logProof),
    anchors: listOf(value['anchors'], MAX_ANCHORS, (one) => octets(one, MAX_ANCHOR)),
    ...(group === undefined ? {} : { group: whole(group) }),
    ...(value['shards'] === undefined ? {} : { shards: answerShards(value['shards']) }),
    ...(value['routers'] === undefined ? {} : { routers: listOf(value['routers'], MAX_ROUTERS, (one) => octets(one, MAX_ENTRY)) }),
    ...(cursor === undefined ? {} : { cursor: text(cursor, MAX_CURSOR) }),
    ...(endedBy === 'visits' || endedBy === 'reads' || endedBy === 'octets' ? { endedBy } : {}),
    ...(value['ranked'] === undefined ? {} : { ranked: listOf(value['ranked'], MAX_QUERY_LIMIT, rankedPair) })
  }
}

/** Decodes a frame that holds a map. @throws MalformedMessageError */
export function decodeMap(frame: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = decode(frame)
  } catch (cause) {
    throw new MalformedMessageError('the frame is no dag-cbor', { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('the frame is no map')
  return value as Record<string, unknown>
}

function shardWitnesses(value: unknown): ShardWitnesses {
  const { group, witnesses } = record(value)
  const witness = (one: unknown): ShardWitnesses['witnesses'][number] => {
    const { statement, proof } = record(one)
    // A witness speaks for itself: nobody speaks for it.
    return { statement: octets(statement, MAX_ENTRY), proof: logProof({ ...record(proof), shard: undefined }) }
  }
  return { group: whole(group), witnesses: listOf(witnesses, MAX_WITNESSES, witness) }
}

function logProof(value: unknown): LogProof {
  const { scope, epoch, author, incarnation, seq, forkedAt, digests, links, position, path, shard } = record(value)
  const named = LOG_SCOPES.find((one) => one === scope)
  if (named === undefined) throw malformed('a proof is of no scope')
  return {
    scope: named,
    epoch: whole(epoch),
    author: peerIdText(text(author, 64)),
    incarnation: whole(incarnation),
    seq: whole(seq),
    digests: listOf(digests, LOG_SCOPES.length, (one) => octets(one, 32)),
    links: listOf(links, MAX_LINKS, (one) => octets(one, MAX_ENTRY)),
    position: octets(position, 32),
    path: octets(path, MAX_PATH),
    ...(forkedAt === undefined ? {} : { forkedAt: whole(forkedAt) }),
    ...(shard === undefined ? {} : { shard: shardWitnesses(shard) })
  }
}

function answerShards(value: unknown): AnswerShards {
  const { used, missing } = record(value)
  return { used: listOf(used, MAX_NAMED_SHARDS, whole), missing: listOf(missing, MAX_NAMED_SHARDS, whole) }
}

function rankedPair(value: unknown): RankedPair {
  const { from, to, roundTripMs, price, color, entries } = record(value)
  return {
    from: text(from, 64) as Sid,
    to: text(to, 64) as Sid,
    entries: listOf(entries, 2, whole),
    ...(typeof roundTripMs === 'number' ? { roundTripMs } : {}),
    ...(typeof price === 'number' ? { price } : {}),
    ...(color === undefined ? {} : { color: text(color, 64) })
  }
}

function failureOf(value: unknown): QueryFailure {
  const { code, message, remedy } = record(value)
  return { code: text(code, 64), message: text(message, 512), ...(remedy === undefined ? {} : { remedy: text(remedy, 512) }) }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw malformed('a part is no map')
  return value as Record<string, unknown>
}
function listOf<T>(value: unknown, maximum: number, one: (value: unknown) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > maximum) throw malformed('a list is missing or too long')
  return value.map((item) => one(item))
}
function octets(value: unknown, maximum: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length > maximum) throw malformed('octets are missing or too many')
  return value
}
function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < -1) throw malformed('a number is missing or out of bounds')
  return value as number
}
function text(value: unknown, maximum: number): string {
  if (typeof value !== 'string' || value.length > maximum) throw malformed('a text is missing or too long')
  return value
}

const withoutAbsent = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T
const malformed = (message: string): MalformedMessageError => new MalformedMessageError(`answer: ${message}`)
