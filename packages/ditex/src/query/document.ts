import { shownBody } from './shown-body.ts'
import type { AnswerShards, LogProof, QueryAnswer } from './answer.ts'
import type { DitexQuery } from './query.ts'
import type { LogEntry, LogScope, PeerIdText, Sid, SignedEntry } from '@srwan/interface'

/** An entry as it is shown and saved. Octets are base64url. */
export interface ShownEntry {
  readonly author: PeerIdText
  readonly sid: Sid
  readonly scope: LogScope
  readonly epoch: number
  readonly incarnation: number
  readonly seq: number
  readonly kind: string
  readonly key: string
  readonly ttl: number
  readonly body: unknown
  readonly cid: string
  /** SHA-256 of what is signed. */
  readonly hash: string
  readonly signature: string
  /** Canonical dag-cbor, as signed. */
  readonly bytes: string
}

/** An anchor as it is shown: the signed octets say the rest. */
export interface ShownAnchor {
  readonly epoch: number
  readonly root: string
  readonly bytes: string
}

/** A {@link LogProof} with octets as base64url. */
export interface ShownProof {
  readonly author: PeerIdText
  readonly scope: LogScope
  readonly epoch: number
  readonly incarnation: number
  readonly seq: number
  readonly forkedAt?: number | undefined
  readonly digests: readonly string[]
  readonly links: readonly string[]
  readonly position: string
  readonly path: string
  readonly shard?: { readonly group: number; readonly witnesses: readonly { readonly statement: string; readonly proof: ShownProof }[] } | undefined
}

/** What several peers said to the same question. */
export interface ShownCompleteness {
  /** False where one peer alone was asked: it may have left something out. */
  readonly checked: boolean
  readonly peers: readonly ComparedPeer[]
}

/** What one of several peers said, beside the others. */
export interface ComparedPeer {
  readonly peer: string
  /** That verify. */
  readonly entries: number
  /** That others had and this one lacks, within what it says to have covered. */
  readonly missing: number
  /** Of which another peer gave a later one by the same author about the same. */
  readonly superseded?: number | undefined
  /** That do not verify, or do not fit the question. */
  readonly invalid?: number | undefined
  /** Its page ended before the one that is shown: it was compared so far. */
  readonly partial?: boolean | undefined
  readonly error?: string | undefined
}

/** An answer as it is printed, saved and verified; self-contained. */
export interface QueryDocument {
  readonly schemaVersion: 1
  readonly network: string
  readonly query: DitexQuery
  readonly at: number
  readonly epochMs: number
  readonly group?: number | undefined
  readonly shards?: AnswerShards | undefined
  readonly entries: readonly ShownEntry[]
  readonly ranked?: readonly {
    readonly from: string
    readonly to: string
    readonly roundTripMs?: number | undefined
    readonly price?: number | undefined
    readonly color?: string | undefined
    readonly entries: readonly number[]
  }[]
  /** Show where authors or ends of pairs are, where the question is about that. */
  readonly routers?: readonly ShownEntry[] | undefined
  readonly cursor?: string | undefined
  readonly endedBy?: 'visits' | 'reads' | 'octets' | undefined
  /** The latest anchor that came along. */
  readonly anchor?: ShownAnchor | undefined
  readonly anchors: readonly ShownAnchor[]
  readonly proofs: readonly ShownProof[]
  /** Of the log of the first entry, one of `proofs`: the only one where one entry was asked for. */
  readonly proof?: ShownProof | undefined
  readonly completeness: ShownCompleteness
}

/** Entries and anchors, taken apart; bound to the codecs of this package by {@link queryCodec}. */
export interface AnswerCodec {
  /** @throws MalformedMessageError */
  readonly decode: (network: string, encoded: Uint8Array) => SignedEntry
  /** Of canonical bytes. */
  readonly cidOf: (bytes: Uint8Array) => string
  readonly sidOf: (author: PeerIdText) => Sid
  /** @throws MalformedMessageError */
  readonly anchorOf: (encoded: Uint8Array) => { readonly epoch: number; readonly root: Uint8Array }
}

/**
 * An answer as a document. What is shown of each entry comes out of its signed octets.
 *
 * @throws MalformedMessageError where an entry or anchor cannot be decoded
 */
export function documentOf(codec: AnswerCodec, query: DitexQuery, answer: QueryAnswer, completeness: ShownCompleteness): QueryDocument {
  const { network, at, epochMs, group, shards, ranked, routers, cursor, endedBy } = answer
  const shownIn = (encoded: Uint8Array): ShownEntry => shownEntry(codec, codec.decode(network, encoded))
  const entries = answer.entries.map(shownIn)
  const proofs = answer.proofs.map(shownProof)
  const proof = firstProof(entries, proofs)
  const anchors = answer.anchors.map((encoded) => shownAnchor(codec, encoded))
  const anchor = latestAnchor(anchors)
  return {
    schemaVersion: 1,
    network,
    query,
    at,
    epochMs,
    ...(group === undefined ? {} : { group }),
    ...(shards === undefined ? {} : { shards }),
    entries,
    ...(ranked === undefined ? {} : { ranked: ranked.map((pair) => ({ ...pair })) }),
    ...(routers === undefined ? {} : { routers: routers.map(shownIn) }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(endedBy === undefined ? {} : { endedBy }),
    ...(anchor === undefined ? {} : { anchor }),
    anchors,
    proofs,
    ...(proof === undefined ? {} : { proof }),
    completeness
  }
}

/** The anchor of the latest epoch. */
export function latestAnchor<T extends { readonly epoch: number }>(anchors: readonly T[]): T | undefined {
  return anchors.reduce<T | undefined>((latest, one) => (latest === undefined || one.epoch > latest.epoch ? one : latest), undefined)
}

/** The proof of the log of the first entry. */
export function firstProof<T extends Pick<ShownProof, 'author' | 'scope' | 'epoch'>>([first]: readonly ShownEntry[], proofs: readonly T[]): T | undefined {
  return proofs.find(({ author, scope, epoch }) => author === first?.author && scope === first.scope && epoch === first.epoch)
}

function shownProof({ digests, links, position, path, shard, ...rest }: LogProof): ShownProof {
  const witnesses = shard?.witnesses.map(({ statement, proof }) => ({ statement: base64url(statement), proof: shownProof(proof) }))
  return {
    ...rest,
    digests: digests.map(base64url),
    links: links.map(base64url),
    position: base64url(position),
    path: base64url(path),
    ...(shard === undefined || witnesses === undefined ? {} : { shard: { group: shard.group, witnesses } })
  }
}

/** One signed entry as it is shown. */
export function shownEntry(codec: Pick<AnswerCodec, 'cidOf' | 'sidOf'>, { author, incarnation, entry, bytes, signature, hash }: SignedEntry): ShownEntry {
  const { scope, epoch, seq, kind, key, ttl, body }: LogEntry = entry
  return {
    author,
    sid: codec.sidOf(author),
    scope,
    epoch,
    incarnation,
    seq,
    kind,
    key,
    ttl,
    body: shownBody(body),
    cid: codec.cidOf(bytes),
    hash: base64url(hash),
    signature: base64url(signature),
    bytes: base64url(bytes)
  }
}

function shownAnchor(codec: AnswerCodec, encoded: Uint8Array): ShownAnchor {
  const { epoch, root } = codec.anchorOf(encoded)
  return { epoch, root: base64url(root), bytes: base64url(encoded) }
}

/** Octets as text; without padding. */
export const base64url = (octets: Uint8Array): string => Buffer.from(octets).toString('base64url')
