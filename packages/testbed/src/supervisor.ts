import { join } from 'node:path'
import type { Server } from 'node:net'
import { ms } from '@srwan/interface'
import type { Clock, Milliseconds, Random } from '@srwan/interface'
import type { NodeConfigText } from '@srwan/config'
import { checkSocketPaths, explainFileFailure, lockDirectory, makeDirectory } from './directory.ts'
import type { DirectoryLock } from './directory.ts'
import { askEmulator, linkLine, startEmulator } from './emulator-process.ts'
import type { EmulatorProcess } from './emulator-process.ts'
import { TestnetFailedError, UnknownNodeError } from './errors.ts'
import { FaultSchedule } from './fault-schedule.ts'
import type { LinkChange } from './link-parameters.ts'
import { LinkTable } from './link-table.ts'
import { NodeDaemon } from './node-daemon.ts'
import { namespaceInode, processId } from './process-table.ts'
import type { ProcessId } from './process-table.ts'
import { provision } from './provision.ts'
import type { ProvisionedNode } from './provision.ts'
import type { NodeAction } from './scenario-schema.ts'
import type { Scenario } from './scenario.ts'
import { makeSiteNetwork } from './site-network.ts'
import { listenForRequests } from './supervisor-socket.ts'
import { removeFiles, sweepProcesses } from './sweep.ts'
import { currentBootId, readState, TESTNET_FILES, writeState } from './testnet-state.ts'
import type { NodeRecord, TestnetState } from './testnet-state.ts'

/** Longest wait for all daemons: twelve Node processes share two cores. */
const READY_TIMEOUT = ms(60_000)

export interface SupervisorInit {
  readonly dir: string
  readonly scenario: Scenario
  /** Executable of the emulator. */
  readonly emulator: string
  /** Program and first arguments of the daemon. */
  readonly entry: readonly string[]
  readonly clock: Clock
  /** Not seeded: it tells this testnet's namespaces from any other's. */
  readonly random: Random
  readonly logLevel: NonNullable<NodeConfigText['logLevel']>
  /** @default 60 s */
  readonly readyTimeout?: Milliseconds
  /** Progress, and what happens afterwards: faults, daemons that end. */
  readonly report: (message: string) => void
}

/** Runs one testnet: emulator, namespaces, homes, daemons, faults. */
export class Supervisor {
  readonly #init: SupervisorInit
  readonly #links: LinkTable
  readonly #faults: FaultSchedule
  readonly #daemons = new Map<string, NodeDaemon>()
  readonly #ended: Promise<void>
  #resolveEnded: () => void = () => {}
  #state: TestnetState | undefined
  #lock: DirectoryLock | undefined
  #emulator: EmulatorProcess | undefined
  #server: Server | undefined
  #writing: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined

