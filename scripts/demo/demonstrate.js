import { performance } from 'node:perf_hooks'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@srwan/api'
import { StopError } from '../workshop/stages.js'
import { predictedGain } from './gain.js'

/** A complete matrix takes two pulse intervals; beyond this something is broken. */
const MATRIX_TIMEOUT_MS = 90_000
const MATRIX_POLL_MS = 250
/** A decision takes over a second; a node makes one at a time. */
const PATH_TIMEOUT_MS = 60_000
/** Round trips that differ by less are the same: the noise of ten probes on two shared cores. */
const NOISE_MS = 1

const clientOf = (node) => createClient({ socket: join(node.home, 'api.sock'), timeoutMs: PATH_TIMEOUT_MS })

const missingCells = (matrix) => matrix.oneWayDelayMs.flatMap((row, i) => row.filter((cell, j) => i !== j && cell === null)).length

/** Waits until every node holds every cell of the delay matrix. */
export async function matrixComplete(nodes, signal) {
  const end = performance.now() + MATRIX_TIMEOUT_MS
  for (const node of nodes) {
    const client = clientOf(node)
    for (;;) {
      const matrix = await client.matrix(signal)
      if (matrix.routers.length === nodes.length && missingCells(matrix) === 0) break
      if (performance.now() > end) {
        throw new StopError(
          `after ${MATRIX_TIMEOUT_MS / 1000} s ${node.name} knows ${matrix.routers.length} of ${nodes.length} routers and misses ${missingCells(matrix)} cells; its log is ${join(node.home, 'daemon.log')}`
        )
      }
      await pause(MATRIX_POLL_MS, undefined, { signal })
    }
  }
}

function pairOf(from, to, path) {
  const nameOf = (sid) => path.names[sid] ?? sid
  const { active: chosen, default: usual } = path.roundTripMs
  return {
    from: from.name,
    to: to.name,
    defaultRoundTripMs: usual,
    chosenRoundTripMs: chosen,
    gainMs: usual === null || chosen === null ? null : usual - chosen,
    forward: path.active.segments.map(nameOf),
    reverse: path.reverse.active.segments.map(nameOf)
  }
}

/** A pair is improved where packets take another path than the default one and come back sooner. */
const isImproved = (pair) => pair.gainMs !== null && pair.gainMs > NOISE_MS && (pair.forward.length > 1 || pair.reverse.length > 1)
const isWorse = (pair) => pair.gainMs !== null && pair.gainMs < -NOISE_MS && (pair.forward.length > 1 || pair.reverse.length > 1)

/**
 * Asks every node for its path to every other: all nodes at once, one destination after the other at each.
 *
 * @param {{ name: string, home: string }[]} nodes
 * @param {number[][]} delays - true one-way delays of the scenario in node order, for what could be gained
 */
export async function decideAllPairs(nodes, delays, signal) {
  const rows = await Promise.all(
    nodes.map(async (from, i) => {
      const client = clientOf(from)
      const pairs = []
      for (const [j, to] of nodes.entries()) {
        if (i === j) continue
        const pair = pairOf(from, to, await client.path(to.sid, {}, signal))
        pairs.push({ ...pair, improved: isImproved(pair), predictedGainMs: predictedGain(delays, i, j) })
      }
      return pairs
    })
  )
  return rows.flat().sort((a, b) => (b.gainMs ?? -Infinity) - (a.gainMs ?? -Infinity))
}

/** @returns the figures under the table */
export function summarise(pairs, elapsedSeconds) {
  const improvable = pairs.filter((pair) => pair.predictedGainMs > 0)
  return {
    pairs: pairs.length,
    measured: pairs.filter((pair) => pair.gainMs !== null).length,
    improvable: improvable.length,
    improvedOfImprovable: improvable.filter((pair) => pair.improved).length,
    improved: pairs.filter((pair) => pair.improved).length,
    worse: pairs.filter(isWorse).length,
    elapsedSeconds
  }
}
