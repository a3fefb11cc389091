import type { Random } from '@srwan/interface'

const WORD = 2 ** 32
const WARM_UP = 12

/**
 * A repeatable generator: the same seed gives the same sequence on every machine. Never for keys.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's PractRand, 128 bits of state with a counter, so that no seed has a short period).
 *
 * @param seed - any finite number; the integer part counts
 */
export function seededRandom(seed: number): Random {
  let a = 0x9e3779b9
  let b = seed >>> 0
  let c = Math.floor(seed / WORD) >>> 0
  let counter = 1
  const word = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < WARM_UP; i++) word()
  return {
    next: () => (word() * 2 ** 21 + (word() >>> 11)) / 2 ** 53,
    bytes: (length) => Uint8Array.from({ length }, () => word() & 0xff)
  }
}
