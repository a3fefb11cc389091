import { MalformedMessageError, MAX_COLUMN_PART } from '@srwan/interface'
import type { Microseconds } from '@srwan/interface'
import { packDelay, unpackDelay } from './column-cell.ts'

/** What changed since a full column; rides on probes. */
export interface ColumnPart {
  /** The full column that it adds to; never 0. */
  readonly number: number
  /** Roster of that column. */
  readonly fingerprint: number
  /** The instant to which every delay belongs: whole ms of the owner's measuring clock, low 32 bits. */
  readonly base: number
  /** Cells that a difference cannot express: newly measured, or of a sender whose clock epoch changed. */
  readonly absolute: readonly AbsoluteCell[]
  readonly deltas: readonly DeltaCell[]
}

/** A cell as it is, for pairs of which the reader holds nothing. */
export interface AbsoluteCell {
  /** Position of the sender in the roster. */
  readonly index: number
  readonly delay: Microseconds | undefined
  /** Low 4 bits of the sender's clock epoch. */
  readonly senderEpoch: number
}

/** A cell as the change against the last full column. */
export interface DeltaCell {
  /** Position of the sender in the roster. */
  readonly index: number
  /** Units of `DELTA_UNIT` above what the full column and its rate predict for `base`, −32,767 to 32,767; `undefined` = lost. */
  readonly delta: number | undefined
}

/** One step of a delta, in µs. */
export const DELTA_UNIT = 50
/** Greatest absolute delta: 1.6 s. */
export const MAX_DELTA = 32767
/** Octets before the first cell. */
export const PART_HEADER = 10
/** Octets of one {@link AbsoluteCell}. */
export const ABSOLUTE_CELL_OCTETS = 8
/** Octets of one {@link DeltaCell}. */
export const DELTA_CELL_OCTETS = 3

const LOST = -32768

/** @throws RangeError where it would exceed MAX_COLUMN_PART octets (a fault of the caller) */
export const encodeColumnPart = (part: ColumnPart): Uint8Array => {
  const length = PART_HEADER + part.absolute.length * ABSOLUTE_CELL_OCTETS + part.deltas.length * DELTA_CELL_OCTETS
  if (length > MAX_COLUMN_PART) throw new RangeError(`a column part of ${length} octets does not fit`)
  const data = new Uint8Array(length)
  const view = new DataView(data.buffer)
  view.setUint16(0, part.number)
  view.setUint8(2, part.fingerprint >>> 16)
  view.setUint16(3, part.fingerprint & 0xffff)
  view.setUint8(5, (part.absolute.length << 5) | part.deltas.length)
  view.setUint32(6, part.base)
  let offset = PART_HEADER
  for (const cell of part.absolute) {
    const field = packDelay(cell.delay)
    view.setUint8(offset, cell.index)
    view.setUint16(offset + 1, Math.floor(field / 2 ** 32))
    view.setUint32(offset + 3, field % 2 ** 32)
    view.setUint8(offset + 7, (cell.senderEpoch & 15) << 4)
    offset += ABSOLUTE_CELL_OCTETS
  }
  for (const cell of part.deltas) {
    view.setUint8(offset, cell.index)
    view.setInt16(offset + 1, cell.delta ?? LOST)
    offset += DELTA_CELL_OCTETS
  }
  return data
}

/**
 * @param data - 0 to `MAX_COLUMN_PART` octets; zeros may follow the part (requests are padded)
 * @returns `undefined` where there is no part: no octets, or only zeros
 * @throws MalformedMessageError
 */
export const decodeColumnPart = (data: Uint8Array): ColumnPart | undefined => {
  if (data.every((octet) => octet === 0)) return undefined
  if (data.length < PART_HEADER || data.length > MAX_COLUMN_PART) throw new MalformedMessageError('length of a column part')
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const counts = view.getUint8(5)
  const absoluteEnd = PART_HEADER + (counts >> 5) * ABSOLUTE_CELL_OCTETS
  const end = absoluteEnd + (counts & 31) * DELTA_CELL_OCTETS
  if (end > data.length || data.subarray(end).some((octet) => octet !== 0)) throw new MalformedMessageError('cells of a column part and its length disagree')
  const number = view.getUint16(0)
  if (number === 0) throw new MalformedMessageError('a column has no number 0')
  const absolute: AbsoluteCell[] = []
  const deltas: DeltaCell[] = []
  for (let at = PART_HEADER; at < absoluteEnd; at += ABSOLUTE_CELL_OCTETS) {
    const tail = view.getUint8(at + 7)
    if ((tail & 15) !== 0) throw new MalformedMessageError('reserved bits of a column part are not zero')
    absolute.push({ index: view.getUint8(at), delay: unpackDelay(view.getUint16(at + 1) * 2 ** 32 + view.getUint32(at + 3)), senderEpoch: tail >> 4 })
  }
  for (let at = absoluteEnd; at < end; at += DELTA_CELL_OCTETS) {
    const delta = view.getInt16(at + 1)
    deltas.push({ index: view.getUint8(at), delta: delta === LOST ? undefined : delta })
  }
  return { number, fingerprint: view.getUint8(2) * 65536 + view.getUint16(3), base: view.getUint32(6), absolute, deltas }
}
