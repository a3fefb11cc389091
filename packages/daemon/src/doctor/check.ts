import type { DoctorCheck } from '@srwan/api/light'
import type { Environment, NetworkFile, NodeConfig } from '@srwan/config'
import type { DatapathFeatures } from '@srwan/interface'

/** What only a running node knows. */
export interface RunningDatapath {
  readonly features: DatapathFeatures
  /** The paths in use by destination; inner octets, `undefined` while it is not known. */
  readonly paths: readonly { readonly name: string; readonly mtu: number | undefined }[]
}

/** What the checks may look at. */
export interface DoctorContext {
  readonly home: string
  readonly environment: Environment
  /** Ports in use are then the daemon's own. */
  readonly daemonRuns: boolean
  /** Absent where the home holds no usable one; the checks that need it are skipped. */
  readonly network?: NetworkFile
  readonly config?: NodeConfig
  /** Absent where the checks run outside of the daemon. */
  readonly running?: RunningDatapath
  readonly signal: AbortSignal
}

/** One look at the machine. */
export type Check = (context: DoctorContext) => Promise<Omit<DoctorCheck, 'name'>>
