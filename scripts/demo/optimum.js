/** Longest path that is compared: three transits and the egress. */
const MAX_EDGES = 4
/** The switching threshold: a path must be better by this much, or by this part of half the round trip. */
const LEAST_GAIN_MS = 5
const LEAST_GAIN_RATIO = 0.1

/**
 * Shortest delay between all pairs over at most three transits, by brute force over the number of edges.
 * Delays are positive, so the best walk never repeats a router.
 *
 * @param {number[][]} delays - true one-way delay in ms, row = from, column = to
 * @returns {number[][]}
 */
export function optimum (delays) {
  let best = delays.map((row) => [...row])
  for (let edges = 2; edges <= MAX_EDGES; edges++) {
    best = best.map((row, from) => row.map((known, to) => from === to ? 0 : Math.min(known, ...row.map((first, middle) => middle === from || middle === to ? Infinity : first + delays[middle][to]))))
  }
  return best
}

/** How much better a path from i to j must be before it is taken, in ms. */
export function threshold (delays, i, j) {
  return Math.max(LEAST_GAIN_MS, LEAST_GAIN_RATIO * (delays[i][j] + delays[j][i]) / 2)
}

/**
 * What a perfect chooser with the default threshold would gain on the round trip of a pair, each direction judged by itself.
 *
 * @returns {number} ms; 0 where the default path stays
 */
export function predictedGain (delays, best, i, j) {
  const least = threshold(delays, i, j)
  const gainOf = (from, to) => {
    const gain = delays[from][to] - best[from][to]
    return gain > least ? gain : 0
  }
  return gainOf(i, j) + gainOf(j, i)
}
