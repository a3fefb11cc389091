import { Listeners, MAX_GROUP_SIZE, UnknownDestinationError, ms } from '@srwan/interface'
import type { BeyondCandidates, Member, Milliseconds, Sid, Timer } from '@srwan/interface'
import { ColumnFetcher } from './column-fetcher.ts'
import { MAX_FINDINGS, MAX_GIVEN, MAX_HELD, MAX_OF_ASKER, MAX_OF_GROUP, TICK } from './constants.ts'
import { Destinations } from './destinations.ts'
import { digestOf } from './group-digest.ts'
import { LandmarkBook } from './landmark-book.ts'
import { LandmarkService } from './landmark-service.ts'
import { LeaseTable } from './lease-table.ts'
import { MeasureServer } from './measure-server.ts'
import { RouterIndex } from './router-index.ts'
import type { Destination } from './destinations.ts'
import type { Beyond, BeyondComponents, BeyondDrop, BeyondInit, ColumnFinding } from './beyond.ts'

/** Wires leases, columns and landmarks together; every decision is theirs. */
export class BeyondService implements Beyond {
  readonly #components: BeyondComponents
  readonly #routers: RouterIndex
  readonly #book: LandmarkBook
  readonly #given = new LeaseTable({ all: MAX_GIVEN, ofAsker: MAX_OF_ASKER, ofGroup: MAX_OF_GROUP })
  readonly #held = new LeaseTable({ all: MAX_HELD, ofAsker: MAX_HELD, ofGroup: MAX_HELD })
  readonly #destinations: Destinations
  readonly #landmarks: LandmarkService
  readonly #server: MeasureServer
  readonly #listeners = new Listeners<{ change: readonly Member[] }>()
  readonly #drops: Partial<Record<BeyondDrop, number>> = {}
  readonly #findings: ColumnFinding[] = []
  readonly #peersUpTo: number
  #told = ''
  #timer: Timer | undefined
  #life = new AbortController()

  constructor(components: BeyondComponents, init: BeyondInit) {
    this.#components = components
    const { signer, clock, logger } = components
    const routers = new RouterIndex(components.directory, components.groups)
    const book = new LandmarkBook(signer.sid)
    const onDrop = (reason: BeyondDrop): void => {
      this.#drops[reason] = (this.#drops[reason] ?? 0) + 1
    }
    const onFinding = (finding: ColumnFinding): void => {
      this.#findings.push(finding)
      if (this.#findings.length > MAX_FINDINGS) this.#findings.shift()
      logger.forComponent('srwan:beyond').debug('two members disagree on a column', { router: finding.router, differences: finding.differences.length })
    }
    const columns = new ColumnFetcher({ ...components, routers, book, logger: logger.forComponent('srwan:columns') }, { ...init, onFinding, onDrop })
    this.#peersUpTo = init.peersUpTo ?? MAX_GROUP_SIZE
    this.#routers = routers
    this.#book = book
    this.#destinations = new Destinations(components, { routers, book, held: this.#held, columns })
    this.#landmarks = new LandmarkService(components, { routers, book, onDrop })
    this.#server = new MeasureServer({ ...components, routers, book, given: this.#given, clock }, { networkId: init.networkId, onLease: this.#review, onDrop })
  }

  readonly on: Beyond['on'] = (name, listener) => {
    this.#listeners.on(name, listener)
  }
  readonly off: Beyond['off'] = (name, listener) => {
    this.#listeners.off(name, listener)
  }

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#timer !== undefined) return
    const { transport, clock, roster } = this.#components
    this.#life = new AbortController()
    await transport.serve(this.#server.handle)
    this.#landmarks.start()
    roster.on('change', this.#review)
    this.#timer = clock.setInterval(this.#tick, TICK)
  }

  async stop(): Promise<void> {
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = undefined
    this.#life.abort(new Error('the node was stopped'))
    this.#components.roster.off('change', this.#review)
    this.#landmarks.stop()
    await this.#components.transport.close()
  }

  readonly current = (): readonly Member[] => {
    const own = new Set(this.#components.roster.current().members.map(({ peerId }) => peerId))
    const all = this.#routers.all()
    const residents = all.length <= this.#peersUpTo ? all.map(({ peerId }) => peerId) : []
    const peers = new Set([...residents, ...this.#given.routers(), ...this.#held.routers()].filter((router) => !own.has(router)))
    peers.delete(this.#components.signer.peerId)
    return [...peers].flatMap((router) => this.#routers.byPeer(router) ?? []).sort((one, other) => (one.sid < other.sid ? -1 : 1))
  }

  readonly knows = (endpoint: Sid): boolean => this.#routerBeyond(endpoint) !== undefined

  readonly relaysTo = (endpoint: Sid): readonly Sid[] => (this.#destinations.get(endpoint)?.relays ?? []).filter(({ group }) => group === 'own').map(({ member }) => member.sid)

  readonly candidates = async (endpoint: Sid, signal: AbortSignal): Promise<BeyondCandidates> => {
    const router = this.#routerBeyond(endpoint)
    if (router === undefined) throw new UnknownDestinationError(`no router of another group has the SID ${endpoint}`)
    const relays = await this.#relays(router, AbortSignal.any([signal, this.#life.signal]))
    this.#review()
    const { sid } = this.#components.signer
    return { forward: relays.map(({ member }) => [member.sid, endpoint]), reverse: relays.map(({ member }) => [member.sid, sid]) }
  }

  /** Who is a peer anyway is reached by the default path, lease or not. */
  async #relays(router: Member, signal: AbortSignal): Promise<Destination['relays']> {
    try {
      return (await this.#destinations.want(router, signal)).relays
    } catch (error) {
      signal.throwIfAborted()
      if (!this.current().some(({ sid }) => sid === router.sid)) throw error
      return []
    }
  }

  readonly landmarks: Beyond['landmarks'] = () => ({ landmarks: this.#book.landmarks, vector: this.#book.own() })

  readonly digest: Beyond['digest'] = () => {
    const { matrix, clock } = this.#components
    const members = this.#members()
    const digest = digestOf(members, matrix.current(), this.#book.table(members), clock.now())
    return digest.delayQuantiles[0] === undefined ? undefined : digest
  }

  readonly isReporter = (): boolean => this.#components.reporters().includes(this.#components.signer.sid)
  readonly findings = (): readonly ColumnFinding[] => [...this.#findings]
  readonly drops: Beyond['drops'] = () => ({ ...this.#drops })

  #members(): readonly Sid[] {
    return this.#components.roster.current().members.map(({ sid }) => sid)
  }

  /** Somebody of this network, with an endpoint, whom the own group does not measure. */
  #routerBeyond(endpoint: Sid): Member | undefined {
    const router = this.#routers.bySid(endpoint)
    if (router === undefined || router.sid === this.#components.signer.sid || router.descriptor.endpoints.length === 0) return undefined
    return this.#components.roster.current().members.some(({ sid }) => sid === endpoint) ? undefined : router
  }

  readonly #tick = (): void => {
    const now: Milliseconds = ms(this.#components.clock.now())
    this.#given.expire(now)
    this.#held.expire(now)
    this.#review()
    this.#landmarks.tick(now, this.#life.signal)
    this.#destinations.tick(now, this.#life.signal, this.#review)
  }

  /** Tells whoever listens where the leased routers, or what they announce, are others than before. */
  readonly #review = (): void => {
    const members = this.current()
    const told = members.map(({ sid, descriptor }) => `${sid} ${descriptor.number}`).join()
    if (told === this.#told) return
    this.#told = told
    this.#listeners.emit('change', members)
  }
}
