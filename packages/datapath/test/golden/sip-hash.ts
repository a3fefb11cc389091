const MASK = (1n << 64n) - 1n
const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK

type State = [bigint, bigint, bigint, bigint]

function round(v: State): void {
  v[0] = (v[0] + v[1]) & MASK
  v[1] = rotate(v[1], 13n) ^ v[0]
  v[0] = rotate(v[0], 32n)
  v[2] = (v[2] + v[3]) & MASK
  v[3] = rotate(v[3], 16n) ^ v[2]
  v[0] = (v[0] + v[3]) & MASK
  v[3] = rotate(v[3], 21n) ^ v[0]
  v[2] = (v[2] + v[1]) & MASK
  v[1] = rotate(v[1], 17n) ^ v[2]
  v[2] = rotate(v[2], 32n)
}

/** SipHash-2-4 with 128 bits of output, written from the paper and independent of the native one. Slow: for vectors only. */
export function sipHash24(key: Uint8Array, input: Uint8Array): Buffer {
  const k0 = Buffer.from(key).readBigUInt64LE(0)
  const k1 = Buffer.from(key).readBigUInt64LE(8)
  const v: State = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn ^ 0xeen, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n]
  const padded = Buffer.alloc(Math.floor(input.length / 8) * 8 + 8)
  padded.set(input)
  padded[padded.length - 1] = input.length & 0xff
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at)
    v[3] ^= word
    round(v)
    round(v)
    v[0] ^= word
  }
  const out = Buffer.alloc(16)
  v[2] ^= 0xeen
  for (let i = 0; i < 4; i++) round(v)
  out.writeBigUInt64LE(v[0] ^ v[1] ^ v[2] ^ v[3], 0)
  v[1] ^= 0xddn
  for (let i = 0; i < 4; i++) round(v)
  out.writeBigUInt64LE(v[0] ^ v[1] ^ v[2] ^ v[3], 8)
  return out
}
