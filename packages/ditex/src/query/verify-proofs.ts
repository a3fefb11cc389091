import { MAX_WITNESSES, statedRoot } from '../trie/shard-proofs.ts'
import { isUnder } from '../trie/shard.ts'
import { attempt, fromBase64url } from './verify-codec.ts'
import { LOG_SCOPES } from './view-reader.ts'
import type { QueryDocument, ShownEntry, ShownProof } from './document.ts'
import type { VerifyCodec } from './verify-codec.ts'
import type { PeerIdText, SignedEntry } from '@srwan/interface'

/** What a proof comes to. */
export interface Proven {
  /** `anchored`: proven to stand under a signed root · `absent`: no proof came along · `unchecked`: proven under a root of which nobody here knows the signer · `wrong`: the proof does not hold. */
  readonly proof: 'anchored' | 'unchecked' | 'absent' | 'wrong'
  /** Of an entry of group scope whose group's root stands in between: how many members of the group state that root. */
  readonly witnesses?: number | undefined
}

interface Proving {
  readonly document: QueryDocument
  readonly opened: readonly (SignedEntry | undefined)[]
  readonly anchors: ReadonlyMap<number, Uint8Array>
}

/** @returns what is proven of an entry */
export function provenEntries(codec: VerifyCodec, network: string, { document, opened, anchors }: Proving): (shown: ShownEntry, signerKnown: boolean) => Proven {
  const proven = new Map<string, { readonly holds: boolean; readonly witnesses: number | undefined }>()
  const byLog = new Map<string, SignedEntry[]>()
  for (const signed of opened) {
    if (signed === undefined) continue
    const name = logName({ author: signed.author, scope: signed.entry.scope, epoch: signed.entry.epoch })
    byLog.set(name, [...(byLog.get(name) ?? []), signed])
  }
  for (const proof of document.proofs) {
    const name = logName(proof)
    const hashes = hashesOf(codec, network, proof, byLog.get(name) ?? [])
    const witnesses = proof.shard === undefined ? undefined : witnessesOf(codec, network, { proof, hashes, anchors }).size
    const holds = witnesses === undefined ? standsAnchored(codec, proof, hashes, anchors) : witnesses > 0
    for (const shown of byLog.get(name) ?? []) {
      const { seq } = shown.entry
      proven.set(`${name} ${seq}`, { holds: holds && shown.incarnation === proof.incarnation && isSame(hashes.get(seq), shown.hash), witnesses })
    }
  }
  return (shown, signerKnown) => {
    const outcome = proven.get(`${logName(shown)} ${shown.seq}`)
    if (outcome === undefined) return { proof: 'absent' }
    const { holds, witnesses } = outcome
    return { proof: holds ? (signerKnown ? 'anchored' : 'unchecked') : 'wrong', witnesses }
  }
}

/** The hashes that a proof's entries, shown and in between, lead to. */
function hashesOf(codec: VerifyCodec, network: string, proof: ShownProof, shown: readonly SignedEntry[]): ReadonlyMap<number, Uint8Array> {
  const links = proof.links.map((link) => attempt(() => codec.decode(network, fromBase64url(link))))
  return chainOf(proof, [...shown, ...links.filter((link) => link !== undefined)])
}

function standsAnchored(codec: VerifyCodec, proof: ShownProof, hashes: ReadonlyMap<number, Uint8Array>, anchors: ReadonlyMap<number, Uint8Array>): boolean {
  const root = anchors.get(proof.epoch)
  return hashes.size > 0 && root !== undefined && attempt(() => stands(codec, proof, { hash: hashes.get(proof.seq), root })) === true
}

interface Witnessed {
  readonly proof: ShownProof
  readonly hashes: ReadonlyMap<number, Uint8Array>
  readonly anchors: ReadonlyMap<number, Uint8Array>
}

