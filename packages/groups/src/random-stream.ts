import { createHash } from 'node:crypto'

/** Numbers that everybody who knows the seed draws alike: SHA-256 in counter mode. */
export class RandomStream {
  readonly #seed: Uint8Array
  #block = Buffer.alloc(0)
  #counter = 0

  /** @param purpose - keeps streams of one beacon apart @param beacon - 32 octets */
  constructor(purpose: string, beacon: Uint8Array) {
    this.#seed = createHash('sha256').update(purpose).update(beacon).digest()
  }

  /** Uniform whole number below `bound` ≤ 2³²; the bias is below bound / 2⁴⁸. */
  below(bound: number): number {
    if (this.#block.length < 6) {
      const counter = Buffer.alloc(4)
      counter.writeUInt32BE(this.#counter++)
      this.#block = createHash('sha256').update(this.#seed).update(counter).digest()
    }
    const value = this.#block.readUIntBE(0, 6)
    this.#block = this.#block.subarray(6)
    return value % bound
  }
}
