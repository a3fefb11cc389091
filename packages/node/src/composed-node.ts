import { Listeners, ms, ns, ppm } from '@srwan/interface'
import { announcedMultiaddr, underlayAddresses } from './underlay-addresses.ts'
import { resolveDestination } from './resolve-destination.ts'
import { StartSequence } from './start-sequence.ts'
import { SwitchLog } from './switch-log.ts'
import { checkTcpPort } from './tcp-port.ts'
import { datapathTraffic } from './traffic-metrics.ts'
import type { Beyond } from './beyond/beyond.ts'
import type { ConnectionKeeper } from './connection-keeper.ts'
import type { Ditex } from './ditex/create-ditex.ts'
import type { GossipTopic } from './group-topic.ts'
import type { GroupChain } from './groups/group-chain.ts'
import type { HealthBoard } from './health.ts'
import type { NetworkStack } from './network-stack.ts'
import type { MembershipView, Node } from './node.ts'
import type { NodeInit } from './node-init.ts'
import type { OwnMembership } from './own-membership.ts'
import type { RosterService } from './roster/roster-service.ts'
import type { StartStep } from './start-sequence.ts'
import type { TrafficMetrics } from './traffic-metrics.ts'
import type { Accountant } from '@srwan/accounting'
import type { Groups } from '@srwan/groups'
import type { Measurement } from '@srwan/measurement'
import type { Quarantine } from '@srwan/quarantine'
import type { SrPolicy } from '@srwan/sr-policy'
import type { Color, Datapath, DelayMatrix, Logger, Milliseconds, PathDecision, Startable, Timer } from '@srwan/interface'

/** Being alone is a finding after this. */
const GRACE = ms(10_000)

/** The parts that createNode made. */
export interface NodeParts {
  readonly datapath: Datapath
  readonly libp2p: NetworkStack
  readonly roster: RosterService
  readonly groups: Groups
  readonly chain: GroupChain
  readonly topic: GossipTopic
  readonly measurement: Measurement
  readonly beyond: Beyond
  readonly srPolicy: SrPolicy
  readonly quarantine: Quarantine
  readonly evidence: Startable
  readonly ditex: Ditex
  readonly accountant: Accountant
  readonly directory: Startable
  readonly keeper: ConnectionKeeper
  readonly health: HealthBoard
  readonly traffic: TrafficMetrics
  readonly own: OwnMembership
}

/** Start order, state and the node's outside; what the parts are is for createNode. */
export class ComposedNode implements Node {
  readonly #init: NodeInit
  readonly #parts: NodeParts
  readonly #logger: Logger
  readonly #sequence: StartSequence
  readonly #events: Listeners<{ ready: undefined }>
  readonly #switches: SwitchLog
  readonly self: Node['self']
  #state: ReturnType<Node['state']> = 'stopped'
  #startedAt: Milliseconds
  /** When the roster last changed or the matrix was last seen whole. */
  #completeAt: Milliseconds
  #clockJump: Timer | undefined

