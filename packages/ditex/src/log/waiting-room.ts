import { conflictOf } from './fork-proof.ts'
import type { Claimant } from './fork-proof.ts'
import type { LogPlace } from '@srwan/interface'

/** Most entries that wait for earlier ones, in all and of one author: what a full group's burst needs, at most 32 MiB. */
export const MAX_WAITING = 8192
export const MAX_WAITING_PER_AUTHOR = 512

interface WaitingLog {
  readonly epoch: number
  readonly author: string
  readonly incarnation: number
  readonly bySeq: Map<number, Claimant>
}

/** Verified entries that came before the ones they follow. Bounded; what does not fit is fetched again later. */
export class WaitingRoom {
  readonly #logs = new Map<string, WaitingLog>()
  readonly #perAuthor = new Map<string, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  at(place: LogPlace, incarnation: number, seq: number): Claimant | undefined {
    return this.#logs.get(nameOf(place, incarnation))?.bySeq.get(seq)
  }

  /** The waiting entry that contradicts this one at the least position, if any does. */
  contradicting(place: LogPlace, claimant: Claimant): { readonly other: Claimant; readonly seq: number } | undefined {
    const log = this.#logs.get(nameOf(place, claimant.parsed.incarnation))
    if (log === undefined) return undefined
    let least: { readonly other: Claimant; readonly seq: number } | undefined
    for (const distance of [-1, 0, 1]) {
      const other = log.bySeq.get(claimant.parsed.seq + distance)
      const seq = other === undefined ? undefined : conflictOf(claimant, other)
      if (other !== undefined && seq !== undefined && (least === undefined || seq < least.seq)) least = { other, seq }
    }
    return least
  }

  /** @returns false where there is no room */
  add(place: LogPlace, claimant: Claimant): boolean {
    const ofAuthor = this.#perAuthor.get(place.author) ?? 0
    if (this.#size >= MAX_WAITING || ofAuthor >= MAX_WAITING_PER_AUTHOR) return false
    const name = nameOf(place, claimant.parsed.incarnation)
    let log = this.#logs.get(name)
    if (log === undefined) {
      log = { epoch: place.epoch, author: place.author, incarnation: claimant.parsed.incarnation, bySeq: new Map() }
      this.#logs.set(name, log)
    }
    log.bySeq.set(claimant.parsed.seq, claimant)
    this.#size++
    this.#perAuthor.set(place.author, ofAuthor + 1)
    return true
  }

  remove(place: LogPlace, incarnation: number, seq: number): void {
    const name = nameOf(place, incarnation)
    const log = this.#logs.get(name)
    if (log?.bySeq.delete(seq) !== true) return
    this.#count(log.author, 1)
    if (log.bySeq.size === 0) this.#logs.delete(name)
  }

  /** Forgets what waits in one log above a position. */
  removeAbove(place: LogPlace, incarnation: number, seq: number): void {
    const log = this.#logs.get(nameOf(place, incarnation))
    for (const waiting of [...(log?.bySeq.keys() ?? [])]) if (waiting > seq) this.remove(place, incarnation, waiting)
  }

  /** Forgets incarnations that no longer count. */
  removeIncarnations(place: LogPlace, below: number): void {
    for (let incarnation = 0; incarnation < below; incarnation++) this.removeAbove(place, incarnation, -1)
  }

  /** Forgets epochs that are gone. */
  prune(before: number): void {
    for (const [name, log] of this.#logs) {
      if (log.epoch >= before) continue
      this.#logs.delete(name)
      this.#count(log.author, log.bySeq.size)
    }
  }

  #count(author: string, gone: number): void {
    this.#size -= gone
    const left = (this.#perAuthor.get(author) ?? 0) - gone
    if (left > 0) this.#perAuthor.set(author, left)
    else this.#perAuthor.delete(author)
  }
}

function nameOf(place: LogPlace, incarnation: number): string {
  return `${place.epoch}/${place.scope}/${incarnation}/${place.author}`
}
