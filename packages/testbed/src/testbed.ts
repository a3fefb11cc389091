import { resolve } from 'node:path'
import { systemClock, systemRandom } from '@srwan/clock'
import type { Clock, Milliseconds, Random } from '@srwan/interface'
import type { NodeConfigText } from '@srwan/config'
import { attachTestnet } from './attached-testnet.ts'
import type { AttachedTestnet } from './attached-testnet.ts'
import { daemonEntry, emulatorFile } from './package-files.ts'
import { checkRequirements } from './requirements.ts'
import type { Scenario } from './scenario.ts'
import { Supervisor } from './supervisor.ts'

/** Knobs of a testnet. */
export interface TestbedInit {
  /** Where it lives; made where missing, and removed by `down` if so. */
  readonly dir: string
  readonly scenario: Scenario
  /** Program and first arguments of the daemon; `up --home HOME` is added. @default the bundled srwan command, else its entry in the sources */
  readonly entry?: readonly string[]
  /** Executable of the emulator. @default `SRWAN_TESTBED_EMULATOR`, else the one built with this package */
  readonly emulator?: string
  /** Of every daemon. @default 'info' */
  readonly logLevel?: NonNullable<NodeConfigText['logLevel']>
  /** Longest wait for all daemons. @default 60 s */
  readonly readyTimeout?: Milliseconds
  /** Told of progress, faults and daemons that end. */
  readonly report?: (message: string) => void
  /** @default the process's */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** @default the system's */
  readonly clock?: Clock
  /** Tells this testnet's namespaces from others'. @default the system's */
  readonly random?: Random
}

/** A testnet that this process runs; it ends with this process at the latest. */
export interface Testbed extends Omit<AttachedTestnet, 'down'> {
  /** Resolves when every daemon answers `/startedz`; where it rejects nothing is left. */
  up: (signal?: AbortSignal) => Promise<void>
  /** Ends everything and removes every file; idempotent. @param force - without waiting for anybody */
  down: (force?: boolean) => Promise<void>
  /** Resolves when it is down, whoever asked for it. */
  readonly ended: Promise<void>
}

/**
 * A whole network on this machine: a namespace per node, an emulated Internet between them, the real daemon in each.
 *
 * @throws UnavailableResourceError from `up` where the machine lacks something: everything that is missing, in one message
 */
export function createTestbed(init: TestbedInit): Testbed {
  const environment = init.environment ?? process.env
  const clock = init.clock ?? systemClock()
  const dir = resolve(init.dir)
  const emulator = init.emulator ?? emulatorFile(environment)
  const supervisor = new Supervisor({
    dir,
    emulator,
    clock,
    scenario: init.scenario,
    entry: init.entry ?? daemonEntry(),
    random: init.random ?? systemRandom(),
    logLevel: init.logLevel ?? 'info',
    report: init.report ?? (() => {}),
    ...(init.readyTimeout === undefined ? {} : { readyTimeout: init.readyTimeout })
  })
  return {
    ...attachTestnet({ dir, emulator, clock }),
    up: async (signal) => {
      checkRequirements(emulator, environment)
      await supervisor.up(signal)
    },
    down: async (force) => {
      await supervisor.down(force)
    },
    ended: supervisor.ended
  }
}
