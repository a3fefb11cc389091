import { isDeepStrictEqual } from 'node:util'
import { MalformedMessageError } from '@srwan/interface'
import { MAX_ANCHORS, MAX_LINKS, MAX_LOG_PROOFS } from './answer.ts'
import { base64url, shownEntry } from './document.ts'
import { MAX_QUERY_LIMIT } from './query.ts'
import { MAX_WITNESSES, statedRoot } from '../trie/shard-proofs.ts'
import { isUnder } from '../trie/shard.ts'
import { LOG_SCOPES } from './view-reader.ts'
import type { AnswerCodec, QueryDocument, ShownEntry, ShownProof } from './document.ts'
import type { LogHead, PeerIdText, SignedEntry } from '@srwan/interface'

/** What a verifier needs besides the document: functions of their arguments, no store and no network. */
export interface VerifyCodec extends AnswerCodec {
  /** The encoded form of an entry. @throws MalformedMessageError */
  readonly encode: (parts: Pick<SignedEntry, 'author' | 'incarnation' | 'signature' | 'bytes'>) => Uint8Array
  readonly isSigned: (network: string, entry: SignedEntry) => boolean
  readonly headDigest: (head: LogHead) => Uint8Array
  /** Value of an author's leaf from the head digests of its logs by scope. */
  readonly leafValue: (author: PeerIdText, digests: readonly Uint8Array[]) => Uint8Array
  /** @param path - as `encodeTrieProof` writes it */
  readonly isIncluded: (root: Uint8Array, leaf: { readonly position: Uint8Array; readonly value: Uint8Array }, path: Uint8Array) => boolean
  /** Is the anchor signed by that key, for that network? */
  readonly isAnchorSigned: (network: string, organisation: Uint8Array, encoded: Uint8Array) => boolean
}

/** What the verifier trusts, from a network file. */
export interface Trust {
  /** Network id; without it the document's own is taken and nothing says that it is the right one. */
  readonly network?: string | undefined
  /** Raw key of the organisation; without it anchors are not checked. */
  readonly organisation?: Uint8Array | undefined
  /** Where a chain anchors: is that the root of the epoch? It is asked in place of the organisation's key. */
  readonly isAnchored?: ((epoch: number, root: Uint8Array) => boolean) | undefined
}

/** What was checked of one entry. */
export interface VerifiedEntry {
  readonly index: number
  readonly author: string
  readonly kind: string
  readonly key: string
  readonly cid: string
  /** By the author, over network, author, incarnation and bytes. */
  readonly signature: boolean
  readonly hash: boolean
  readonly cidMatches: boolean
  /** Do the fields shown say what the signed octets say? */
  readonly fields: boolean
  /** `anchored`: proven to stand under a signed root · `absent`: no proof came along · `unchecked`: proven under a root of which nobody here knows the signer · `wrong`: the proof does not hold. */
  readonly proof: 'anchored' | 'unchecked' | 'absent' | 'wrong'
  /** Of an entry of group scope whose group's root stands in between: how many members of the group state that root. */
  readonly witnesses?: number | undefined
  readonly ok: boolean
}

/** What was checked of an anchor. */
export interface VerifiedAnchor {
  readonly epoch: number
  /** `undefined`: the organisation's key is not known here, or not asked for. */
  readonly signature: boolean | undefined
  /** What {@link Trust.isAnchored} said; `undefined` where it is not given. */
  readonly vouched?: boolean | undefined
  readonly ok: boolean
}

/** The result of a check: {@link VerifyReport.ok} is whether nothing shown is contradicted. */
export interface VerifyReport {
  readonly schemaVersion: 1
  readonly ok: boolean
  readonly network: { readonly said: string; readonly expected?: string | undefined; readonly ok: boolean }
  readonly entries: readonly VerifiedEntry[]
  readonly anchors: readonly VerifiedAnchor[]
  readonly completeness: QueryDocument['completeness']
}

/**
 * Checks a saved answer offline. Whatever is wrong with an entry is said for it; the rest is checked all the same.
 *
 * @throws MalformedMessageError where it is no answer at all
 */
export function verifyDocument(codec: VerifyCodec, value: unknown, trust: Trust): VerifyReport {
  const document = checkShape(value)
  const network = trust.network ?? document.network
  const anchors = new Map<number, Uint8Array>()
  const verifiedAnchors = document.anchors.map(({ epoch, root, bytes }): VerifiedAnchor => {
    const encoded = fromBase64url(bytes)
    const opened = attempt(() => codec.anchorOf(encoded))
    const said = opened !== undefined && opened.epoch === epoch && base64url(opened.root) === root
    const { organisation, isAnchored } = trust
    const vouched = isAnchored === undefined || opened === undefined ? undefined : isAnchored(opened.epoch, opened.root)
    const signature = organisation === undefined || isAnchored !== undefined ? undefined : attempt(() => codec.isAnchorSigned(network, organisation, encoded)) === true
    const ok = said && signature !== false && vouched !== false
    if (ok) anchors.set(epoch, opened.root)
    return { epoch, signature, ...(vouched === undefined ? {} : { vouched }), ok }
  })
  const opened = document.entries.map((shown) => open(codec, network, shown))
  const proven = provenEntries(codec, network, { document, opened, anchors })
  const entries = document.entries.map((shown, index) =>
    verifyEntry(codec, network, { shown, index, signed: opened[index], ...proven(shown, (trust.organisation ?? trust.isAnchored) !== undefined) })
  )
  const sameNetwork = document.network === network
  return {
    schemaVersion: 1,
    ok: sameNetwork && entries.every(({ ok }) => ok) && verifiedAnchors.every(({ ok }) => ok),
    network: { said: document.network, ...(trust.network === undefined ? {} : { expected: trust.network }), ok: sameNetwork },
    entries,
    anchors: verifiedAnchors,
    completeness: document.completeness
  }
}

