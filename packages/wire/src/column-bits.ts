import { MalformedMessageError } from '@srwan/interface'

/** Writes unsigned integers of any width up to 48 bits, most significant bit first, into a buffer that is large enough. */
export class BitWriter {
  readonly #target: Uint8Array
  #position: number

  constructor(target: Uint8Array, offset: number) {
    this.#target = target
    this.#position = offset * 8
  }

  write(value: number, width: number): void {
    for (let left = width; left > 0; ) {
      const room = 8 - (this.#position % 8)
      const take = Math.min(room, left)
      // Arithmetic instead of shifts: 48-bit values exceed what JavaScript's bit operators keep.
      const chunk = Math.floor(value / 2 ** (left - take)) % 2 ** take
      const index = this.#position >> 3
      this.#target[index] = (this.#target[index] ?? 0) | (chunk << (room - take))
      this.#position += take
      left -= take
    }
  }
}

/** Reads what `BitWriter` wrote. */
export class BitReader {
  readonly #source: Uint8Array
  #position: number

  constructor(source: Uint8Array, offset: number) {
    this.#source = source
    this.#position = offset * 8
  }

  /** @throws MalformedMessageError past the end */
  read(width: number): number {
    let value = 0
    for (let left = width; left > 0; ) {
      const octet = this.#source[this.#position >> 3]
      if (octet === undefined) throw new MalformedMessageError('column ends inside a cell')
      const room = 8 - (this.#position % 8)
      const take = Math.min(room, left)
      value = value * 2 ** take + ((octet >> (room - take)) & (2 ** take - 1))
      this.#position += take
      left -= take
    }
    return value
  }

  /** Whether everything up to the end of the last octet is zero. */
  restIsZero(): boolean {
    for (; this.#position < this.#source.length * 8; this.#position++) {
      if (((this.#source[this.#position >> 3] ?? 0) & (0x80 >> (this.#position % 8))) !== 0) return false
    }
    return true
  }
}
