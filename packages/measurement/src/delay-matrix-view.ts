import { ms } from '@srwan/interface'
import type { DelayCell, DelayMatrix, Microseconds, Milliseconds, Sid } from '@srwan/interface'
import type { ColumnStore } from './column-store.ts'
import { STALE_INTERVALS } from './constants.ts'
import type { OwnDelays } from './own-delays.ts'

/** Where the cells of a matrix come from. */
export interface MatrixSources {
  readonly self: Sid
  readonly sids: readonly Sid[]
  readonly delays: OwnDelays
  readonly store: ColumnStore
  readonly interval: Milliseconds
}

/**
 * Puts the own column and those of the others together. A cell counts only if both ends are still in the clock epoch under which it was taken: otherwise a path sum could mix two clocks.
 *
 * @param stale - `drop`: cells older than 3 intervals are left out · `keep`: the last that was known, whatever its age
 */
export function viewMatrix({ self, sids, delays, store, interval }: MatrixSources, now: Milliseconds, stale: 'drop' | 'keep'): DelayMatrix {
  const freshSince = ms(now - STALE_INTERVALS * interval)
  const epochs = sids.map((sid) => (sid === self ? delays.clockEpoch : delays.peerClockEpoch(sid, store.clockEpoch(sid), freshSince)))
  const ownCell = (sender: Sid, senderEpoch: number | undefined): DelayCell | undefined => {
    const estimate = delays.estimate(sender, now)
    if (estimate === undefined || estimate.senderEpoch !== senderEpoch || (estimate.state === 'stale' && stale === 'drop')) return undefined
    return { oneWayDelay: estimate.state === 'lost' ? undefined : estimate.delay, loss: estimate.loss, ipdv: estimate.ipdv, sampledAt: estimate.localAt }
  }
  const heldCell = (sender: Sid, senderEpoch: number | undefined, owner: Sid, ownerEpoch: number | undefined): DelayCell | undefined => {
    if (store.clockEpoch(owner) !== ownerEpoch) return undefined
    const held = store.cell(sender, owner, now)
    if (held === undefined || (held.stale && stale === 'drop')) return undefined
    const sameClock = senderEpoch === undefined || held.senderEpoch === (senderEpoch & 15)
    return sameClock || held.cell.oneWayDelay === undefined ? held.cell : undefined
  }
  const cells = sids.map((sender, i) =>
    sids.map((receiver, j) => {
      if (i === j) return undefined
      return receiver === self ? ownCell(sender, epochs[i]) : heldCell(sender, epochs[i], receiver, epochs[j])
    })
  )
  return { sids, cells, rates: sids.map((sid) => (sid === self ? 0 : delays.peerRate(sid))) }
}

/**
 * The one-way delay of a cell brought to another instant: c(T) = c(t) + (rate of the receiver's clock − rate of the sender's) · (T − t). Sums of cells compare only at one instant.
 *
 * @param i - sender, row · @param j - receiver, column · @param at - `Clock.now()` to bring it to
 * @returns `undefined` where the cell is unknown or lost
 */
export function cellAt(matrix: DelayMatrix, i: number, j: number, at: Milliseconds): Microseconds | undefined {
  const cell = matrix.cells[i]?.[j]
  if (cell?.oneWayDelay === undefined) return undefined
  // ppm of a ms is a ns.
  return (cell.oneWayDelay + (((matrix.rates[j] ?? 0) - (matrix.rates[i] ?? 0)) * (at - cell.sampledAt)) / 1000) as Microseconds
}
