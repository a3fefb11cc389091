import { optimalPath } from '@srwan/testbed'

/** The switching threshold: a path must be better by this much, or by this part of half the round trip. */
const LEAST_GAIN_MS = 5
const LEAST_GAIN_RATIO = 0.1

/**
 * How much better a path from i to j must be before it is taken.
 *
 * @param {number[][]} delays - true one-way delays in ms, row = from, column = to
 */
export function threshold(delays, i, j) {
  return Math.max(LEAST_GAIN_MS, (LEAST_GAIN_RATIO * (delays[i][j] + delays[j][i])) / 2)
}

/**
 * What a perfect chooser with the default threshold would gain on the round trip of a pair over at most three transits, each direction judged by itself.
 *
 * @returns {number} ms; 0 where the default path stays
 */
export function predictedGain(delays, i, j) {
  const least = threshold(delays, i, j)
  const gainOf = (from, to) => {
    const gain = delays[from][to] - optimalPath(delays, from, to).oneWayDelayMs
    return gain > least ? gain : 0
  }
  return gainOf(i, j) + gainOf(j, i)
}
