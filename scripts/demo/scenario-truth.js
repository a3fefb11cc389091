import { loadScenario, trueOneWayDelayMs } from '@srwan/testbed'

/**
 * What the scenario's emulated Internet really does: the only place where true one-way delays are known.
 *
 * @param {string} file
 * @returns {Promise<{ name: string, delays: number[][], cities: Map<string, string> }>} one-way delays in ms in node order
 */
export async function scenarioTruth(file) {
  const scenario = await loadScenario(file)
  return {
    name: scenario.name,
    delays: trueOneWayDelayMs(scenario),
    cities: new Map(scenario.nodes.map((node) => [node.name, node.geo.city ?? node.name]))
  }
}