  constructor(init: NodeInit, parts: NodeParts) {
    const { identity, clock } = init
    this.#init = init
    this.#parts = parts
    this.#switches = new SwitchLog(clock)
    this.#logger = init.logger.forComponent('srwan:node')
    this.#sequence = new StartSequence({ clock, logger: this.#logger }, this.#steps())
    this.#events = new Listeners((error) => {
      this.#logger.error('a listener of the node failed', { error })
    })
    this.self = {
      peerId: identity.peerId,
      sid: identity.sid,
      overlayAddress: identity.overlayAddress,
      name: init.name ?? parts.own.membership.name,
      geo: init.geo,
      roles: init.roles
    }
    this.#startedAt = clock.now()
    this.#completeAt = clock.now()
  }

  get networkId(): string {
    return this.#init.networkFile.id
  }
  get clock(): Node['clock'] {
    return this.#init.clock
  }
  get logger(): Node['logger'] {
    return this.#init.logger
  }
  get listenEndpoint(): Node['listenEndpoint'] {
    return this.#parts.datapath.listenEndpoint
  }

  on(name: 'ready', listener: (event: undefined) => void): void {
    this.#events.on(name, listener)
  }
  off(name: 'ready', listener: (event: undefined) => void): void {
    this.#events.off(name, listener)
  }
  state(): ReturnType<Node['state']> {
    return this.#state
  }
  uptimeSeconds(): number {
    return (this.#init.clock.now() - this.#startedAt) / 1000
  }
  roster(): ReturnType<Node['roster']> {
    return this.#parts.roster.current()
  }
  group(): ReturnType<Node['group']> {
    const { groups, chain } = this.#parts
    return { number: groups.own().number, roster: groups.roster.current(), anchored: chain.status() }
  }
  memberships(): readonly MembershipView[] {
    return this.#parts.roster.memberships()
  }
  matrix(): ReturnType<Node['matrix']> {
    return this.#parts.measurement.current()
  }
  lastKnownMatrix(): ReturnType<Node['matrix']> {
    return this.#parts.measurement.lastKnown()
  }
  evidence(): ReturnType<Node['evidence']> {
    return this.#parts.measurement.evidence()
  }
  quarantine(): ReturnType<Node['quarantine']> {
    return this.#parts.quarantine.verdicts()
  }
  decisions(): ReturnType<Node['decisions']> {
    return this.#parts.srPolicy.decisions()
  }
  sessions(): ReturnType<Node['sessions']> {
    return this.#parts.datapath.sessions()
  }
  accounts(): ReturnType<Node['accounts']> {
    return this.#parts.accountant.accounts()
  }
  features(): ReturnType<Node['features']> {
    return this.#parts.datapath.features()
  }
  switches(): ReturnType<Node['switches']> {
    return this.#switches.list()
  }
  exchange(): ReturnType<Node['exchange']> {
    return this.#parts.ditex.exchange()
  }
  counters(): ReturnType<Node['counters']> {
    return this.#parts.datapath.counters()
  }
  resolve(text: string): ReturnType<Node['resolve']> {
    return resolveDestination(this.#parts.roster.members(), text)
  }
  revoke(revocation: Uint8Array): Promise<void> {
    return this.#parts.roster.revoke(revocation)
  }

  probePaths(...[request, signal]: Parameters<Node['probePaths']>): ReturnType<Node['probePaths']> {
    return this.#parts.datapath.probePaths(request, signal)
  }

  decide(...[endpoint, color, options]: Parameters<Node['decide']>): Promise<PathDecision> {
    return this.#parts.srPolicy.decide(endpoint, color satisfies Color, options)
  }

  traffic(): ReturnType<Node['traffic']> {
    return { ...datapathTraffic(this.#parts.datapath.counters()), ...this.#parts.traffic.traffic() }
  }

  connections(): ReturnType<Node['connections']> {
    return this.#parts.libp2p.getConnections().map((connection) => ({
      peerId: connection.remotePeer.toString() as never,
      address: connection.remoteAddr.toString(),
      direction: connection.direction
    }))
  }

  multiaddrs(): readonly string[] {
    const { address } = this.#init.listen
    return underlayAddresses(address, this.#init.advertise ?? []).map((announced) => announcedMultiaddr(announced, this.#tcpPort(), this.self.peerId))
  }

  adjustClock(change: Parameters<Node['adjustClock']>[0]): void {
    const { stepNanoseconds, driftPpm } = change
    this.#parts.datapath.adjustClock({
      ...(stepNanoseconds === undefined ? {} : { step: ns(stepNanoseconds) }),
      ...(driftPpm === undefined ? {} : { drift: ppm(driftPpm) })
    })
  }

  health(): ReturnType<Node['health']> {
    const { health, keeper } = this.#parts
    const running = this.#state === 'running' || this.#state === 'joining'
    const alone = running && keeper.hasCandidates() && keeper.connected().size === 0 && this.#init.clock.now() - this.#startedAt > GRACE
    if (alone) health.raise('no-peers')
    else health.clear('no-peers')
    if (running && !alone && this.#matrixIncomplete()) health.raise('matrix-incomplete')
    else health.clear('matrix-incomplete')
    if (this.#hasOutgrown()) health.raise('no-beacon')
    else health.clear('no-beacon')
    const isAccused = this.quarantine().some(({ router, state }) => router === this.self.sid && state !== 'suspected')
    if (isAccused) health.raise('quarantined')
    else health.clear('quarantined')
    return health.list()
  }

  async start(signal?: AbortSignal): Promise<void> {
    if (this.#state !== 'stopped') return
    this.#state = 'starting'
    this.#startedAt = this.#init.clock.now()
    try {
      await this.#sequence.start(signal)
    } catch (error) {
      this.#state = 'stopped'
      throw error
    }
    this.#state = 'joining'
    this.#logger.info('started', { sid: this.self.sid, overlayAddress: this.self.overlayAddress })
    if (this.#parts.keeper.connected().size > 0 || !this.#parts.keeper.hasCandidates()) this.#becomeReady()
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'stopping') return
    this.#state = 'stopping'
    this.#clockJump?.cancel()
    await this.#sequence.stop()
    this.#state = 'stopped'
    this.#logger.info('stopped')
  }

  readonly #becomeReady = (): void => {
    if (this.#state !== 'joining') return
    this.#state = 'running'
    this.#events.emit('ready', undefined)
  }

  readonly #onRoster = (): void => {
    this.#completeAt = this.#init.clock.now()
  }

  readonly #onMatrix = ({ cells }: DelayMatrix): void => {
    if (cells.length < this.group().roster.members.length) return
    if (cells.every((row, i) => row.every((cell, j) => i === j || cell?.oneWayDelay !== undefined))) this.#completeAt = this.#init.clock.now()
  }

  readonly #onClockEpoch = (): void => {
    this.#parts.health.raise('clock-jump')
    this.#clockJump?.cancel()
    this.#clockJump = this.#init.clock.setTimeout(() => {
      this.#parts.health.clear('clock-jump')
    }, this.#threePulses())
  }

  readonly #onFailure = (event: { readonly code: string; readonly message: string }): void => {
    this.#parts.health.raise('datapath-failure')
    this.#logger.error('the datapath failed', event)
  }

  #threePulses(): Milliseconds {
    return ms(3 * this.#init.networkFile.parameters.pulseInterval)
  }

  /** A cell that is late for once is nothing to say; one that stays away is. */
  #matrixIncomplete(): boolean {
    return this.group().roster.members.length > 1 && this.#init.clock.now() - this.#completeAt > this.#threePulses()
  }

  /** Up to one group nothing needs drawing; beyond it groups are those of the genesis beacon, which everybody knows beforehand. */
  #hasOutgrown(): boolean {
    const { kind, parameters } = this.#init.networkFile
    return kind === 'open' && this.#parts.roster.members().length > parameters.groupSize
  }

  #tcpPort(): number {
    const [first] = this.#parts.libp2p.getMultiaddrs()
    return Number(/\/tcp\/(\d+)/.exec(first?.toString() ?? '')?.[1] ?? this.#init.listen.tcpPort)
  }

  /** The order of the start; the stop is its reverse. */
  #steps(): readonly StartStep[] {
    const { libp2p, roster, groups, chain, directory, ditex, topic, measurement, beyond, srPolicy, quarantine, evidence, accountant } = this.#parts
    const nothing = (): Promise<void> => Promise.resolve()
    return [
      { name: 'state', start: () => roster.load(), stop: nothing },
      { name: 'accounting', start: (signal) => accountant.start(signal), stop: () => accountant.stop() },
      { name: 'datapath', start: (signal) => this.#startDatapath(signal), stop: () => this.#stopDatapath() },
      { name: 'roster', start: () => roster.start(), stop: () => roster.stop() },
      { name: 'groups of the life before', start: () => chain.load(), stop: nothing },
      { name: 'groups', start: (signal) => groups.start(signal), stop: () => groups.stop() },
      {
        name: 'libp2p',
        start: () => this.#startLibp2p(),
        stop: async () => {
          await libp2p.stop()
        }
      },
      { name: 'descriptor', start: () => this.#announce(), stop: nothing },
      { name: 'directory', start: (signal) => directory.start(signal), stop: () => directory.stop() },
      { name: 'topic', start: () => topic.start(), stop: () => topic.stop() },
      { name: 'exchange of entries', start: (signal) => ditex.start(signal), stop: () => ditex.stop() },
      { name: 'measurement', start: (signal) => measurement.start(signal), stop: () => measurement.stop() },
      { name: 'other groups', start: (signal) => beyond.start(signal), stop: () => beyond.stop() },
      { name: 'quarantine', start: (signal) => quarantine.start(signal), stop: () => quarantine.stop() },
      { name: 'path choice', start: (signal) => srPolicy.start(signal), stop: () => srPolicy.stop() },
      { name: 'evidence', start: (signal) => evidence.start(signal), stop: () => evidence.stop() },
      { name: 'connections', start: () => this.#startKeeper(), stop: () => this.#stopKeeper() }
    ]
  }

  async #startDatapath(signal: AbortSignal | undefined): Promise<void> {
    const { datapath } = this.#parts
    datapath.on('clockEpoch', this.#onClockEpoch)
    datapath.on('failure', this.#onFailure)
    datapath.on('switched', this.#switches.add)
    await datapath.start(signal)
  }

  async #stopDatapath(): Promise<void> {
    const { datapath } = this.#parts
    datapath.off('clockEpoch', this.#onClockEpoch)
    datapath.off('failure', this.#onFailure)
    datapath.off('switched', this.#switches.add)
    await datapath.stop()
  }

  async #startLibp2p(): Promise<void> {
    const { address, tcpPort } = this.#init.listen
    await checkTcpPort(address, tcpPort)
    await this.#parts.libp2p.start()
  }

  /** Both ports are known now; the datapath's key is new at every start, so the descriptor is as well. */
  async #announce(): Promise<void> {
    const { datapath, roster } = this.#parts
    const addresses = underlayAddresses(this.#init.listen.address, this.#init.advertise ?? [])
    await roster.announce({
      datapathKey: datapath.publicKey,
      endpoints: addresses.map((address) => ({ address, port: datapath.listenEndpoint.port })),
      multiaddrs: this.multiaddrs(),
      geo: this.#init.geo,
      roles: this.#init.roles
    })
  }

  async #startKeeper(): Promise<void> {
    const { roster, keeper, measurement } = this.#parts
    roster.on('admitted', this.#becomeReady)
    roster.on('change', this.#onRoster)
    measurement.on('update', this.#onMatrix)
    await keeper.start()
  }

  async #stopKeeper(): Promise<void> {
    const { roster, keeper, measurement } = this.#parts
    roster.off('admitted', this.#becomeReady)
    roster.off('change', this.#onRoster)
    measurement.off('update', this.#onMatrix)
    await keeper.stop()
  }
}