  constructor(init: SupervisorInit) {
    this.#init = init
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
    this.#links = new LinkTable(init.scenario)
    this.#faults = new FaultSchedule(init.clock, {
      link: async (fault) => {
        init.report(`fault: ${fault.from} and ${fault.to}: ${describe(fault.change)}`)
        const undo = await this.link(fault.from, fault.to, fault.oneWay, fault.change)
        return async () => {
          init.report(`fault over: ${fault.from} and ${fault.to}`)
          await undo()
        }
      },
      node: async (fault) => {
        init.report(`fault: ${fault.node}: ${fault.action.kind}`)
        await this.node(fault.node, fault.action)
      },
      onError: (_, error) => {
        init.report(`fault failed: ${error.message}`)
      }
    })
  }

  /** Resolves when the testnet is down again, or the emulator failed and everything was ended. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /**
   * Builds everything; resolves when every daemon is ready. Where it fails or is aborted nothing is left.
   *
   * @throws InvalidInputError, UnavailableResourceError, TestnetFailedError, TestnetTimeoutError; the signal's reason
   */
  async up(signal?: AbortSignal): Promise<void> {
    const { dir, scenario } = this.#init
    checkSocketPaths(dir, scenario)
    this.#lock = await lockDirectory(dir)
    try {
      await this.#removePredecessor()
      await this.#create(signal)
    } catch (error) {
      await this.down().catch(() => undefined)
      throw (error as NodeJS.ErrnoException).syscall === undefined ? error : explainFileFailure(dir, error as NodeJS.ErrnoException)
    }
  }

  async #removePredecessor(): Promise<void> {
    const { dir, clock, report } = this.#init
    const old = readState(dir)
    if (old === undefined) return
    report('removing what an earlier testnet left')
    await sweepProcesses(old, { clock, force: true })
    await removeFiles(dir, old.createdRoot)
  }

  async #create(signal?: AbortSignal): Promise<void> {
    const { dir, scenario, report } = this.#init
    const createdRoot = makeDirectory(dir)
    const marker = `127.${[...this.#init.random.bytes(3)].map((octet) => 1 + (octet % 254)).join('.')}`
    this.#state = {
      schemaVersion: 1,
      phase: 'starting',
      scenario: scenario.name,
      bootId: currentBootId(),
      marker,
      ...(createdRoot === undefined ? {} : { createdRoot }),
      supervisor: processId(process.pid) as ProcessId,
      nodes: []
    }
    await this.#save()
    const provisioned = provision({ scenario, directory: join(dir, TESTNET_FILES.nodes), clock: this.#init.clock, logLevel: this.#init.logLevel })
    // both to their end, so that nothing comes to life after a failure was cleaned up
    await Promise.allSettled([provisioned, this.#startEmulator(marker)]).then((outcomes) => {
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
    })
    const nodes = await provisioned
    this.#state.nodes = nodes.map((node, i) => this.#record(node, this.#emulator?.holders[i] as number))
    await this.#save()
    signal?.throwIfAborted()
    report(`${nodes.length} namespaces up, starting the daemons`)
    await this.#startNodes(nodes, signal)
    this.#server = await listenForRequests(join(dir, TESTNET_FILES.supervisor), async (request) => {
      if (request.op === 'link') await this.link(request.from, request.to, request.oneWay, request.change as LinkChange)
      else await this.node(request.node, { kind: request.action })
    })
    this.#state.phase = 'ready'
    await this.#save()
    this.#faults.start(scenario.faults)
  }

  async #startEmulator(marker: string): Promise<void> {
    const { dir, scenario, emulator, report } = this.#init
    this.#emulator = await startEmulator(scenario, { program: emulator, control: join(dir, TESTNET_FILES.control), marker })
    const started = processId(this.#emulator.pid)
    if (this.#state !== undefined && started !== undefined) this.#state.emulator = started
    void this.#emulator.ended.then(async () => {
      if (this.#stopping !== undefined) return
      report('the emulator ended: stopping the testnet')
      await this.down()
    })
  }

  #record(node: ProvisionedNode, holder: number): NodeRecord {
    const { identity } = node
    return {
      name: node.node.name,
      home: node.home,
      sid: identity.sid,
      peerId: identity.peerId,
      overlayAddress: identity.overlayAddress,
      underlayAddress: node.underlayAddress,
      overlayIpv4: node.overlayIpv4,
      state: 'starting',
      namespaceInode: namespaceInode(holder),
      holder: processId(holder)
    }
  }

  async #startNodes(nodes: readonly ProvisionedNode[], signal?: AbortSignal): Promise<void> {
    const { emulator, entry, clock } = this.#init
    const enter = (node: string): string[] => [emulator, 'enter', String(this.#recordOf(node).holder?.pid), '--die-with-parent', '--']
    await Promise.all(
      nodes.map(async ({ node }) => {
        await makeSiteNetwork(enter(node.name), node.prefixes)
      })
    )
    for (const { node, home } of nodes) {
      this.#daemons.set(
        node.name,
        new NodeDaemon({
          name: node.name,
          home,
          enter: enter(node.name),
          entry,
          clock,
          onExit: (how) => {
            this.#onExit(node.name, how)
          }
        })
      )
    }
    await Promise.all(
      nodes.map(async ({ node }) => {
        await this.#startDaemon(node.name, signal)
      })
    )
  }

  async #startDaemon(name: string, signal?: AbortSignal): Promise<void> {
    const daemon = this.#daemons.get(name) as NodeDaemon
    const record = this.#recordOf(name)
    daemon.launch()
    record.daemon = daemon.process
    record.state = 'starting'
    await this.#save()
    await daemon.ready(this.#init.readyTimeout ?? READY_TIMEOUT, signal)
    record.state = 'running'
    await this.#save()
  }

  #onExit(name: string, how: string): void {
    if (this.#stopping !== undefined) return
    const record = this.#recordOf(name)
    // one that fails to start is reported by whoever waits for it
    if (record.state === 'running') this.#init.report(`the daemon of ${name} ended (${how})`)
    record.state = 'exited'
    void this.#save()
  }

  /**
   * Changes the emulated Internet between two nodes.
   *
   * @returns what gives the changed fields back
   * @throws UnknownNodeError, TestnetFailedError
   */
  async link(from: string, to: string, oneWay: boolean, change: LinkChange): Promise<() => Promise<void>> {
    this.#recordOf(from)
    this.#recordOf(to)
    if (from === to) throw new TestnetFailedError('a link needs two nodes')
    const changed = this.#links.change(from, to, oneWay, change)
    const control = join(this.#init.dir, TESTNET_FILES.control)
    for (const pair of changed) await askEmulator(control, linkLine(pair.from, pair.to, pair.link))
    return async () => {
      for (const pair of changed) await this.link(pair.from, pair.to, true, pair.before)
    }
  }

  /** Stops, starts or kills one node, or steps its clock. @throws UnknownNodeError, TestnetFailedError */
  async node(name: string, action: NodeAction): Promise<void> {
    const record = this.#recordOf(name)
    const daemon = this.#daemons.get(name) as NodeDaemon
    if (action.kind === 'clock-step') {
      await daemon.stepClock(action.step)
      return
    }
    if (action.kind === 'start') {
      if (!daemon.isRunning) await this.#startDaemon(name)
      return
    }
    await (action.kind === 'kill' ? daemon.kill() : daemon.stop())
    record.state = action.kind === 'kill' ? 'killed' : 'stopped'
    await this.#save()
  }

  /**
   * Ends everything and removes every file; idempotent.
   *
   * @param force - without waiting for anybody
   */
  async down(force = false): Promise<void> {
    if (force && this.#state !== undefined) await sweepProcesses(this.#state, { clock: this.#init.clock, force: true })
    this.#stopping ??= this.#tearDown()
    await this.#stopping
  }

  async #tearDown(): Promise<void> {
    const { dir, clock } = this.#init
    try {
      this.#faults.stop()
      this.#server?.close()
      if (this.#state !== undefined) {
        this.#state.phase = 'stopping'
        await this.#save()
        await Promise.all(
          [...this.#daemons.values()].map(async (daemon) => {
            await daemon.stop()
          })
        )
        await sweepProcesses(this.#state, { clock })
        await this.#writing
        await removeFiles(dir, this.#state.createdRoot)
      }
    } finally {
      await this.#lock?.release()
      this.#resolveEnded()
    }
  }

  #recordOf(name: string): NodeRecord {
    const nodes = this.#state?.nodes ?? []
    const found = nodes.find((node) => node.name === name)
    if (found === undefined)
      throw new UnknownNodeError(
        name,
        nodes.map((node) => node.name)
      )
    return found
  }

  async #save(): Promise<void> {
    // one writer at a time: the file is replaced as a whole
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        if (this.#state !== undefined) await writeState(this.#init.dir, this.#state)
      })
    await this.#writing
  }
}

const describe = (change: LinkChange): string =>
  Object.entries(change)
    .map(([field, value]) => `${field} ${String(value)}`)
    .join(', ')
