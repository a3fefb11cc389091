/**
 * Least one-way delay over at most three transits between all pairs: walks, which on positive delays are never faster than the best simple path.
 *
 * @param delays - true one-way delays, ms
 */
export function optima(delays: readonly (readonly (number | undefined)[])[]): number[][] {
  const edge = delays.map((row, from) => row.map((delay, to) => (from === to ? 0 : (delay ?? Infinity))))
  const join = (left: number[][]): number[][] => left.map((row) => edge.map((_, to) => Math.min(...row.map((cost, middle) => cost + (edge[middle]?.[to] ?? Infinity)))))
  return join(join(join(edge)))
}
