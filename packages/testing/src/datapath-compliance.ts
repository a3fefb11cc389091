import { configCompliance } from './datapath-config-compliance.ts'
import type { DatapathHarness, DatapathHarnessFactory, MakeHarness } from './datapath-harness.ts'
import { lifecycleCompliance } from './datapath-lifecycle-compliance.ts'
import { pairCompliance } from './datapath-pair-compliance.ts'
import { pathCompliance } from './datapath-path-compliance.ts'

/** Real time that one test may take on a real clock, ms. */
const TIMEOUT = 60_000

/**
 * What every `Datapath` does, native or simulated.
 *
 * @param name - of the implementation, for the report
 * @param factory - makes connected datapaths for each test
 */
export function datapathCompliance(name: string, factory: DatapathHarnessFactory): void {
  describe(`datapath compliance: ${name}`, function () {
    this.timeout(TIMEOUT)
    const open: DatapathHarness[] = []
    const make: MakeHarness = async (options) => {
      const harness = await factory(options)
      open.push(harness)
      return harness
    }
    afterEach(async () => {
      for (const harness of open.splice(0)) await harness.close()
    })
    lifecycleCompliance(make)
    configCompliance(make)
    pairCompliance(make)
    pathCompliance(make)
  })
}
