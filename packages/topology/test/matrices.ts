import { ms, ppm, ratio, sid, us } from '@srwan/interface'
import type { DelayMatrix, Sid } from '@srwan/interface'

export const sidOf = (index: number): Sid => sid((index + 1).toString(16).padStart(16, '0'))

/** A matrix from delays in µs (`undefined` = missing), with clock offsets in µs, rates in ppm, and an age for every cell. */
export function matrixOf(
  delays: readonly (readonly (number | undefined)[])[],
  clocks: { offsets?: readonly number[]; rates?: readonly number[]; age?: (from: number, to: number) => number } = {}
): DelayMatrix {
  const { offsets = [], rates = [], age = () => 0 } = clocks
  const cells = delays.map((row, from) =>
    row.map((delay, to) => {
      if (from === to || delay === undefined) return undefined
      const sampledAt = 100_000 - age(from, to)
      const offset = (clock: number): number => (offsets[clock] ?? 0) + (rates[clock] ?? 0) * sampledAt * 1e-3
      return { oneWayDelay: us(delay + offset(to) - offset(from)), loss: ratio(0), ipdv: us(0), sampledAt: ms(sampledAt) }
    })
  )
  return { sids: delays.map((_, index) => sidOf(index)), cells, rates: delays.map((_, index) => ppm(rates[index] ?? 0)) }
}
