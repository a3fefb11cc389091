import { us } from '@srwan/interface'
import type { Microseconds } from '@srwan/interface'
import { DELTA_UNIT } from '@srwan/wire'
import type { ColumnCell, ColumnPart, FullColumn } from '@srwan/wire'
import { baseDifference } from './measuring-clock.ts'

/** One cell as whoever received a full column and the parts after it knows it. */
export interface ViewedCell {
  readonly delay: Microseconds | undefined
  /** When the delay was told: ms after the full column's base. */
  readonly toldAt: number
  readonly senderEpoch: number
  /** Where it was told. */
  readonly by: 'column' | 'absolute' | 'delta'
}

/**
 * A full column with the parts applied to it. Owner and receivers run the same code on the same octets, so the owner knows what they know, but for lost parts. A cell that no part mentions goes on as
 * its rate predicts.
 */
export class ColumnView {
  readonly column: FullColumn
  readonly #owner: number
  readonly #cells: (ViewedCell | undefined)[]
  #latest = 0

  /** @param owner - position of the column's owner in the roster */
  constructor(column: FullColumn, owner: number) {
    this.column = column
    this.#owner = owner
    this.#cells = Array.from({ length: column.cells.length + 1 }, (_, index) => {
      const cell = this.full(index)
      return cell === undefined ? undefined : { delay: cell.delay, toldAt: 0, senderEpoch: cell.senderEpoch, by: 'column' }
    })
  }

  /** Newest base heard, in ms after the full column's. */
  get latest(): number {
    return this.#latest
  }

  /** The full column's own cell. */
  full(index: number): ColumnCell | undefined {
    return index === this.#owner ? undefined : this.column.cells[index < this.#owner ? index : index - 1]
  }

  cell(index: number): ViewedCell | undefined {
    return this.#cells[index]
  }

  /** Delay of a cell, carried by its rate to `since` ms after the column's base. */
  delayAt(index: number, since: number): Microseconds | undefined {
    const cell = this.#cells[index]
    return cell?.delay === undefined ? undefined : us(cell.delay + ((this.full(index)?.rate ?? 0) * (since - cell.toldAt)) / 1000)
  }

  /** What deltas are measured from. */
  predictionAt(index: number, since: number): Microseconds | undefined {
    const cell = this.full(index)
    return cell?.delay === undefined ? undefined : us(cell.delay + (cell.rate * since) / 1000)
  }

  /** @returns false, with nothing changed, where the part belongs to another column or names a cell that does not exist; true also for one that came late, which is ignored */
  apply(part: ColumnPart): boolean {
    const { column } = this
    if (part.number !== column.number || part.fingerprint !== column.fingerprint) return false
    const indexes = [...part.absolute, ...part.deltas].map((cell) => cell.index)
    if (indexes.some((index) => this.full(index) === undefined)) return false
    const since = baseDifference(part.base, column.base)
    if (since < this.#latest) return true
    this.#latest = since
    for (const { index, delay, senderEpoch } of part.absolute) this.#cells[index] = { delay, toldAt: since, senderEpoch, by: 'absolute' }
    for (const { index, delta } of part.deltas) this.#applyDelta(index, delta, since)
    return true
  }

  #applyDelta(index: number, delta: number | undefined, since: number): void {
    const full = this.full(index)
    const prediction = this.predictionAt(index, since)
    if (full === undefined) return
    const lost = delta === undefined || prediction === undefined
    this.#cells[index] = { delay: lost ? undefined : us(prediction + delta * DELTA_UNIT), toldAt: since, senderEpoch: full.senderEpoch, by: 'delta' }
  }
}
