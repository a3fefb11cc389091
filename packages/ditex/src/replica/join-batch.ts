import { authorOfKey } from '../entry/author-name.ts'
import { HASH_LENGTH, MARK_LENGTH } from '../entry/bounds.ts'
import { conflictOf, encodeForkProof, forkProofOf } from '../log/fork-proof.ts'
import { LogState, STAMP_LENGTH } from '../log/log-state.ts'
import { digestOfEncoded, hashOfEncoded, parseEntry } from '../entry/parsed-entry.ts'
import type { ForkProof, LogPlace } from '@srwan/interface'
import type { Claimant } from '../log/fork-proof.ts'
import type { LogTable } from '../log/log-table.ts'
import type { WaitingRoom } from '../log/waiting-room.ts'
import type { EntryStore, LogPlaceKey, StoreChange } from '../store/entry-store.ts'
import type { OfferOutcome } from './replica.ts'

/** Entries of a log that no longer count, from a position on. */
export interface Dropped {
  readonly place: LogPlace
  readonly incarnation: number
  readonly fromSeq: number
}

/** What a batch works on. */
export interface JoinContext {
  readonly network: string
  readonly logs: LogTable
  readonly waiting: WaitingRoom
  readonly store: Pick<EntryStore, 'entry'>
  readonly isAnchored: (epoch: number) => boolean
  /** Position of the fork that is known of one incarnation of a log. */
  readonly knownFork: (place: LogPlace, incarnation: number) => number | undefined
}

/** One thing that a batch did, in order: what views and listeners follow once it is written. */
export type JoinEffect =
  | { readonly type: 'accepted'; readonly place: LogPlace; readonly claimant: Claimant }
  | { readonly type: 'dropped'; readonly dropped: Dropped }
  | { readonly type: 'fork'; readonly proof: ForkProof }

/**
 * Joins verified entries and fork proofs to logs on copies of them. Nothing is seen outside before the store has written `changes` and {@link JoinBatch.logs} are put in place,
 * so a batch that cannot be written never happened.
 */
export class JoinBatch {
  readonly changes: StoreChange[] = []
  readonly effects: JoinEffect[] = []
  readonly #context: JoinContext
  readonly #touched = new Map<string, LogState>()
  /** Entries of this batch, not yet in the store. */
  readonly #fresh = new Map<string, Uint8Array>()
  readonly #forks = new Map<string, number>()

  constructor(context: JoinContext) {
    this.#context = context
  }

  /** The logs as they are after the batch. */
  get logs(): Iterable<LogState> {
    return this.#touched.values()
  }

  /** The log as this batch sees it. */
  peek(place: LogPlace): LogState | undefined {
    return this.#touched.get(nameOf(place)) ?? this.#context.logs.get(place)
  }

  /** Joins one entry whose signature and roster were checked, and whatever waited for it. */
  async join(claimant: Claimant): Promise<OfferOutcome> {
    const place = placeOf(claimant)
    const outcome = await this.#take(place, claimant)
    if (outcome.outcome === 'accepted') await this.#drain(place, claimant.parsed.incarnation)
    return outcome
  }

  /** Joins a proof whose two signatures were checked. */
  async joinProof(proof: ForkProof, claimants: readonly [Claimant, Claimant]): Promise<OfferOutcome> {
    const known = this.#knownFork(proof.place, proof.incarnation)
    const isNew = known === undefined || proof.seq < known
    if (isNew) this.#fork(proof, claimants[0].parsed.authorKey)
    // The claims may prove an even earlier fork against what is held or waits.
    for (const claimant of claimants) if (claimant.parsed.incarnation === this.peek(proof.place)?.incarnation) await this.#take(proof.place, claimant)
    return { outcome: isNew ? 'accepted' : 'known' }
  }

