import { RETENTION_EPOCHS } from '../entry/bounds.ts'
import { parseEntry, sha256, signedOctetsOf } from '../entry/parsed-entry.ts'
import { parseForkProof, verifyClaims } from '../log/fork-proof.ts'
import { placeOf } from './join-batch.ts'
import type { AuthorRoster } from '@srwan/interface'
import type { JoinBatch } from './join-batch.ts'
import type { OfferOutcome, RefusalReason, VerifyByKey } from './replica.ts'

/** What admission depends on: the entry, the roster, the epoch of the day; never what is held already. */
export interface AdmissionContext {
  readonly network: string
  readonly roster: AuthorRoster
  readonly verify: VerifyByKey
  readonly currentEpoch: () => number
}

/** First epoch that is still kept. */
export function firstKeptEpoch(currentEpoch: number): number {
  return currentEpoch - (RETENTION_EPOCHS - 1)
}

const refused = (reason: RefusalReason): OfferOutcome => ({ outcome: 'refused', reason })

/**
 * Checks an offered entry and joins it. What is known already is answered before any signature is checked.
 *
 * @param trusted - the caller made the signature itself
 */
export async function admitEntry(context: AdmissionContext, batch: JoinBatch, encoded: Uint8Array, trusted: boolean): Promise<OfferOutcome> {
  const parsed = parseEntry(encoded)
  if (parsed === undefined) return refused('malformed')
  if (!isTimely(context, parsed.epoch)) return refused('untimely')
  const octets = signedOctetsOf(context.network, parsed.authorKey, parsed.incarnation, parsed.bytes)
  const claimant = { parsed, hash: sha256(octets) }
  const place = placeOf(claimant)
  const log = batch.peek(place)
  if (log?.known === true && log.incarnation > parsed.incarnation) return refused('superseded')
  if (log?.incarnation === parsed.incarnation && log.agrees(parsed.seq, claimant.hash) === true) return { outcome: 'known' }
  if (!context.roster.isAuthor(place.author, parsed.epoch)) return refused('unknown-author')
  if (!trusted && !context.verify(parsed.authorKey, octets, parsed.signature)) return refused('bad-signature')
  return batch.join(claimant)
}

/** Checks an offered fork proof and joins it. */
export async function admitForkProof(context: AdmissionContext, batch: JoinBatch, encoded: Uint8Array): Promise<OfferOutcome> {
  const parsed = parseForkProof(encoded, context.network)
  if (parsed === undefined) return refused('malformed')
  const { proof, claimants } = parsed
  if (!isTimely(context, proof.place.epoch)) return refused('untimely')
  if (!context.roster.isAuthor(proof.place.author, proof.place.epoch)) return refused('unknown-author')
  if (!verifyClaims(claimants, context.network, context.verify)) return refused('bad-signature')
  return batch.joinProof(proof, claimants)
}

function isTimely({ currentEpoch }: AdmissionContext, epoch: number): boolean {
  const now = currentEpoch()
  return epoch >= firstKeptEpoch(now) && epoch <= now + 1
}
