import { MAX_LINKS, MAX_LOG_PROOFS } from './answer.ts'
import { LOG_SCOPES } from './view-reader.ts'
import type { LogProof, QueryAnswer } from './answer.ts'
import type { EntryPlace } from './view-reader.ts'
import type { ShardProofs } from '../trie/shard-proofs.ts'
import type { LogHead, LogPlace, PeerIdText } from '@srwan/interface'

/** Octets that proofs may add to one answer; logs beyond that go without. */
const MAX_PROOF_OCTETS = 512 * 1024

/** Proofs and anchors that belong to some entries. */
export type AnswerProofs = (places: readonly EntryPlace[]) => Promise<Pick<QueryAnswer, 'proofs' | 'anchors'>>

/** What of the tries and anchors a proof is made of. */
export interface ProofSource {
  /** Encoded anchor of an epoch whose trie this replica can prove; `undefined` where there is none, or the own leaves differ. */
  readonly anchorOf: (epoch: number) => Uint8Array | undefined
  readonly latestAnchor: () => Uint8Array | undefined
  /** The author's leaf in the trie of an anchored epoch, and the way to the root as `encodeTrieProof` writes it. */
  readonly leafOf: (author: PeerIdText, epoch: number) => { readonly position: Uint8Array; readonly path: Uint8Array } | undefined
  /** Of entries of group scope where an epoch has several groups; then nothing of that scope is in the epoch's trie. @default one group */
  readonly shards?: Pick<ShardProofs, 'isSharded' | 'of'>
  /** The head that the leaf stands for: that of the sealed epoch, whatever was written into it since. */
  readonly head: (place: LogPlace) => LogHead | undefined
  /** Digest of a head; zeros where there is no log. */
  readonly headDigest: (head: LogHead | undefined) => Uint8Array
  /** Encoded entries of a log from one on. */
  readonly log: (place: LogPlace, fromSeq: number, limit: number) => Promise<readonly Uint8Array[]>
}

/** Answers without proofs: a network in which nobody anchors. */
export const withoutProofs: AnswerProofs = () => Promise.resolve({ proofs: [], anchors: [] })

/** Proofs for every entry whose epoch is anchored, one per log, within {@link MAX_PROOF_OCTETS}. */
export function answerProofs(source: ProofSource): AnswerProofs {
  return async (places) => {
    const proofs: LogProof[] = []
    const anchors = new Map<number, Uint8Array>()
    let octets = 0
    for (const log of logsOf(places)) {
      const isSharded = log.place.scope === 'group' && source.shards?.isSharded(log.place.epoch) === true
      const anchoredIn = log.place.epoch + (isSharded ? 1 : 0)
      const anchor = source.anchorOf(anchoredIn)
      const proof = anchor === undefined || proofs.length >= MAX_LOG_PROOFS ? undefined : await (isSharded ? shardLogProof : logProof)(source, log)
      if (anchor === undefined || proof === undefined) continue
      octets += octetsOfProof(proof)
      if (octets > MAX_PROOF_OCTETS) break
      proofs.push(proof)
      anchors.set(anchoredIn, anchor)
    }
    const latest = source.latestAnchor()
    const others = [...anchors.values()].filter((anchor) => latest === undefined || !Buffer.from(anchor).equals(latest))
    return { proofs, anchors: latest === undefined ? others : [...others, latest] }
  }
}

interface ShownLog {
  readonly place: LogPlace
  readonly seqs: ReadonlySet<number>
}

function logsOf(places: readonly EntryPlace[]): readonly ShownLog[] {
  const logs = new Map<string, { place: LogPlace; seqs: Set<number> }>()
  for (const { author, scope, epoch, seq } of places) {
    const name = `${epoch} ${scope} ${author}`
    const log = logs.get(name) ?? { place: { author, scope, epoch }, seqs: new Set<number>() }
    log.seqs.add(seq)
    logs.set(name, log)
  }
  return [...logs.values()]
}

async function logProof(source: ProofSource, { place, seqs }: ShownLog): Promise<LogProof | undefined> {
  const leaf = source.leafOf(place.author, place.epoch)
  const head = source.head(place)
  // What was written after the epoch was sealed is held, and stands in no anchored trie.
  if (leaf === undefined || head === undefined || Math.max(...seqs) > head.seq) return undefined
  return {
    ...place,
    incarnation: head.incarnation,
    seq: head.seq,
    ...(head.forkedAt === undefined ? {} : { forkedAt: head.forkedAt }),
    digests: LOG_SCOPES.map((scope) => (scope === place.scope ? new Uint8Array(0) : source.headDigest(source.head({ ...place, scope })))),
    links: await linksOf(source, { place, seqs }, head),
    position: leaf.position,
    path: leaf.path
  }
}

/** About what a proof adds to an answer. */
export function octetsOfProof({ path, links, shard }: LogProof): number {
  const witnesses = shard?.witnesses.reduce((sum, { statement, proof }) => sum + statement.length + octetsOfProof(proof), 0) ?? 0
  return path.length + 200 + links.reduce((sum, { length }) => sum + length, 0) + witnesses
}

/** Entries that were read for it; its way through the trie counts as one. */
export function readsOfProof({ links, shard }: LogProof): number {
  return 1 + links.length + (shard?.witnesses.reduce((sum, { proof }) => sum + 1 + readsOfProof(proof), 0) ?? 0)
}

/** A log of group scope: its head under the root of the group, and that root in entries of the epoch after. */
async function shardLogProof(source: ProofSource, { place, seqs }: ShownLog): Promise<LogProof | undefined> {
  const shard = await source.shards?.of(place.author, place.epoch)
  if (shard === undefined || Math.max(...seqs) > shard.head.seq) return undefined
  const { head, position, path, group } = shard
  const proven = await Promise.all(
    shard.witnesses.map(async ({ record: { author, scope, epoch, seq }, encoded }) => {
      const proof = await logProof(source, { place: { author, scope, epoch }, seqs: new Set([seq]) })
      return proof === undefined ? [] : [{ statement: encoded, proof }]
    })
  )
  const witnesses = proven.flat()
  if (witnesses.length === 0) return undefined
  return {
    ...place,
    incarnation: head.incarnation,
    seq: head.seq,
    ...(head.forkedAt === undefined ? {} : { forkedAt: head.forkedAt }),
    digests: [],
    links: await linksOf(source, { place, seqs }, head),
    position,
    path,
    shard: { group, witnesses }
  }
}

/** The entries between those shown and the head. */
async function linksOf(source: ProofSource, { place, seqs }: ShownLog, head: LogHead): Promise<readonly Uint8Array[]> {
  const first = Math.min(...seqs) + 1
  const after = first > head.seq ? [] : await source.log(place, first, Math.min(MAX_LINKS, head.seq - first + 1))
  return after.filter((_, index) => !seqs.has(first + index) && first + index <= head.seq)
}
