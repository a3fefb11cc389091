import { MalformedMessageError } from '@srwan/interface'

/** Writes fields one after the other into a buffer of fixed size; the caller asks for room first. */
export class OctetWriter {
  readonly #data: Buffer
  #at = 0

  constructor(capacity: number) {
    this.#data = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#at
  }
  get room(): number {
    return this.#data.length - this.#at
  }

  uint(value: number, octets: number): this {
    this.#at = this.#data.writeUIntBE(value, this.#at, octets)
    return this
  }

  octets(value: Uint8Array): this {
    this.#data.set(value, this.#at)
    this.#at += value.length
    return this
  }

  /** Text of one octet per character. */
  text(value: string): this {
    this.#at += this.#data.write(value, this.#at, 'latin1')
    return this
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#data.subarray(0, this.#at))
  }
}

/** Reads what {@link OctetWriter} wrote. Every read past the end is a MalformedMessageError. */
export class OctetReader {
  readonly #data: Buffer
  #at = 0

  constructor(data: Uint8Array) {
    this.#data = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  }

  get left(): number {
    return this.#data.length - this.#at
  }

  uint(octets: number): number {
    return this.#take(octets).readUIntBE(0, octets)
  }

  octets(length: number): Uint8Array {
    return Uint8Array.from(this.#take(length))
  }

  text(length: number): string {
    return this.#take(length).toString('latin1')
  }

  #take(length: number): Buffer {
    if (length > this.left) throw new MalformedMessageError('a message is cut off')
    const part = this.#data.subarray(this.#at, this.#at + length)
    this.#at += length
    return part
  }
}
