/**
 * Named checks of a machine, each with what was found and how to fix it; loads neither HTTP server nor node.
 *
 * @packageDocumentation
 */
import type { DoctorCheck } from '@srwan/api/light'
import { addonLoads } from './addon-check.ts'
import type { Check, DoctorContext } from './check.ts'
import { datapathThreads, offloads, pathMtu, socketBuffers } from './datapath-checks.ts'
import { diskSpace, homeFiles } from './home-checks.ts'
import { bootstrapReachable, portFree, underlayMtu } from './network-checks.ts'
import { clockSource, fileDescriptors, kernelVersion, privileges, tunDevice } from './system-checks.ts'

export type { DoctorContext, RunningDatapath } from './check.ts'

/** Every check by its name, in the order they are shown. */
const CHECKS: readonly (readonly [string, Check])[] = [
  ['home', homeFiles],
  ['addon', addonLoads],
  ['privileges', privileges],
  ['tun-device', tunDevice],
  ['udp-port', portFree('udp')],
  ['tcp-port', portFree('tcp')],
  ['bootstrap', bootstrapReachable],
  ['mtu', underlayMtu],
  ['path-mtu', pathMtu],
  ['threads', datapathThreads],
  ['offloads', offloads],
  ['socket-buffers', socketBuffers],
  ['clock-source', clockSource],
  ['disk', diskSpace],
  ['kernel', kernelVersion],
  ['file-descriptors', fileDescriptors]
]

/** Runs all checks at once; a check that fails to run is itself a finding. */
export async function diagnose(context: DoctorContext): Promise<DoctorCheck[]> {
  return Promise.all(
    CHECKS.map(async ([name, check]) => {
      try {
        return { name, ...(await check(context)) }
      } catch (error) {
        return { name, outcome: 'fail' as const, found: `the check itself failed: ${(error as Error).message}`, remedy: 'Report this with the output of `srwan doctor --json`.' }
      }
    })
  )
}
