import type { DoctorCheck } from '@srwan/api/light'
import type { Environment, NetworkFile, NodeConfig } from '@srwan/config'

/** What the checks may look at. */
export interface DoctorContext {
  readonly home: string
  readonly environment: Environment
  /** Ports in use are then the daemon's own. */
  readonly daemonRuns: boolean
  /** Absent where the home holds no usable one; the checks that need it are skipped. */
  readonly network?: NetworkFile
  readonly config?: NodeConfig
  readonly signal: AbortSignal
}

/** One look at the machine. */
export type Check = (context: DoctorContext) => Promise<Omit<DoctorCheck, 'name'>>
