import { parseScenario, trueOneWayDelayMs } from '@srwan/testbed'

/** True one-way delays of a scenario text in ms, in the order of its nodes: what the emulator applies and no node can know. */
export async function trueDelays(scenario: string): Promise<readonly (readonly number[])[]> {
  return trueOneWayDelayMs(await parseScenario(scenario, 'scenario.yaml'))
}
