import { isDeepStrictEqual } from 'node:util'
import { base64url, shownEntry } from './document.ts'
import { checkShape } from './document-shape.ts'
import { fitsQuestion } from './entry-fit.ts'
import { freshnessOf } from './freshness.ts'
import { answerFaults, routersOf } from './verify-answer.ts'
import { attempt, fromBase64url } from './verify-codec.ts'
import { provenEntries } from './verify-proofs.ts'
import type { QueryDocument, ShownEntry } from './document.ts'
import type { AskedFor } from './entry-fit.ts'
import type { Freshness, Time } from './freshness.ts'
import type { VerifyCodec } from './verify-codec.ts'
import type { Proven } from './verify-proofs.ts'
import type { SignedEntry } from '@srwan/interface'

/** What the verifier trusts, from a network file, and the time. */
export interface Trust extends Time {
  /** Network id; without it the document's own is taken and nothing says that it is the right one. */
  readonly network?: string | undefined
  /** Raw key of the organisation; without it anchors are not checked. */
  readonly organisation?: Uint8Array | undefined
  /** Where a chain anchors: is that the root of the epoch? It is asked in place of the organisation's key. */
  readonly isAnchored?: ((epoch: number, root: Uint8Array) => boolean) | undefined
}

/** What was checked of one entry. */
export interface VerifiedEntry extends Proven {
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
  /** Is it what was asked for: kind, key, author, place, time, conditions? */
  readonly fits: boolean
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
  /** What is wrong with the answer as a whole: its order, an entry given twice, the ranking, what it repeats. */
  readonly faults: readonly string[]
  readonly freshness: Freshness
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
  const isAnchorChecked = (trust.organisation ?? trust.isAnchored) !== undefined
  const { verified: anchors, roots } = verifyAnchors(codec, network, { document, trust })
  const opened = document.entries.map((shown) => open(codec, network, shown))
  const checks = document.entries.map((shown, index) => checksOf(codec, network, { shown, signed: opened[index] }))
  // What nobody signed takes no proof away from what somebody did.
  const proven = provenEntries(codec, network, { document, opened: opened.filter((_, index) => checks[index]?.signature === true), anchors: roots })
  const routers = routersOf(
    codec,
    (document.routers ?? []).map((shown) => openSound(codec, network, shown))
  )
  const asked: AskedFor = { query: document.query, at: document.at, epochMs: trust.epochMs ?? document.epochMs, sidOf: codec.sidOf, cidOf: codec.cidOf, routers: routers.facts }
  const entries = document.entries.map((shown, index) => {
    const signed = opened[index]
    const fits = signed !== undefined && attempt(() => fitsQuestion(asked, signed)) === true
    return verifiedEntry(shown, index, { ...checks[index], fits, ...proven(shown, isAnchorChecked) } as EntryChecks)
  })
  const sound = opened.map((signed, index) => (entries[index]?.ok === true ? signed : undefined))
  const faults = [...routers.faults, ...answerFaults(codec, { document, sound, routers: [...routers.facts.values()] })]
  const anchorEpoch = Math.max(-1, ...roots.keys())
  const freshness = freshnessOf({ ...document, anchorEpoch: anchorEpoch < 0 ? undefined : anchorEpoch, isAnchorChecked }, trust)
  const sameNetwork = document.network === network
  return {
    schemaVersion: 1,
    ok: sameNetwork && entries.every(({ ok }) => ok) && anchors.every(({ ok }) => ok) && faults.length === 0 && freshness.ok,
    network: { said: document.network, ...(trust.network === undefined ? {} : { expected: trust.network }), ok: sameNetwork },
    entries,
    anchors,
    faults,
    freshness,
    completeness: document.completeness
  }
}

interface Anchored {
  readonly document: QueryDocument
  readonly trust: Pick<Trust, 'organisation' | 'isAnchored'>
}

/** Anchors as they are said to be, and the roots of those that hold. */
function verifyAnchors(
  codec: VerifyCodec,
  network: string,
  { document, trust }: Anchored
): { readonly verified: readonly VerifiedAnchor[]; readonly roots: ReadonlyMap<number, Uint8Array> } {
  const { organisation, isAnchored } = trust
  const roots = new Map<number, Uint8Array>()
  const verified = document.anchors.map(({ epoch, root, bytes }): VerifiedAnchor => {
    const encoded = fromBase64url(bytes)
    const opened = attempt(() => codec.anchorOf(encoded))
    const said = opened !== undefined && opened.epoch === epoch && base64url(opened.root) === root
    const vouched = isAnchored === undefined || opened === undefined ? undefined : isAnchored(opened.epoch, opened.root)
    const signature = organisation === undefined || isAnchored !== undefined ? undefined : attempt(() => codec.isAnchorSigned(network, organisation, encoded)) === true
    const ok = said && signature !== false && vouched !== false
    if (ok) roots.set(epoch, opened.root)
    return { epoch, signature, ...(vouched === undefined ? {} : { vouched }), ok }
  })
  return { verified, roots }
}

function open(codec: VerifyCodec, network: string, { author, incarnation, signature, bytes }: ShownEntry): SignedEntry | undefined {
  return attempt(() => codec.decode(network, codec.encode({ author, incarnation, signature: fromBase64url(signature), bytes: fromBase64url(bytes) })))
}

/** An entry that is signed and shown as it was signed. */
function openSound(codec: VerifyCodec, network: string, shown: ShownEntry): SignedEntry | undefined {
  const signed = open(codec, network, shown)
  if (signed === undefined) return undefined
  const { signature, hash, cidMatches, fields } = checksOf(codec, network, { shown, signed })
  return signature && hash && cidMatches && fields ? signed : undefined
}

type EntryChecks = Pick<VerifiedEntry, 'signature' | 'hash' | 'cidMatches' | 'fields' | 'fits' | 'proof' | 'witnesses'>

function verifiedEntry({ author, kind, key, cid }: ShownEntry, index: number, { proof, witnesses, ...checks }: EntryChecks): VerifiedEntry {
  const ok = Object.values(checks).every((holds) => holds) && proof !== 'wrong'
  return { index, author: String(author), kind: String(kind), key: String(key), cid: String(cid), ...checks, proof, ...(witnesses === undefined ? {} : { witnesses }), ok }
}

/** Is it signed, and is what is shown what was signed? */
function checksOf(
  codec: VerifyCodec,
  network: string,
  { shown, signed }: { readonly shown: ShownEntry; readonly signed: SignedEntry | undefined }
): Pick<VerifiedEntry, 'signature' | 'hash' | 'cidMatches' | 'fields'> {
  const truth = signed === undefined ? undefined : (JSON.parse(JSON.stringify(shownEntry(codec, signed))) as ShownEntry)
  return {
    signature: signed !== undefined && codec.isSigned(network, signed),
    hash: truth?.hash === shown.hash,
    cidMatches: truth?.cid === shown.cid,
    fields: truth !== undefined && isDeepStrictEqual({ ...truth, hash: '', cid: '' }, { ...shown, hash: '', cid: '' })
  }
}
