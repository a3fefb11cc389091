import { isUtf8 } from 'node:buffer'
import { CID } from 'multiformats/cid'
import { MAX_DEPTH } from './bounds.ts'

/** Major types of CBOR (RFC 8949, section 3.1). */
export const UNSIGNED = 0
export const BYTES = 2
export const TEXT = 3
export const ARRAY = 4
const NEGATIVE = 1
const MAP = 5
const TAG = 6
const SIMPLE = 7
const FALSE = 20
const TRUE = 21
const NULL = 22
const FLOAT64 = 27
const CID_TAG = 42

/** Something is not canonical dag-cbor. Inside this folder only: callers see a refusal. */
export class NotCanonical extends Error {}

/** Most items of one array or map: more octets than an entry has. */
const MAX_ITEMS = 4096

/**
 * Walks octets that claim to be canonical dag-cbor without building anything.
 * It takes exactly what @ipld/dag-cbor would write again octet for octet, less what is deeper than {@link MAX_DEPTH} and the map key `__proto__`.
 */
export class CanonicalReader {
  readonly #bytes: Buffer
  #at: number
  /** Argument of the head read last. */
  argument = 0
  #wide = 0n

  /** @param from - where to begin */
  constructor(bytes: Uint8Array, from = 0) {
    this.#at = from
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get position(): number {
    return this.#at
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  /** Reads a head; its argument, where it is below 2⁵³, is in `argument`. @returns the major type */
  head(): number {
    const first = this.#octet()
    const major = first >> 5
    const info = first & 31
    if (major === SIMPLE) {
      this.argument = info
      return major
    }
    if (info < 24) this.argument = info
    else this.#longArgument(info)
    return major
  }

  /** A number of at most `limit`. */
  unsigned(limit: number): number {
    if (this.head() !== UNSIGNED || this.argument > limit) throw new NotCanonical('not a number in bounds')
    return this.argument
  }

  /** Text of at most `limit` octets. */
  text(limit: number): string {
    if (this.head() !== TEXT || this.argument > limit) throw new NotCanonical('not a text in bounds')
    const end = this.#pass(this.argument)
    const from = end - this.argument
    // Names are plain letters nearly always; a view of them would cost more than the rest.
    if (this.#isAscii(from, end)) return this.#bytes.toString('latin1', from, end)
    if (!isUtf8(this.#bytes.subarray(from, end))) throw new NotCanonical('not UTF-8')
    return this.#bytes.toString('utf8', from, end)
  }

  /** Octets of exactly `length`, or null. */
  octetsOrNull(length: number): Uint8Array | undefined {
    const major = this.head()
    if (major === SIMPLE && this.argument === NULL) return undefined
    if (major !== BYTES || this.argument !== length) throw new NotCanonical('not a hash')
    const end = this.#pass(length)
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + end - length, length)
  }

  /** The value here if it is a single one that has an order or is true, false or null; `undefined` for all others, of which only the head is read. */
  single(): number | string | boolean | null | undefined {
    const major = this.head()
    if (major === UNSIGNED) return this.argument
    if (major === NEGATIVE) return this.argument > Number.MAX_SAFE_INTEGER ? Number(-1n - this.#wide) : -1 - this.argument
    if (major === TEXT) return this.#take(this.argument).toString('utf8')
    if (major !== SIMPLE) return undefined
    if (this.argument === FLOAT64) return this.#take(8).readDoubleBE(0)
    return this.argument === NULL ? null : this.argument === TRUE
  }

  /** Goes to the value of a name in the map, or of an index in the list, that begins here. @returns false where there is none */
  enter(name: string): boolean {
    const major = this.head()
    if (major === ARRAY) return this.#enterItem(name)
    if (major !== MAP) return false
    for (let left = this.#items(); left > 0; left--) {
      if (this.head() !== TEXT) throw new NotCanonical('a map key is no text')
      if (this.#take(this.argument).toString('utf8') === name) return true
      this.skip()
    }
    return false
  }

  /** Single values of some names in the map that begins here, in the order of the names; `undefined` where one is absent or no single value. */
  pick(names: readonly string[]): (number | string | boolean | null | undefined)[] {
    const found = names.map((): number | string | boolean | null | undefined => undefined)
    if (this.head() !== MAP) return found
    for (let left = this.#items(); left > 0; left--) {
      if (this.head() !== TEXT) throw new NotCanonical('a map key is no text')
      const index = names.indexOf(this.#take(this.argument).toString('latin1'))
      const at = this.#at
      if (index >= 0) found[index] = this.single()
      if (found[index] !== undefined) continue
      this.#at = at
      this.skip()
    }
    return found
  }

  /** Walks over one value of any kind. */
  skip(depth = 0): void {
    if (depth > MAX_DEPTH) throw new NotCanonical('too deep')
    const major = this.head()
    if (major === BYTES) this.#take(this.argument)
    else if (major === TEXT) this.#skipText()
    else if (major === ARRAY) for (let left = this.#items(); left > 0; left--) this.skip(depth + 1)
    else if (major === MAP) this.#skipMap(depth)
    else if (major === TAG) this.#skipLink()
    else if (major === SIMPLE) this.#skipSimple()
    else if (major === NEGATIVE || major === UNSIGNED) return
  }

  #enterItem(name: string): boolean {
    const index = /^(0|[1-9]\d{0,3})$/.test(name) ? Number(name) : this.#items()
    if (index >= this.#items()) return false
    for (let left = index; left > 0; left--) this.skip()
    return true
  }

  #octet(): number {
    const octet = this.#bytes[this.#at]
    if (octet === undefined) throw new NotCanonical('ends early')
    this.#at++
    return octet
  }

  #take(length: number): Buffer {
    const end = this.#pass(length)
    return this.#bytes.subarray(end - length, end)
  }

  /** @returns where the octets end that are passed */
  #pass(length: number): number {
    if (length > this.#bytes.length - this.#at) throw new NotCanonical('ends early')
    this.#at += length
    return this.#at
  }

  #isAscii(from: number, end: number): boolean {
    for (let at = from; at < end; at++) if (this.#bytes[at]! > 0x7f) return false
    return true
  }

  /** Arguments are written in the fewest octets that hold them. */
  #longArgument(info: number): void {
    if (info > 27) throw new NotCanonical('of indefinite length')
    if (info === 27) {
      this.#wide = this.#take(8).readBigUInt64BE(0)
      if (this.#wide <= 0xffff_ffffn) throw new NotCanonical('longer than needed')
      this.argument = Number(this.#wide)
      return
    }
    let argument = 0
    for (let left = 2 ** (info - 24); left > 0; left--) argument = argument * 0x100 + this.#octet()
    this.argument = argument
    if (this.argument < [24, 0x100, 0x1_0000][info - 24]!) throw new NotCanonical('longer than needed')
  }

  #items(): number {
    if (this.argument > MAX_ITEMS) throw new NotCanonical('too many items')
    return this.argument
  }

  #skipText(): void {
    if (!isUtf8(this.#take(this.argument))) throw new NotCanonical('not UTF-8')
  }

  #skipMap(depth: number): void {
    let before: Buffer | undefined
    for (let left = this.#items(); left > 0; left--) {
      if (this.head() !== TEXT) throw new NotCanonical('a map key is no text')
      const key = this.#take(this.argument)
      if (!isUtf8(key) || key.toString('latin1') === '__proto__') throw new NotCanonical('not a map key')
      if (before !== undefined && !ascends(before, key)) throw new NotCanonical('map keys out of order')
      before = key
      this.skip(depth + 1)
    }
  }

  #skipLink(): void {
    if (this.argument !== CID_TAG || this.head() !== BYTES) throw new NotCanonical('a tag other than a link')
    const octets = this.#take(this.argument)
    if (octets[0] !== 0) throw new NotCanonical('not a link')
    try {
      const cid = CID.decode(octets.subarray(1))
      if (Buffer.compare(cid.bytes, octets.subarray(1)) !== 0) throw new NotCanonical('not a canonical link')
    } catch (cause) {
      throw new NotCanonical('not a link', { cause })
    }
  }

  #skipSimple(): void {
    if (this.argument === FLOAT64) {
      const value = this.#take(8).readDoubleBE(0)
      // Whole numbers that a double holds exactly are written as integers.
      if (!Number.isFinite(value) || Number.isSafeInteger(value)) throw new NotCanonical('not a canonical number')
    } else if (this.argument < FALSE || this.argument > NULL) throw new NotCanonical('not a simple value of dag-cbor')
  }
}

/** dag-cbor sorts map keys by length, then by octets; none occurs twice. */
function ascends(before: Buffer, after: Buffer): boolean {
  return before.length === after.length ? Buffer.compare(before, after) < 0 : before.length < after.length
}
