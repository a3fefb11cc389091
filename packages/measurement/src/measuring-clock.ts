import { us } from '@srwan/interface'
import type { Microseconds } from '@srwan/interface'

const NS_PER_US = 1000n
const NS_PER_MS = 1_000_000n

/** Nanoseconds as µs with a fraction: exact to 4 ns for clocks that have run for a year. */
export const toMicros = (value: bigint): Microseconds => us(Number(value / NS_PER_US) + Number(value % NS_PER_US) / 1000)

/** An instant of a measuring clock as columns name it: whole ms, low 32 bits (49 days), rounded down. */
export const toBase = (at: bigint): number => Number(BigInt.asUintN(32, floorMs(at)))

/** The same instant in µs, whole ms only. */
export const baseMicros = (at: bigint): Microseconds => us(Number(floorMs(at)) * 1000)

/** `later − earlier` of two bases in ms, right within ±24 days. */
export const baseDifference = (later: number, earlier: number): number => (later - earlier) | 0

/** Is clock epoch `a` newer than `b`? Serial number arithmetic (RFC 1982), 16 bits. */
export const isNewer16 = (a: number, b: number): boolean => {
  const difference = (a - b) & 0xffff
  return difference !== 0 && difference < 0x8000
}

function floorMs(at: bigint): bigint {
  const quotient = at / NS_PER_MS
  return at < 0n && quotient * NS_PER_MS !== at ? quotient - 1n : quotient
}
