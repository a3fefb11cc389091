import { readFileSync } from 'node:fs'

/** Reads one file of packages/spec/vectors; its shape is described in the README there. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../spec/vectors/${name}`, import.meta.url), 'utf8')) as T
}

export const fromHex = (hex: string): Buffer => {
  const octets = Buffer.from(hex, 'hex')
  if (octets.length * 2 !== hex.length) throw new Error(`not hex: ${hex}`)
  return octets
}

export const toHex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

/** Unsigned big-endian integer of `octets` octets. */
export function uint(value: number | bigint | string, octets: number): Buffer {
  return fromHex(
    BigInt(value)
      .toString(16)
      .padStart(octets * 2, '0')
  )
}

/** Signed 64 bits. */
export const int64 = (value: string): Buffer => uint(BigInt.asUintN(64, BigInt(value)), 8)
