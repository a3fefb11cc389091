import { MalformedMessageError } from '@srwan/interface'

/** Writes numbers in network order into a buffer that grows. */
export class ByteWriter {
  #buffer = Buffer.alloc(1024)
  #length = 0

  uint8(value: number): this {
    this.#room(1).writeUInt8(value, this.#length)
    return this.#advance(1)
  }
  uint16(value: number): this {
    this.#room(2).writeUInt16BE(value, this.#length)
    return this.#advance(2)
  }
  uint32(value: number): this {
    this.#room(4).writeUInt32BE(value, this.#length)
    return this.#advance(4)
  }
  octets(value: Uint8Array): this {
    this.#room(value.length).set(value, this.#length)
    return this.#advance(value.length)
  }
  /** Length (8) and UTF-8. */
  text(value: string): this {
    const bytes = Buffer.from(value)
    return this.uint8(bytes.length).octets(bytes)
  }
  finish(): Uint8Array {
    return new Uint8Array(this.#buffer.subarray(0, this.#length))
  }

  #room(octets: number): Buffer {
    if (this.#length + octets > this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer], Math.max(2 * this.#buffer.length, this.#length + octets))
    return this.#buffer
  }
  #advance(octets: number): this {
    this.#length += octets
    return this
  }
}

/** Reads what `ByteWriter` wrote; whatever is missing or left over is a malformed message. */
export class ByteReader {
  readonly #buffer: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  uint8(): number {
    return this.#take(1).readUInt8(0)
  }
  uint16(): number {
    return this.#take(2).readUInt16BE(0)
  }
  uint32(): number {
    return this.#take(4).readUInt32BE(0)
  }
  octets(count: number): Uint8Array {
    return Uint8Array.from(this.#take(count))
  }
  text(most: number): string {
    const length = this.uint8()
    if (length > most) throw new MalformedMessageError(`a text of ${length} octets, more than ${most}`)
    return this.#take(length).toString('latin1')
  }
  /** @throws MalformedMessageError where octets are left */
  end(): void {
    if (this.#at !== this.#buffer.length) throw new MalformedMessageError('octets follow the end of the message')
  }

  #take(count: number): Buffer {
    if (this.#at + count > this.#buffer.length) throw new MalformedMessageError('the message ends early')
    this.#at += count
    return this.#buffer.subarray(this.#at - count, this.#at)
  }
}
