import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { askEmulator, startEmulator } from '../../src/emulator-process.ts'
import type { EmulatorProcess, EmulatorStatistics } from '../../src/emulator-process.ts'
import { packageFile, parseScenario } from '../../src/index.ts'
import type { Scenario } from '../../src/index.ts'
import { underlayAddress } from '../../src/underlay.ts'

/** What the packet probe reports of one directed pair. */
export interface ProbedPair {
  readonly from: number
  readonly to: number
  readonly sent: number
  readonly received: number
  readonly outOfOrder: number
  readonly bitsPerSecond: number
  readonly minMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Of every packet that arrived, ascending. */
  readonly delaysMs: readonly number[]
}

/** Of times that were taken beside the packets. */
export interface Quantiles {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p997Ms: number
  readonly maxMs: number
}

/** What to send: packets a second over all pairs, for how long, of how many octets of UDP payload. */
export interface Load {
  readonly rate: number
  readonly seconds: number
  readonly payload?: number
  /** `all`, or `0-1,2-3` by indexes. */
  readonly pairs?: string
}

const NOTHING: Quantiles = { p50Ms: 0, p99Ms: 0, p997Ms: 0, maxMs: 0 }

/** An emulator alone, without daemons. */
export class EmulatorRun {
  readonly scenario: Scenario
  readonly #directory: string
  readonly #process: EmulatorProcess
  /** How late the machine woke whoever slept on it during the last probe, whatever their priority: a host that takes processors away from its guests. */
  machine: Quantiles = NOTHING
  /** What three threads took to hand a packet on, each woken by the one before, during the last probe: the emulator's way without the emulator. */
  relay: Quantiles = NOTHING

  private constructor(scenario: Scenario, directory: string, process: EmulatorProcess) {
    this.scenario = scenario
    this.#directory = directory
    this.#process = process
  }

  /** @param yaml - a scenario text */
  static async start(yaml: string): Promise<EmulatorRun> {
    const scenario = await parseScenario(yaml, packageFile('scenarios/cloud12.yaml'))
    const directory = await mkdtemp(join(tmpdir(), 'srwan-wan-'))
    const process = await startEmulator(scenario, { program: packageFile('build/emulator'), control: join(directory, 'wan.sock'), marker: '127.9.9.9' })
    return new EmulatorRun(scenario, directory, process)
  }

  async stop(): Promise<void> {
    await this.ask({ op: 'shutdown' })
    await this.#process.ended
    await rm(this.#directory, { recursive: true, force: true })
  }

  async ask(request: object): Promise<Record<string, unknown>> {
    return askEmulator(join(this.#directory, 'wan.sock'), request)
  }

  async statistics(): Promise<EmulatorStatistics> {
    return (await this.ask({ op: 'stats', links: true })) as unknown as EmulatorStatistics
  }

  async probe(load: Load): Promise<readonly ProbedPair[]> {
    const nodes = this.#process.holders.map((pid, i) => `${pid}:${underlayAddress(i)}`)
    const { stdout } = await promisify(execFile)(
      packageFile('build/packet-probe'),
      [String(load.rate), String(load.seconds), String(load.payload ?? 200), load.pairs ?? 'all', ...nodes],
      { maxBuffer: 1 << 26 }
    )
    const { machine, relay, pairs } = JSON.parse(stdout) as { machine: Quantiles; relay: Quantiles; pairs: ProbedPair[] }
    this.machine = machine
    this.relay = relay
    return pairs
  }

  /** Runs a program inside a node; resolves with its output, rejects on another exit code than 0. */
  async exec(node: number, ...command: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(packageFile('build/emulator'), ['enter', String(this.#process.holders[node]), '--', ...command], { maxBuffer: 1 << 26 })
    return stdout
  }

  /** Process that keeps a node's namespace. */
  holder(node: number): number {
    return this.#process.holders[node] as number
  }
}
