import { MalformedMessageError, MAX_GROUP_SIZE } from '@srwan/interface'
import { BitReader, BitWriter } from './column-bits.ts'
import { COLUMN_CELL_BITS, readCell, writeCell } from './column-cell.ts'
import type { ColumnCell } from './column-cell.ts'

/** First octet of a datagram that asks for a full column. */
export const DATAGRAM_COLUMN_REQUEST = 1
/** First octet of a datagram that is a full column. */
export const DATAGRAM_FULL_COLUMN = 2

/** One member's column of the delay matrix, complete. */
export interface FullColumn {
  /** 1 to 65,535: grows by one with each full column of an owner (after 65,535 comes 1), random at its start. */
  readonly number: number
  /** 24 bits: the roster that gives the cells their senders. */
  readonly fingerprint: number
  /** Clock epoch of the owner, 16 bits. */
  readonly clockEpoch: number
  /** The instant to which every delay belongs: whole ms of the owner's measuring clock, low 32 bits. */
  readonly base: number
  /** One per member in roster order, the owner left out: 1 to 99. */
  readonly cells: readonly ColumnCell[]
}

const HEADER = 13

/** Octets of a full column in a group of `members`. */
export const fullColumnLength = (members: number): number => HEADER + Math.ceil(((members - 1) * COLUMN_CELL_BITS) / 8)

/**
 * @returns 23 octets for 2 members, 991 for 100
 * @throws RangeError where the number of cells is out of bounds (a fault of the caller)
 */
export const encodeFullColumn = (column: FullColumn): Uint8Array => {
  const members = column.cells.length + 1
  if (members < 2 || members > MAX_GROUP_SIZE) throw new RangeError(`a column has 1 to ${MAX_GROUP_SIZE - 1} cells`)
  const data = new Uint8Array(fullColumnLength(members))
  const view = new DataView(data.buffer)
  view.setUint8(0, DATAGRAM_FULL_COLUMN)
  view.setUint8(1, members)
  view.setUint16(2, column.number)
  view.setUint8(4, column.fingerprint >>> 16)
  view.setUint16(5, column.fingerprint & 0xffff)
  view.setUint16(7, column.clockEpoch)
  view.setUint32(9, column.base)
  const writer = new BitWriter(data, HEADER)
  for (const cell of column.cells) writeCell(writer, cell)
  return data
}

/** @throws MalformedMessageError where the octets are not exactly one full column */
export const decodeFullColumn = (data: Uint8Array): FullColumn => {
  if (data.length < HEADER || data[0] !== DATAGRAM_FULL_COLUMN) throw new MalformedMessageError('not a full column')
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  const members = view.getUint8(1)
  if (members < 2 || members > MAX_GROUP_SIZE) throw new MalformedMessageError('a column is of 2 to 100 members')
  if (data.length !== fullColumnLength(members)) throw new MalformedMessageError('length of a column and its number of members disagree')
  const number = view.getUint16(2)
  if (number === 0) throw new MalformedMessageError('a column has no number 0')
  const reader = new BitReader(data, HEADER)
  const cells = Array.from({ length: members - 1 }, () => readCell(reader))
  // One meaning, one encoding: the root in a pulse is a hash of these octets.
  if (!reader.restIsZero()) throw new MalformedMessageError('padding of a column is not zero')
  return { number, fingerprint: view.getUint8(4) * 65536 + view.getUint16(5), clockEpoch: view.getUint16(7), base: view.getUint32(9), cells }
}

/** Asks the receiver for its full column. */
export interface ColumnRequest {
  /** Number of the column held, 0 for none. */
  readonly held: number
  /** Roster of the one who asks. */
  readonly fingerprint: number
}

const REQUEST_LENGTH = 6

/** Asks a member for its full column. @returns one datagram payload */
export const encodeColumnRequest = (request: ColumnRequest): Uint8Array =>
  Uint8Array.of(DATAGRAM_COLUMN_REQUEST, request.held >> 8, request.held & 255, request.fingerprint >>> 16, (request.fingerprint >> 8) & 255, request.fingerprint & 255)

/** @throws MalformedMessageError where the octets are not exactly one request */
export const decodeColumnRequest = (data: Uint8Array): ColumnRequest => {
  const [type, high = 0, low = 0, a = 0, b = 0, c = 0] = data
  if (type !== DATAGRAM_COLUMN_REQUEST || data.length !== REQUEST_LENGTH) throw new MalformedMessageError('not a column request')
  return { held: high * 256 + low, fingerprint: a * 65536 + b * 256 + c }
}
