import { ppm } from '@srwan/interface'
import type { Microseconds, Milliseconds, Sid } from '@srwan/interface'
import { ABSOLUTE_CELL_OCTETS, DELTA_CELL_OCTETS, DELTA_UNIT, MAX_CELL_AGE, MAX_DELTA, PART_HEADER, encodeColumnPart, quantiseDelay, quantiseRate } from '@srwan/wire'
import type { AbsoluteCell, ColumnCell, ColumnPart, DeltaCell, FullColumn } from '@srwan/wire'
import { MAX_COLUMN_PART } from '@srwan/interface'
import type { CellEstimate } from './cell-estimator.ts'
import { ColumnView } from './column-view.ts'
import { PART_HOLD_INTERVALS, PART_THRESHOLD } from './constants.ts'
import { baseDifference, baseMicros, toBase } from './measuring-clock.ts'

/** What a column is made of at one instant. */
export interface ColumnMoment {
  /** `Clock.now()`. */
  readonly now: Milliseconds
  /** Measuring clock, ns. */
  readonly clockNow: bigint
  readonly clockEpoch: number
  readonly estimate: (sender: Sid) => CellEstimate | undefined
}

interface Change {
  readonly index: number
  readonly urgency: number
  readonly absolute: AbsoluteCell | undefined
  readonly delta: DeltaCell | undefined
}

/** This node's column: makes full columns and parts, and remembers what receivers hold. */
export class OwnColumn {
  readonly #interval: Milliseconds
  #number: number
  #view: ColumnView | undefined
  #sids: readonly Sid[] = []
  /** When a cell was last due, per index: it stays in parts for a while. */
  readonly #dueAt = new Map<number, Milliseconds>()
  #overflow = false

  /** @param firstNumber - random, so that a restarted node's columns are not taken for its old ones */
  constructor (interval: Milliseconds, firstNumber: number) {
    this.#interval = interval
    this.#number = firstNumber % 65535
  }

  /** Number of the current full column, 0 before the first. */
  get number (): number { return this.#view?.column.number ?? 0 }
  /** The last part had no room for all that changed: time for a full column. */
  get overflow (): boolean { return this.#overflow }

  /** Forgets the column: after a change of the own clock it must not be added to. */
  clear (): void {
    this.#view = undefined
    this.#overflow = false
    this.#dueAt.clear()
  }

  /** Makes the next full column. `sids` is the roster, this node among them. */
  renew (sids: readonly Sid[], self: Sid, fingerprint: number, moment: ColumnMoment): FullColumn {
    this.#number = this.#number % 65535 + 1
    const cells = sids.filter((sid) => sid !== self).map((sid) => this.#fullCell(moment.estimate(sid), moment))
    const column = { number: this.#number, fingerprint, clockEpoch: moment.clockEpoch, base: toBase(moment.clockNow), cells }
    this.clear()
    this.#sids = sids
    this.#view = new ColumnView(column, sids.indexOf(self))
    return column
  }

  /** The part to put on probes from now on; no octets before the first full column. */
  part (moment: ColumnMoment): Uint8Array {
    const view = this.#view
    if (view === undefined) return new Uint8Array(0)
    const base = toBase(moment.clockNow)
    const changes: Change[] = []
    for (const [index, sid] of this.#sids.entries()) {
      const change = this.#change(view, index, moment.estimate(sid), baseDifference(base, view.column.base), moment)
      if (change !== undefined) changes.push(change)
    }
    const part = this.#pack(changes, { number: view.column.number, fingerprint: view.column.fingerprint, base })
    view.apply(part)
    return encodeColumnPart(part)
  }

  #fullCell (estimate: CellEstimate | undefined, moment: ColumnMoment): ColumnCell {
    if (estimate === undefined || estimate.state === 'stale') return { delay: undefined, rate: ppm(0), loss: undefined, ipdv: undefined, senderEpoch: 0, age: MAX_CELL_AGE }
    const lost = estimate.state === 'lost'
    const age = Math.min(Math.ceil((moment.now - estimate.localAt) / (this.#interval / 2)), MAX_CELL_AGE)
    return {
      delay: lost ? undefined : quantiseDelay(delayAt(estimate, baseMicros(moment.clockNow))),
      rate: quantiseRate(estimate.rate.slope),
      loss: estimate.loss,
      ipdv: estimate.ipdv,
      senderEpoch: estimate.senderEpoch & 15,
      age
    }
  }

  /** What receivers should be told about one cell, if anything. */
  #change (view: ColumnView, index: number, estimate: CellEstimate | undefined, since: number, moment: ColumnMoment): Change | undefined {
    const told = view.cell(index)
    if (told === undefined) return undefined
    const delay = estimate?.state === 'fresh' ? quantiseDelay(delayAt(estimate, baseMicros(moment.clockNow))) : undefined
    const senderEpoch = (estimate?.senderEpoch ?? 0) & 15
    const believed = view.delayAt(index, since)
    const epochChanged = delay !== undefined && told.senderEpoch !== senderEpoch
    const appeared = (delay === undefined) !== (believed === undefined)
    const error = delay === undefined || believed === undefined ? 0 : Math.abs(delay - believed)
    const due = appeared || epochChanged || error > PART_THRESHOLD
    if (due) this.#dueAt.set(index, moment.now)
    const heldSince = this.#dueAt.get(index)
    if (heldSince === undefined || moment.now - heldSince > PART_HOLD_INTERVALS * this.#interval) return undefined
    const urgency = (appeared || epochChanged ? 1e9 : error) + (due ? 1e6 : 0)
    if (delay === undefined) return { index, urgency, absolute: undefined, delta: { index, delta: undefined } }
    const prediction = view.predictionAt(index, since)
    const delta = prediction === undefined ? NaN : Math.round((delay - prediction) / DELTA_UNIT)
    // A difference is only meant for the clock epoch of the full column, and once absolute, a receiver that missed that part would misread it.
    const fits = Math.abs(delta) <= MAX_DELTA && view.full(index)?.senderEpoch === senderEpoch
    return fits ? { index, urgency, absolute: undefined, delta: { index, delta } } : { index, urgency, absolute: { index, delay, senderEpoch }, delta: undefined }
  }

  /** As many as fit, the most urgent first. */
  #pack (changes: readonly Change[], head: Pick<ColumnPart, 'number' | 'fingerprint' | 'base'>): ColumnPart {
    const absolute: AbsoluteCell[] = []
    const deltas: DeltaCell[] = []
    let room = MAX_COLUMN_PART - PART_HEADER
    this.#overflow = false
    for (const change of changes.toSorted((a, b) => b.urgency - a.urgency)) {
      const size = change.absolute === undefined ? DELTA_CELL_OCTETS : ABSOLUTE_CELL_OCTETS
      if (size > room) {
        // Also where it was told before: not every peer has had an exchange since.
        this.#overflow = true
        continue
      }
      room -= size
      if (change.absolute !== undefined) absolute.push(change.absolute)
      if (change.delta !== undefined) deltas.push(change.delta)
    }
    return { ...head, absolute, deltas }
  }
}

/** An estimate carried to another instant of the own measuring clock. */
export const delayAt = (estimate: CellEstimate, at: Microseconds): Microseconds =>
  (estimate.delay + estimate.rate.slope * (at - estimate.at) / 1e6) as Microseconds