/** The members of the author's group whose anchored digests of the epoch after state a root under which the log stands. */
function witnessesOf(codec: VerifyCodec, network: string, { proof, hashes, anchors }: Witnessed): ReadonlySet<PeerIdText> {
  const members = new Set<PeerIdText>()
  const { shard } = proof
  const hash = hashes.get(proof.seq)
  if (shard === undefined || hash === undefined || proof.scope !== 'group' || !isUnder(fromBase64url(proof.position), shard.group)) return members
  const { scope, epoch, author, incarnation, seq, forkedAt } = proof
  const value = codec.headDigest({ scope, epoch, author, incarnation, seq, hash, ...(forkedAt === undefined ? {} : { forkedAt }) })
  const leaf = { position: fromBase64url(proof.position), value }
  for (const witness of shard.witnesses.slice(0, MAX_WITNESSES)) {
    const signed = statementOf(codec, network, { witness, group: shard.group, epoch })
    if (signed === undefined || !isAnchoredStatement(codec, network, { signed, proof: witness.proof, anchors })) continue
    const stated = statedRoot(signed.entry)
    const holds = stated?.epoch === epoch && attempt(() => codec.isIncluded(stated.root, leaf, fromBase64url(proof.path))) === true
    if (holds) members.add(signed.author)
  }
  return members
}

interface Stated {
  readonly signed: SignedEntry
  readonly proof: ShownProof
  readonly anchors: ReadonlyMap<number, Uint8Array>
}

function isAnchoredStatement(codec: VerifyCodec, network: string, { signed, proof, anchors }: Stated): boolean {
  const hashes = hashesOf(codec, network, proof, [signed])
  return isSame(hashes.get(signed.entry.seq), signed.hash) && standsAnchored(codec, proof, hashes, anchors)
}

type ShownWitness = NonNullable<ShownProof['shard']>['witnesses'][number]

/** A witness's entry, where it is signed, of the epoch after, about the group, and by somebody whose place is in the group. */
function statementOf(
  codec: VerifyCodec,
  network: string,
  { witness, group, epoch }: { readonly witness: ShownWitness; readonly group: number; readonly epoch: number }
): SignedEntry | undefined {
  const signed = attempt(() => codec.decode(network, fromBase64url(witness.statement)))
  if (signed === undefined || !codec.isSigned(network, signed)) return undefined
  const { scope, key, epoch: statedIn } = signed.entry
  const isItsWord = logName({ author: signed.author, scope, epoch: statedIn }) === logName(witness.proof)
  const isOfGroup = scope === 'global' && key === String(group) && isUnder(fromBase64url(witness.proof.position), group)
  return isItsWord && isOfGroup && statedIn === epoch + 1 ? signed : undefined
}

/** Hashes by position, from the head back as far as each entry is held whose `prev` names the one before. */
function chainOf({ incarnation, seq: headSeq }: ShownProof, entries: readonly SignedEntry[]): ReadonlyMap<number, Uint8Array> {
  const bySeq = new Map(entries.filter((one) => one.incarnation === incarnation).map((one) => [one.entry.seq, one]))
  const hashes = new Map<number, Uint8Array>()
  for (let seq = headSeq; seq >= 0; seq--) {
    const held = bySeq.get(seq)
    const next = bySeq.get(seq + 1)
    if (held === undefined || (seq < headSeq && !isSame(next?.entry.prev, held.hash))) break
    hashes.set(seq, held.hash)
  }
  return hashes
}

function stands(codec: VerifyCodec, proof: ShownProof, { hash, root }: { readonly hash: Uint8Array | undefined; readonly root: Uint8Array }): boolean {
  if (hash === undefined) return false
  const { scope, epoch, author, incarnation, seq, forkedAt } = proof
  const own = codec.headDigest({ scope, epoch, author, incarnation, seq, hash, ...(forkedAt === undefined ? {} : { forkedAt }) })
  const digests = LOG_SCOPES.map((one, index) => (one === scope ? own : fromBase64url(proof.digests[index] ?? '')))
  const value = codec.leafValue(author, digests)
  return codec.isIncluded(root, { position: fromBase64url(proof.position), value }, fromBase64url(proof.path))
}

const logName = ({ author, scope, epoch }: { readonly author: PeerIdText; readonly scope: string; readonly epoch: number }): string => `${epoch} ${scope} ${author}`
const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0
