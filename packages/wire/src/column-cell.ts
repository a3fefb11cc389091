import { ppm, ratio, us } from '@srwan/interface'
import type { Microseconds, PartsPerMillion, Ratio } from '@srwan/interface'
import type { BitReader, BitWriter } from './column-bits.ts'

/** One cell of a full column: what its owner knows of the delay from one sender towards itself. */
export interface ColumnCell {
  /** Delay plus clock offset at the column's base time, whole µs, |x| < 2^47; `undefined` = lost (loss known) or never measured (loss unknown). */
  readonly delay: Microseconds | undefined
  /** Growth of the delay by the disagreement of the two clocks, whole ppm of the owner's clock, −127 to 127. */
  readonly rate: PartsPerMillion
  /** In steps of 1/254. */
  readonly loss: Ratio | undefined
  /** Logarithmic steps of at most 1/16. */
  readonly ipdv: Microseconds | undefined
  /** Low 4 bits of the sender's clock epoch under which the delay was taken. */
  readonly senderEpoch: number
  /** Age of the newest sample at the base time in half pulse intervals, 0 to 7. */
  readonly age: number
}

/** Bits of one cell on the wire: at 80, a column of 100 members would no longer fit one datagram. */
export const COLUMN_CELL_BITS = 79
/** Greatest absolute delay that a cell can carry: 2^47 − 1 µs, 4.4 years between the zeros of two clocks. */
export const MAX_CELL_DELAY = 2 ** 47 - 1
/** Greatest rate that a cell can carry, in ppm. */
export const MAX_CELL_RATE = 127
/** Greatest age that a cell can carry, in half intervals. */
export const MAX_CELL_AGE = 7

const NO_DELAY = -(2 ** 47)
const UNKNOWN = 255
const LOSS_STEPS = 254
const IPDV_UNIT = 4

/** @returns the octet nearest to a loss ratio; 255 = unknown */
export const packLoss = (loss: Ratio | undefined): number => (loss === undefined || Number.isNaN(loss) ? UNKNOWN : Math.round(Math.min(Math.max(loss, 0), 1) * LOSS_STEPS))

export const unpackLoss = (octet: number): Ratio | undefined => (octet === UNKNOWN ? undefined : ratio(octet / LOSS_STEPS))

/** @returns the octet of a delay variation: exponent 4 ‖ mantissa 4 in units of 4 µs, up to 1.97 s; 255 = unknown */
export const packIpdv = (ipdv: Microseconds | undefined): number => {
  if (ipdv === undefined || Number.isNaN(ipdv)) return UNKNOWN
  const units = Math.max(ipdv, 0) / IPDV_UNIT
  if (units < 16) return Math.round(units)
  const exponent = Math.floor(Math.log2(units / 16)) + 1
  return Math.min(exponent * 16 + Math.round(units / 2 ** (exponent - 1)) - 16, UNKNOWN - 1)
}

export const unpackIpdv = (octet: number): Microseconds | undefined => {
  if (octet === UNKNOWN) return undefined
  const exponent = octet >> 4
  const mantissa = octet & 15
  return us((exponent === 0 ? mantissa : (16 + mantissa) * 2 ** (exponent - 1)) * IPDV_UNIT)
}

/** A delay as the wire keeps it: whole µs; `undefined` where it does not fit. */
export const quantiseDelay = (delay: Microseconds | undefined): Microseconds | undefined => {
  const whole = Math.round(delay ?? NaN) + 0
  return Math.abs(whole) <= MAX_CELL_DELAY ? us(whole) : undefined
}

/** A rate as the wire keeps it. */
export const quantiseRate = (rate: PartsPerMillion): PartsPerMillion => ppm(Math.round(Math.min(Math.max(Number.isNaN(rate) ? 0 : rate, -MAX_CELL_RATE), MAX_CELL_RATE)) + 0)

export const packDelay = (delay: Microseconds | undefined): number => {
  const value = quantiseDelay(delay) ?? NO_DELAY
  return value < 0 ? value + 2 ** 48 : value
}

export const unpackDelay = (field: number): Microseconds | undefined => {
  const value = field >= 2 ** 47 ? field - 2 ** 48 : field
  return value === NO_DELAY ? undefined : us(value)
}

export const writeCell = (writer: BitWriter, cell: ColumnCell): void => {
  writer.write(packDelay(cell.delay), 48)
  writer.write(quantiseRate(cell.rate) & 255, 8)
  writer.write(packLoss(cell.loss), 8)
  writer.write(packIpdv(cell.ipdv), 8)
  writer.write(cell.senderEpoch & 15, 4)
  writer.write(Math.min(Math.max(Math.ceil(cell.age), 0), MAX_CELL_AGE), 3)
}

export const readCell = (reader: BitReader): ColumnCell => {
  const delay = unpackDelay(reader.read(48))
  const rate = reader.read(8)
  return {
    delay,
    rate: ppm(rate > 127 ? rate - 256 : rate),
    loss: unpackLoss(reader.read(8)),
    ipdv: unpackIpdv(reader.read(8)),
    senderEpoch: reader.read(4),
    age: reader.read(3)
  }
}
