import { MalformedMessageError } from '@srwan/interface'

/** Wire types of Protocol Buffers that these messages use; fixed 32 is only ever skipped. */
const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/** Appends fields of the Protocol Buffers encoding. */
export class ProtobufWriter {
  readonly #chunks: Uint8Array[] = []
  #length = 0

  /** @param value - 0 ≤ value ≤ 2⁵³ − 1 */
  varint(field: number, value: number): void {
    this.#tag(field, VARINT)
    this.#rawVarint(value)
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, LENGTH_DELIMITED)
    this.#rawVarint(value.length)
    this.#push(value)
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64)
    const chunk = new Uint8Array(8)
    new DataView(chunk.buffer).setFloat64(0, value, true)
    this.#push(chunk)
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.#length)
    let offset = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, offset)
      offset += chunk.length
    }
    return all
  }

  #tag(field: number, wireType: number): void {
    this.#rawVarint(field * 8 + wireType)
  }

  #rawVarint(value: number): void {
    const octets: number[] = []
    let rest = value
    while (rest > 0x7f) {
      octets.push((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    octets.push(rest)
    this.#push(Uint8Array.from(octets))
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }
}

/** One field as found on the wire; `bytes` is a view into the message, not a copy. */
export type RawField =
  | { readonly field: number; readonly wireType: 0; readonly value: number }
  | { readonly field: number; readonly wireType: 1; readonly value: number }
  | { readonly field: number; readonly wireType: 2; readonly value: Uint8Array }

/** Walks the fields of a message; unknown wire types and lengths beyond the end are refused, nothing is allocated for a length that is not there. */
export class ProtobufReader {
  readonly #bytes: Uint8Array
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** @returns the next field, or `undefined` at the end · @throws MalformedMessageError */
  next(): RawField | undefined {
    while (this.#position < this.#bytes.length) {
      const tag = this.#varint()
      const field = Math.floor(tag / 8)
      const wireType = tag % 8
      if (field === 0) throw new MalformedMessageError('field number 0')
      if (wireType === VARINT) return { field, wireType, value: this.#varint() }
      if (wireType === FIXED64) return { field, wireType, value: this.#double() }
      if (wireType === LENGTH_DELIMITED) return { field, wireType, value: this.#take(this.#varint()) }
      if (wireType !== FIXED32) throw new MalformedMessageError('unknown wire type')
      this.#take(4)
    }
    return undefined
  }

  #varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const octet = this.#bytes[this.#position++]
      if (octet === undefined) throw new MalformedMessageError('truncated number')
      value += (octet & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) break
      if (octet < 0x80) return value
      scale *= 0x80
    }
    throw new MalformedMessageError('number beyond 2^53')
  }

  #double(): number {
    const chunk = this.#take(8)
    return new DataView(chunk.buffer, chunk.byteOffset, 8).getFloat64(0, true)
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#position) throw new MalformedMessageError('truncated field')
    const chunk = this.#bytes.subarray(this.#position, this.#position + length)
    this.#position += length
    return chunk
  }
}