  #log(place: LogPlace, authorKey: Uint8Array): LogState {
    const name = nameOf(place)
    let log = this.#touched.get(name)
    if (log === undefined) {
      log = this.#context.logs.get(place)?.clone() ?? new LogState(place, authorKey.slice())
      this.#touched.set(name, log)
    }
    return log
  }

  async #take(place: LogPlace, claimant: Claimant): Promise<OfferOutcome> {
    const { parsed } = claimant
    const held = this.peek(place)
    if (held !== undefined && parsed.incarnation < held.incarnation) return { outcome: 'refused', reason: 'superseded' }
    if (held === undefined || !held.known || parsed.incarnation > held.incarnation) return this.#takeFirst(place, claimant, held)
    return this.#takeNext(place, claimant, held)
  }

  /** An entry of a log that counts already. */
  async #takeNext(place: LogPlace, claimant: Claimant, held: LogState): Promise<OfferOutcome> {
    const { parsed, hash } = claimant
    const conflict = (await this.#heldConflict(held, claimant)) ?? this.#context.waiting.contradicting(place, claimant)
    if (conflict !== undefined && (held.forkedAt === undefined || conflict.seq < held.forkedAt)) {
      this.#fork(forkProofOf(claimant, conflict.other, conflict.seq), parsed.authorKey)
      return this.#behindFork(place, claimant)
    }
    if (held.forkedAt !== undefined && parsed.seq >= held.forkedAt) return this.#behindFork(place, claimant)
    if (parsed.seq < held.length) return { outcome: 'known' }
    if (parsed.seq > held.length) return this.#wait(place, claimant, held.length)
    this.#append(this.#log(place, parsed.authorKey), parsed.encoded, hash, claimant)
    return { outcome: 'accepted' }
  }

  /** An entry of a log, or of an incarnation of it, of which nothing counts yet. */
  #takeFirst(place: LogPlace, claimant: Claimant, held: LogState | undefined): OfferOutcome {
    const { parsed } = claimant
    const conflict = this.#context.waiting.contradicting(place, claimant)
    if (conflict !== undefined) {
      this.#fork(forkProofOf(claimant, conflict.other, conflict.seq), parsed.authorKey)
      return this.#behindFork(place, claimant)
    }
    if (parsed.seq > 0) return this.#wait(place, claimant, 0)
    const log = this.#log(place, parsed.authorKey)
    if (parsed.incarnation > log.incarnation) this.#restart(log, parsed.incarnation, held?.length ?? 0)
    this.#append(log, parsed.encoded, claimant.hash, claimant)
    return { outcome: 'accepted' }
  }

  /** Not taken; but the entry at the fork still says which entry is before it, and waits until that one is held. */
  #behindFork(place: LogPlace, claimant: Claimant): OfferOutcome {
    const { seq } = claimant.parsed
    const { forkedAt = seq, length } = this.peek(place)!
    if (seq === forkedAt && seq > length) this.#wait(place, claimant, length)
    return { outcome: 'forked', place, seq: forkedAt }
  }

  #wait(place: LogPlace, claimant: Claimant, missingFrom: number): OfferOutcome {
    const { waiting } = this.#context
    if (waiting.at(place, claimant.parsed.incarnation, claimant.parsed.seq) !== undefined) return { outcome: 'known' }
    const kept = { parsed: parseEntry(claimant.parsed.encoded.slice())!, hash: claimant.hash }
    if (!waiting.add(place, kept)) return { outcome: 'refused', reason: 'waiting-room-full' }
    return { outcome: 'early', place, missingFrom }
  }

  #append(log: LogState, encoded: Uint8Array, hash: Uint8Array, claimant: Claimant): void {
    const place = { ...keyOf(log), seq: log.length }
    const stamp = stampOf(hash, encoded)
    this.changes.push({ type: 'put-entry', place, stamp, encoded })
    this.#fresh.set(freshName(log.place, log.length), encoded)
    log.append(stamp)
    this.effects.push({ type: 'accepted', place: log.place, claimant })
  }

  async #drain(place: LogPlace, incarnation: number): Promise<void> {
    const { waiting } = this.#context
    for (;;) {
      const next = waiting.at(place, incarnation, this.peek(place)?.length ?? 0)
      if (next === undefined) return
      waiting.remove(place, incarnation, next.parsed.seq)
      const outcome = await this.#take(place, next)
      if (outcome.outcome !== 'accepted') return
    }
  }

  async #heldConflict(held: LogState, claimant: Claimant): Promise<{ readonly other: Claimant; readonly seq: number } | undefined> {
    const { seq, prev } = claimant.parsed
    const at = prev !== undefined && held.agrees(seq - 1, prev) === false ? seq - 1 : held.agrees(seq, claimant.hash) === false ? seq : undefined
    if (at === undefined) return undefined
    const other = await this.#held(held, at)
    // A damaged store may have lost the entry whose hash is known; without it there is no proof.
    return other === undefined || conflictOf(claimant, other) === undefined ? undefined : { other, seq: conflictOf(claimant, other)! }
  }

  async #held(log: LogState, seq: number): Promise<Claimant | undefined> {
    const encoded = this.#fresh.get(freshName(log.place, seq)) ?? (await this.#context.store.entry({ ...keyOf(log), seq }))
    const parsed = encoded === undefined ? undefined : parseEntry(encoded)
    return parsed === undefined ? undefined : { parsed, hash: hashOfEncoded(this.#context.network, parsed.encoded) }
  }

  #knownFork(place: LogPlace, incarnation: number): number | undefined {
    return this.#forks.get(`${nameOf(place)}/${incarnation}`) ?? this.#context.knownFork(place, incarnation)
  }

  #fork(proof: ForkProof, authorKey: Uint8Array): void {
    const log = this.#log(proof.place, authorKey)
    this.#forks.set(`${nameOf(proof.place)}/${proof.incarnation}`, proof.seq)
    this.changes.push({ type: 'put-fork', place: keyOf(log), incarnation: proof.incarnation, proof: encodeForkProof(proof) })
    if (proof.incarnation > log.incarnation) this.#restart(log, proof.incarnation, log.length)
    if (proof.incarnation === log.incarnation) {
      this.#drop(log, proof.seq, log.length, !this.#context.isAnchored(proof.place.epoch))
      log.fork(proof.seq)
      this.#context.waiting.removeAbove(proof.place, proof.incarnation, proof.seq)
    }
    this.effects.push({ type: 'fork', proof })
  }

  #restart(log: LogState, incarnation: number, length: number): void {
    this.#drop(log, 0, length, true)
    this.#context.waiting.removeIncarnations(log.place, incarnation)
    log.restart(incarnation)
  }

  #drop(log: LogState, fromSeq: number, length: number, fromStore: boolean): void {
    if (fromSeq >= length) return
    for (let seq = fromSeq; seq < length; seq++) {
      if (fromStore) this.changes.push({ type: 'delete-entry', place: { ...keyOf(log), seq } })
      this.#fresh.delete(freshName(log.place, seq))
    }
    this.effects.push({ type: 'dropped', dropped: { place: log.place, incarnation: log.incarnation, fromSeq } })
  }
}

function stampOf(hash: Uint8Array, encoded: Uint8Array): Uint8Array {
  const stamp = new Uint8Array(STAMP_LENGTH)
  stamp.set(hash)
  stamp.set(digestOfEncoded(encoded).subarray(0, MARK_LENGTH), HASH_LENGTH)
  return stamp
}

/** Where an entry belongs. */
export function placeOf({ parsed }: Claimant): LogPlace {
  return { scope: parsed.scope, epoch: parsed.epoch, author: authorOfKey(parsed.authorKey) }
}

function keyOf(log: LogState): LogPlaceKey {
  return { epoch: log.place.epoch, scope: log.place.scope, author: log.authorKey }
}

function nameOf(place: LogPlace): string {
  return `${place.epoch}/${place.scope}/${place.author}`
}

function freshName(place: LogPlace, seq: number): string {
  return `${nameOf(place)}/${seq}`
}
