import { us } from '@srwan/interface'
import type { DelayCell, Milliseconds, Sid } from '@srwan/interface'
import type { ColumnPart, FullColumn } from '@srwan/wire'
import { ColumnView } from './column-view.ts'
import { STALE_INTERVALS } from './constants.ts'
import { baseDifference, isNewer16 } from './measuring-clock.ts'

/** A full column of a peer as it arrived. */
export interface ReceivedColumn {
  readonly column: FullColumn
  /** SHA-256 of its octets, hex. */
  readonly hash: string
  /** `Clock.now()` of its base. */
  readonly baseLocal: Milliseconds
}

interface HeldColumn {
  readonly view: ColumnView
  readonly hash: string
  readonly positions: ReadonlyMap<Sid, number>
  latestLocal: Milliseconds
}

/** A cell of somebody else's column, with what decides whether it may be used. */
export interface HeldCell {
  readonly cell: DelayCell
  /** Low 4 bits. */
  readonly senderEpoch: number
  readonly stale: boolean
}

/** The columns of the other members as far as this node knows them; at most one per member. */
export class ColumnStore {
  readonly #interval: Milliseconds
  readonly #held = new Map<Sid, HeldColumn>()

  constructor(interval: Milliseconds) {
    this.#interval = interval
  }

  number(owner: Sid): number {
    return this.#held.get(owner)?.view.column.number ?? 0
  }
  hash(owner: Sid): string | undefined {
    return this.#held.get(owner)?.hash
  }
  clockEpoch(owner: Sid): number | undefined {
    return this.#held.get(owner)?.view.column.clockEpoch
  }
  owners(): readonly Sid[] {
    return [...this.#held.keys()]
  }
  delete(owner: Sid): void {
    this.#held.delete(owner)
  }

  /** @param sids - the roster of the column's fingerprint, the owner in it · @returns false where a newer one is held */
  applyFull(owner: Sid, { column, hash, baseLocal }: ReceivedColumn, sids: readonly Sid[]): boolean {
    const held = this.#held.get(owner)
    const current = held?.view.column
    // Numbers compare within one clock epoch only: a restarted owner draws both afresh.
    if (current !== undefined && current.clockEpoch === column.clockEpoch && !isNewer16(column.number, current.number)) return false
    this.#held.set(owner, { view: new ColumnView(column, sids.indexOf(owner)), hash, positions: new Map(sids.map((sid, i) => [sid, i])), latestLocal: baseLocal })
    return true
  }

  /** @param partLocal - `Clock.now()` of the part's base · @returns false where the full column that it adds to is not held */
  applyPart(owner: Sid, part: ColumnPart, partLocal: Milliseconds): boolean {
    const held = this.#held.get(owner)
    if (held === undefined || !held.view.apply(part)) return false
    if (baseDifference(part.base, held.view.column.base) === held.view.latest) held.latestLocal = partLocal
    return true
  }

  /** The delay from `sender` to `owner`; `undefined` where the owner never told. */
  cell(sender: Sid, owner: Sid, now: Milliseconds): HeldCell | undefined {
    const held = this.#held.get(owner)
    const index = held?.positions.get(sender)
    if (held === undefined || index === undefined) return undefined
    const viewed = held.view.cell(index)
    const full = held.view.full(index)
    if (viewed === undefined || full === undefined) return undefined
    if (viewed.delay === undefined && viewed.by === 'column' && full.loss === undefined) return undefined
    // A part confirms every cell that it does not mention; a column alone says how old each one was.
    const sampleAge = held.view.latest === 0 ? (full.age * this.#interval) / 2 : 0
    const delay = held.view.delayAt(index, held.view.latest)
    return {
      cell: { oneWayDelay: delay === undefined ? undefined : us(delay), loss: full.loss, ipdv: full.ipdv, sampledAt: held.latestLocal },
      senderEpoch: viewed.senderEpoch,
      stale: now - held.latestLocal + sampleAge > STALE_INTERVALS * this.#interval
    }
  }
}
