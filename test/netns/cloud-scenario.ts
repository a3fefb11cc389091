import { CLOUD12, deriveScenario, sharedTestnet, type Testnet } from './testnet-run.ts'

/** The twelve cities of the demo with a pulse interval of 2 s. */
export async function cloudScenario (change: (scenario: Record<string, any>) => void = () => {}): Promise<string> { // eslint-disable-line typescript/no-explicit-any -- the text of a file that the product itself validates
  return await deriveScenario(CLOUD12, (scenario) => {
    scenario.network = { ...scenario.network, pulseInterval: '2s', epoch: '60s' }
    change(scenario)
  })
}

/** The running twelve cities, shared by the suites that leave them as they were. */
export async function cloud (): Promise<Testnet> {
  return await sharedTestnet('cloud', cloudScenario)
}
