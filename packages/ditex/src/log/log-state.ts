import { HASH_LENGTH, MARK_LENGTH } from '../entry/bounds.ts'
import type { LogHead, LogPlace } from '@srwan/interface'

const ZEROS = new Uint8Array(HASH_LENGTH)
/** Octets kept of each entry, its stamp: hash 256 ‖ mark 32. */
export const STAMP_LENGTH = HASH_LENGTH + MARK_LENGTH
/** Entries for which room is made at first; doubled as the log grows. */
const FIRST_ROOM = 8

/** Whether all octets of one are in another from a place on. A loop: for keys and hashes a call out of JavaScript takes longer. */
export function equalOctets(one: Uint8Array, other: Uint8Array, from = 0): boolean {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[from + at]) return false
  return true
}

/**
 * The state of one (author, scope, epoch): greatest incarnation, then least fork position, then longest chain.
 * Joins only go up in that order, so any order of deliveries ends in the same state.
 */
export class LogState {
  readonly place: LogPlace
  /** Raw key of the author. */
  readonly authorKey: Uint8Array
  #incarnation: number
  #forkedAt: number | undefined
  #length = 0
  #stamps = new Uint8Array(FIRST_ROOM * STAMP_LENGTH)

  constructor(place: LogPlace, authorKey: Uint8Array, incarnation = 0) {
    this.place = place
    this.authorKey = authorKey
    this.#incarnation = incarnation
  }

  /** A copy that changes by itself. */
  clone(): LogState {
    const copy = new LogState(this.place, this.authorKey, this.#incarnation)
    copy.#forkedAt = this.#forkedAt
    copy.#length = this.#length
    copy.#stamps = this.#stamps.slice()
    return copy
  }

  get incarnation(): number {
    return this.#incarnation
  }

  get forkedAt(): number | undefined {
    return this.#forkedAt
  }

  /** Entries held that count: positions 0 to length − 1. */
  get length(): number {
    return this.#length
  }

  /** Whether anything at all is known of the log. */
  get known(): boolean {
    return this.#length > 0 || this.#forkedAt !== undefined
  }

  /** Hash of the entry at a position that is held. */
  hashAt(seq: number): Uint8Array {
    return this.#stamps.subarray(seq * STAMP_LENGTH, seq * STAMP_LENGTH + HASH_LENGTH)
  }

  /** Whether a hash is the one held at that position; `undefined` where none is held. */
  agrees(seq: number, hash: Uint8Array): boolean | undefined {
    return seq < this.#length ? equalOctets(hash, this.#stamps, seq * STAMP_LENGTH) : undefined
  }

  /** The first position from one on that is held and whose entry has this mark; −1: none. */
  marked(mark: Uint8Array, from = 0): number {
    for (let seq = from; seq < this.#length; seq++) if (equalOctets(mark, this.#stamps, seq * STAMP_LENGTH + HASH_LENGTH)) return seq
    return -1
  }

  /** Adds the entry at position `length`. */
  append(stamp: Uint8Array): void {
    if ((this.#length + 1) * STAMP_LENGTH > this.#stamps.length) {
      const larger = new Uint8Array(this.#stamps.length * 2)
      larger.set(this.#stamps)
      this.#stamps = larger
    }
    // A loop: for so few octets a call out of JavaScript takes longer.
    for (let at = 0, to = this.#length * STAMP_LENGTH; at < STAMP_LENGTH; at++, to++) this.#stamps[to] = stamp[at]!
    this.#length++
  }

  /** A fork at a position below the known one: what is held from there on no longer counts. */
  fork(at: number): void {
    this.#forkedAt = at
    this.#length = Math.min(this.#length, at)
  }

  /** A greater incarnation appeared: nothing of the one before counts. */
  restart(incarnation: number): void {
    this.#incarnation = incarnation
    this.#forkedAt = undefined
    this.#length = 0
  }

  head(): LogHead {
    const seq = this.#length - 1
    return {
      ...this.place,
      incarnation: this.#incarnation,
      seq,
      hash: seq < 0 ? ZEROS : this.hashAt(seq).slice(),
      ...(this.#forkedAt === undefined ? {} : { forkedAt: this.#forkedAt })
    }
  }
}
