import { loadScenario } from '@srwan/testbed'

/**
 * What the scenario's emulated Internet really does: the only place where true one-way delays are known.
 *
 * @param {string} file
 * @returns {Promise<{ name: string, delays: number[][], cities: Map<string, string> }>} one-way delays in ms in node order
 */
export async function scenarioTruth (file) {
  const scenario = await loadScenario(file)
  const names = scenario.nodes.map((node) => node.name)
  const delays = names.map((from) => names.map((to) => from === to ? 0 : scenario.link(from, to).delay))
  return { name: scenario.name, delays, cities: new Map(scenario.nodes.map((node) => [node.name, node.geo?.city ?? node.name])) }
}
