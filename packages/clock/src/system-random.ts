import { randomBytes } from 'node:crypto'
import type { Random } from '@srwan/interface'

/** 2⁻⁵³: a double holds 53 random bits without rounding up to 1. */
const UNIT = 2 ** -53

/** Randomness of the operating system, good for keys and for jitter. */
export function systemRandom(): Random {
  return {
    next: () => {
      const bits = randomBytes(8).readBigUInt64BE() >> 11n
      return Number(bits) * UNIT
    },
    bytes: (length) => new Uint8Array(randomBytes(length))
  }
}
