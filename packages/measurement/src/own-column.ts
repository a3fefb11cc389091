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
  readonly absolute?: AbsoluteCell
  readonly delta?: DeltaCell
}

/** The instant of a part. */
interface PartInstant {
  /** Own measuring clock. */
  readonly micros: Microseconds
  /** ms after the full column's base. */
  readonly since: number
  readonly estimate: ColumnMoment['estimate']
}

interface KnownCell {
  readonly delay: Microseconds | undefined
  readonly senderEpoch: number
}

/** Ranks a cell that must be told above all that merely stay in for a while. */
const DUE = 1e6
/** A cell that appeared, was lost, or is of another clock comes before all others. */
const ANOTHER_CELL = 1e9

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
  constructor(interval: Milliseconds, firstNumber: number) {
    this.#interval = interval
    this.#number = firstNumber % 65535
  }

  /** Number of the current full column, 0 before the first. */
  get number(): number {
    return this.#view?.column.number ?? 0
  }
  /** The last part had no room for all that changed: time for a full column. */
  get overflow(): boolean {
    return this.#overflow
  }

  /** Forgets the column: after a change of the own clock it must not be added to. */
  clear(): void {
    this.#view = undefined
    this.#overflow = false
    this.#dueAt.clear()
  }

  /** Makes the next full column. `sids` is the roster, this node among them. */
  renew(sids: readonly Sid[], self: Sid, fingerprint: number, moment: ColumnMoment): FullColumn {
    this.#number = (this.#number % 65535) + 1
    const cells = sids.filter((sid) => sid !== self).map((sid) => this.#fullCell(moment.estimate(sid), moment))
    const column = { number: this.#number, fingerprint, clockEpoch: moment.clockEpoch, base: toBase(moment.clockNow), cells }
    this.clear()
    this.#sids = sids
    this.#view = new ColumnView(column, sids.indexOf(self))
    return column
  }

  /** The part to put on probes from now on; no octets before the first full column. */
  part(moment: ColumnMoment): Uint8Array {
    const view = this.#view
    if (view === undefined) return new Uint8Array(0)
    const base = toBase(moment.clockNow)
    const at = { micros: baseMicros(moment.clockNow), since: baseDifference(base, view.column.base), estimate: moment.estimate }
    const changes = this.#sids.flatMap((_, index) => this.#change(view, index, moment.now, at) ?? [])
    const part = this.#pack(changes, { number: view.column.number, fingerprint: view.column.fingerprint, base })
    view.apply(part)
    return encodeColumnPart(part)
  }

  #fullCell(estimate: CellEstimate | undefined, moment: ColumnMoment): ColumnCell {
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
  #change(view: ColumnView, index: number, now: Milliseconds, at: PartInstant): Change | undefined {
    const told = view.cell(index)
    const sid = this.#sids[index]
    if (told === undefined || sid === undefined) return undefined
    const estimate = at.estimate(sid)
    const delay = estimate?.state === 'fresh' ? quantiseDelay(delayAt(estimate, at.micros)) : undefined
    const fresh = { delay, senderEpoch: (estimate?.senderEpoch ?? 0) & 15 }
    const error = cellError(fresh, { delay: view.delayAt(index, at.since), senderEpoch: told.senderEpoch })
    const due = error > PART_THRESHOLD
    if (due) this.#dueAt.set(index, now)
    const dueAt = this.#dueAt.get(index)
    if (dueAt === undefined || now - dueAt > PART_HOLD_INTERVALS * this.#interval) return undefined
    return { index, urgency: due ? error + DUE : error, ...expressCell(view, index, fresh, at.since) }
  }

  /** As many as fit, the most urgent first. */
  #pack(changes: readonly Change[], head: Pick<ColumnPart, 'number' | 'fingerprint' | 'base'>): ColumnPart {
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
export const delayAt = (estimate: CellEstimate, at: Microseconds): Microseconds => (estimate.delay + (estimate.rate.slope * (at - estimate.at)) / 1e6) as Microseconds

/** How far what receivers believe is off, in µs. */
function cellError(fresh: KnownCell, told: KnownCell): number {
  if (fresh.delay === undefined || told.delay === undefined) return fresh.delay === told.delay ? 0 : ANOTHER_CELL
  return fresh.senderEpoch === told.senderEpoch ? Math.abs(fresh.delay - told.delay) : ANOTHER_CELL
}

/** As a difference where that says it all: it fits, and it is of the clock epoch of the full column, which is all that a receiver knows who missed the parts before. */
function expressCell(view: ColumnView, index: number, { delay, senderEpoch }: KnownCell, since: number): Pick<Change, 'absolute' | 'delta'> {
  if (delay === undefined) return { delta: { index, delta: undefined } }
  const prediction = view.predictionAt(index, since)
  const delta = prediction === undefined ? Infinity : Math.round((delay - prediction) / DELTA_UNIT)
  const fits = Math.abs(delta) <= MAX_DELTA && view.full(index)?.senderEpoch === senderEpoch
  return fits ? { delta: { index, delta } } : { absolute: { index, delay, senderEpoch } }
}