function open(codec: VerifyCodec, network: string, { author, incarnation, signature, bytes }: ShownEntry): SignedEntry | undefined {
  return attempt(() => codec.decode(network, codec.encode({ author, incarnation, signature: fromBase64url(signature), bytes: fromBase64url(bytes) })))
}

interface Opened extends Pick<VerifiedEntry, 'proof' | 'witnesses'> {
  readonly shown: ShownEntry
  readonly index: number
  readonly signed: SignedEntry | undefined
}

function verifyEntry(codec: VerifyCodec, network: string, { shown, index, signed, proof, witnesses }: Opened): VerifiedEntry {
  const truth = signed === undefined ? undefined : (JSON.parse(JSON.stringify(shownEntry(codec, signed))) as ShownEntry)
  const checks = {
    signature: signed !== undefined && codec.isSigned(network, signed),
    hash: truth?.hash === shown.hash,
    cidMatches: truth?.cid === shown.cid,
    fields: truth !== undefined && isDeepStrictEqual({ ...truth, hash: '', cid: '' }, { ...shown, hash: '', cid: '' })
  }
  const ok = checks.signature && checks.hash && checks.cidMatches && checks.fields && proof !== 'wrong'
  return {
    index,
    author: String(shown.author),
    kind: String(shown.kind),
    key: String(shown.key),
    cid: String(shown.cid),
    ...checks,
    proof,
    ...(witnesses === undefined ? {} : { witnesses }),
    ok
  }
}

interface Proving {
  readonly document: QueryDocument
  readonly opened: readonly (SignedEntry | undefined)[]
  readonly anchors: ReadonlyMap<number, Uint8Array>
}

/** @returns what is proven of an entry */
function provenEntries(
  codec: VerifyCodec,
  network: string,
  { document, opened, anchors }: Proving
): (shown: ShownEntry, signerKnown: boolean) => Pick<VerifiedEntry, 'proof' | 'witnesses'> {
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
const fromBase64url = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'))

/** `undefined` where the octets are not what they should be: that is a finding, no failure. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

/** As much shape as the checks rely on. */
function checkShape(value: unknown): QueryDocument {
  const document = value as Partial<Record<keyof QueryDocument, unknown>> | null
  if (typeof document !== 'object' || document === null || document.schemaVersion !== 1 || typeof document.network !== 'string') throw malformed()
  const isShaped =
    isListOf(document.entries, MAX_QUERY_LIMIT, ['author', 'signature', 'bytes']) &&
    isListOf(document.anchors, MAX_ANCHORS, ['root', 'bytes']) &&
    isListOf(document.proofs, MAX_LOG_PROOFS, ['author', 'scope', 'position', 'path'])
  if (!isShaped) throw malformed()
  if (!(document.proofs as readonly ShownProof[]).every(isProofShaped)) throw malformed()
  const completeness = (document.completeness ?? { checked: false, peers: [] }) as QueryDocument['completeness']
  return { ...(value as QueryDocument), completeness }
}

/** At most so many objects, each with these texts. */
function isListOf(list: unknown, maximum: number, texts: readonly string[]): boolean {
  if (!Array.isArray(list) || list.length > maximum) return false
  return list.every((one) => typeof one === 'object' && one !== null && texts.every((name) => typeof (one as Record<string, unknown>)[name] === 'string'))
}

function isProofShaped({ digests, links, seq, shard }: ShownProof): boolean {
  const isTexts = (list: unknown, maximum: number): boolean => Array.isArray(list) && list.length <= maximum && list.every((one) => typeof one === 'string')
  if (!isTexts(digests, LOG_SCOPES.length) || !isTexts(links, MAX_LINKS) || !Number.isInteger(seq) || seq >= 256) return false
  if (shard === undefined) return true
  const { group, witnesses } = shard as { readonly group?: unknown; readonly witnesses?: unknown }
  if (!Number.isSafeInteger(group) || !isListOf(witnesses, MAX_WITNESSES, ['statement'])) return false
  const proofs = (witnesses as readonly { readonly proof?: unknown }[]).map(({ proof }) => proof)
  return isListOf(proofs, MAX_WITNESSES, ['author', 'scope', 'position', 'path']) && proofs.every((proof) => isProofShaped({ ...(proof as ShownProof), shard: undefined }))
}

const malformed = (): MalformedMessageError => new MalformedMessageError('not an answer of `srwan ditex query --json`')
