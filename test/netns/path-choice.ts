import { createClient, type PathDocument } from '@srwan/api'
import { optimalPath } from '@srwan/testbed'
import { join } from 'node:path'
import type { TestnetNode } from './testnet-run.ts'

/** The switching threshold, as the architecture states it. */
const LEAST_GAIN_MS = 5
const LEAST_GAIN_RATIO = 0.1

/** How one direction of a decided pair compares with the truth, all in ms. */
export interface Judged {
  readonly from: string
  readonly to: string
  readonly defaultDelay: number
  readonly chosenDelay: number
  readonly optimalDelay: number
  readonly threshold: number
}

/** The true one-way delay of a segment list. */
function delayAlong(path: readonly number[], delays: readonly (readonly number[])[]): number {
  return path.slice(1).reduce((total, to, index) => total + (delays[path[index] ?? -1]?.[to] ?? Infinity), 0)
}

/**
 * Asks every node for its path to every other and judges each by the scenario's true delays.
 *
 * @param delays - ms, in the order of `nodes`
 */
export async function judgeAllPairs(nodes: readonly TestnetNode[], delays: readonly (readonly number[])[], fresh = false): Promise<Judged[]> {
  const index = new Map(nodes.map((node, position) => [node.sid, position]))
  const rows = await Promise.all(
    nodes.map(async (from, i) => {
      const client = createClient({ socket: join(from.home, 'api.sock'), timeoutMs: 60_000 })
      const row: Judged[] = []
      for (const [j, to] of nodes.entries()) {
        if (i === j) continue
        const path: PathDocument = await client.path(to.sid, { fresh })
        const chosen = [i, ...path.active.segments.map((sid) => index.get(sid) ?? -1)]
        const defaultDelay = delays[i]?.[j] ?? NaN
        row.push({
          from: from.name,
          to: to.name,
          defaultDelay,
          chosenDelay: delayAlong(chosen, delays),
          optimalDelay: optimalPath(delays, i, j).oneWayDelayMs,
          threshold: Math.max(LEAST_GAIN_MS, (LEAST_GAIN_RATIO * (defaultDelay + (delays[j]?.[i] ?? NaN))) / 2)
        })
      }
      return row
    })
  )
  return rows.flat()
}

/** What must hold for the chosen paths of a whole network; each a share of the pairs and those that miss it. */
export function verdicts(judged: readonly Judged[]): { readonly nearOptimal: Share; readonly bestWhereItMatters: Share; readonly worse: readonly Judged[] } {
  const matters = judged.filter((pair) => pair.defaultDelay - pair.optimalDelay > 2 * pair.threshold)
  return {
    nearOptimal: share(judged, (pair) => pair.chosenDelay - pair.optimalDelay <= pair.threshold + 1),
    bestWhereItMatters: share(matters, (pair) => pair.chosenDelay - pair.optimalDelay <= Math.max(0.03 * pair.optimalDelay, 1)),
    worse: judged.filter((pair) => pair.chosenDelay > pair.defaultDelay + 1)
  }
}

/** Part of the pairs for which something holds, and those for which it does not. */
export interface Share {
  readonly ratio: number
  readonly missed: readonly string[]
}

function share(pairs: readonly Judged[], holds: (pair: Judged) => boolean): Share {
  const missed = pairs.filter((pair) => !holds(pair))
  return {
    ratio: pairs.length === 0 ? 1 : 1 - missed.length / pairs.length,
    missed: missed.map(
      (pair) =>
        `${pair.from} → ${pair.to}: default ${pair.defaultDelay.toFixed(1)}, chosen ${pair.chosenDelay.toFixed(1)}, optimal ${pair.optimalDelay.toFixed(1)}, threshold ${pair.threshold.toFixed(1)}`
    )
  }
}
