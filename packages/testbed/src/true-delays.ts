import { InvalidInputError } from '@srwan/interface'
import { withLinkLookup } from './scenario.ts'
import type { Scenario } from './scenario.ts'

/**
 * The true one-way delays that the emulator applies, as the scenario has them before any fault.
 *
 * @returns n×n in ms, row = sender, column = receiver, the diagonal 0
 */
export function trueOneWayDelayMs(scenario: Scenario): number[][] {
  return scenario.links.map((row, i) => row.map((link, j) => (i === j ? 0 : link.delay)))
}

/** The best path by true delays, for tests to compare with. */
export interface OptimalPath {
  readonly oneWayDelayMs: number
  /** Indexes of the transits in order; empty where the default path is best. */
  readonly transits: readonly number[]
}

/**
 * Brute force over every path of at most `maxTransits` transits without a repeated node; the path with fewer transits wins ties.
 *
 * @param delays - n×n in ms, see {@link trueOneWayDelayMs}
 */
export function optimalPath(delays: ReadonlyArray<readonly number[]>, from: number, to: number, maxTransits = 3): OptimalPath {
  const delay = (i: number, j: number): number => delays[i]?.[j] ?? Infinity
  let best: OptimalPath = { oneWayDelayMs: delay(from, to), transits: [] }
  const extend = (transits: readonly number[], sofar: number): void => {
    const last = transits.at(-1) ?? from
    for (let next = 0; next < delays.length; next++) {
      if (next === from || next === to || transits.includes(next)) continue
      const reached = sofar + delay(last, next)
      if (reached >= best.oneWayDelayMs) continue
      const total = reached + delay(next, to)
      if (total < best.oneWayDelayMs) best = { oneWayDelayMs: total, transits: [...transits, next] }
      if (transits.length + 1 < maxTransits) extend([...transits, next], reached)
    }
  }
  if (maxTransits > 0) extend([], 0)
  return best
}

/**
 * The first `count` nodes of a scenario and the links among them. More nodes than it has: a city gets a second node (`iad2`), 1 ms from the
 * first and as far from all others.
 *
 * @throws InvalidInputError below 2 nodes or above ten for each of the scenario's
 */
export function withNodes(scenario: Scenario, count: number): Scenario {
  const have = scenario.nodes.length
  const most = Math.min(100, have * 10)
  if (!Number.isInteger(count) || count < 2 || count > most) throw new InvalidInputError({ source: '--nodes' }, `expected a whole number from 2 to ${most}; found ${count}`)
  const indexes = Array.from({ length: count }, (_, i) => i)
  const original = (i: number): number => i % have
  const nodes = indexes.map((i) => {
    const node = scenario.nodes[original(i)] as Scenario['nodes'][number]
    return i < have ? node : { ...node, name: `${node.name}${Math.floor(i / have) + 1}`, prefixes: [] }
  })
  const links = indexes.map((i) =>
    indexes.map((j) => {
      const link = (scenario.links[original(i)] as Scenario['links'][number])[original(j)] as Scenario['links'][number][number]
      return i !== j && original(i) === original(j) ? { ...link, delay: SAME_CITY } : link
    })
  )
  const names = new Set(nodes.map(({ name }) => name))
  return withLinkLookup({
    ...scenario,
    nodes,
    links,
    faults: scenario.faults.filter((fault) => ('node' in fault ? names.has(fault.node) : names.has(fault.from) && names.has(fault.to)))
  })
}

const SAME_CITY = 1 as Scenario['links'][number][number]['delay']
