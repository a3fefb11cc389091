import { HASH_LENGTH } from '../entry/bounds.ts'
import { sha256 } from '../entry/parsed-entry.ts'
import type { LogHead, LogScope, PeerIdText } from '@srwan/interface'
import type { Replica } from '../replica/replica.ts'

/** Body of the entry that begins a log. */
export interface CheckpointBody {
  /** SHA-256 over the hashes of the author's live entries of this scope in the order of (kind, key); zeros for none. */
  readonly live: Uint8Array
  readonly count: number
  /** The author's last log of this scope. */
  readonly previous: { readonly epoch: number; readonly incarnation: number; readonly seq: number; readonly hash: Uint8Array } | null
}

/** What a checkpoint says of an author's entries as a replica holds them. */
export async function checkpointBody(
  replica: Replica,
  author: PeerIdText,
  scope: LogScope,
  before: { readonly epoch: number; readonly incarnation: number }
): Promise<CheckpointBody> {
  const records = replica.view.byAuthor(author).filter((record) => record.scope === scope)
  records.sort((one, other) => byUtf8(one.kind, other.kind) || byUtf8(one.key, other.key))
  const hashes: Uint8Array[] = []
  for (const record of records) {
    const signed = await replica.view.read(record)
    if (signed !== undefined) hashes.push(signed.hash)
  }
  const last = lastHead(replica, author, scope, before.epoch)
  const counts = last !== undefined && (last.epoch < before.epoch || last.incarnation < before.incarnation)
  return {
    live: hashes.length === 0 ? new Uint8Array(HASH_LENGTH) : sha256(Buffer.concat(hashes)),
    count: hashes.length,
    previous: counts ? { epoch: last.epoch, incarnation: last.incarnation, seq: last.seq, hash: last.hash } : null
  }
}

/** The head of an author's last log of a scope, not after an epoch. */
export function lastHead(replica: Replica, author: PeerIdText, scope: LogScope, notAfter: number): LogHead | undefined {
  for (const epoch of replica.epochs().toReversed()) {
    const head = epoch <= notAfter ? replica.head({ scope, epoch, author }) : undefined
    if (head !== undefined && head.seq >= 0) return head
  }
  return undefined
}

function byUtf8(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
