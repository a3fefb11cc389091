import { CLOUD12, deriveScenario, type ScenarioText } from './testnet-run.ts'

/** The twelve cities of the demo with a pulse interval of 2 s. */
export async function cloudScenario(change: (scenario: ScenarioText) => void = () => {}): Promise<string> {
  return await deriveScenario(CLOUD12, (scenario) => {
    scenario.network = { ...scenario.network, pulseInterval: '2s', epoch: '60s' }
    change(scenario)
  })
}
