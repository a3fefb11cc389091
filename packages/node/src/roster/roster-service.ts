import { ROSTER_PROTOCOL } from '@srwan/wire'
import { Listeners, MAX_NETWORK_MEMBERS, NotAuthorisedError, ms, peerIdText } from '@srwan/interface'
import { Newcomers } from './newcomers.ts'
import { OwnAnnouncement } from './own-announcement.ts'
import { ADMISSION_TIMEOUT, admissionDeadline } from './admission-deadline.ts'
import { isOf } from './roster-entry.ts'
import { RosterSession } from './roster-session.ts'
import { RosterTable } from './roster-table.ts'
import { StateSaver } from './state-saver.ts'
import { PacedChange } from './paced-change.ts'
import { hasPrefixConflict, membershipViews } from './roster-view.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { RosterServiceComponents, RosterServiceEvents, RosterServiceInit } from './roster-service-parts.ts'
import type { RosterEntry } from './roster-entry.ts'
import type { RecordOutcome } from './roster-table.ts'
import type { OwnDescriptor } from './own-record.ts'
import type { MembershipView } from '../node.ts'
import type { EventSource, Member, PeerDirectory, PeerIdText, Roster, RosterSource, Startable, Timer } from '@srwan/interface'
import type { RosterMessage, RosterRecord } from '@srwan/wire'

/** How often expiries are looked at. */
const EXPIRY_CHECK = ms(30_000)

/** The exchange of certificates, descriptors and revocations with every connected member; see packages/spec/protocol/roster.md. */
export class RosterService implements RosterSource, PeerDirectory, Startable, EventSource<RosterServiceEvents> {
  readonly #components: RosterServiceComponents
  readonly #init: RosterServiceInit
  readonly #table: RosterTable
  readonly #sessions = new Map<Connection, RosterSession>()
  readonly #events: Listeners<RosterServiceEvents>
  readonly #own: OwnAnnouncement
  /** Open networks only: whose address is proven. */
  readonly #newcomers: Newcomers | undefined
  #timers: Timer[] = []
  readonly #saver: StateSaver
  readonly #paced: PacedChange
  #running = false
  #refusals = 0
  #resolveAnnounced: () => void = () => {}
  /** Nobody is greeted before there is something to show. */
  readonly #announced = new Promise<void>((resolve) => {
    this.#resolveAnnounced = resolve
  })

  constructor(components: RosterServiceComponents, init: RosterServiceInit) {
    this.#components = components
    this.#init = init
    this.#saver = new StateSaver(components, () => ({
      descriptorNumber: this.#own.number,
      records: this.#table.entries().map((entry) => entry.record),
      revocations: this.#table.revocations()
    }))
    this.#table = new RosterTable(init.network, components.identity.peerId)
    this.#paced = new PacedChange(components.clock, () => {
      if (hasPrefixConflict(this.#table.entries())) components.health.raise('roster-conflict')
      this.#events.emit('change', this.#table.roster())
    })
    this.#events = new Listeners((error) => {
      components.logger.error('a roster listener failed', { error })
    })
    const isOpen = init.network.organisation === undefined
    this.#own = new OwnAnnouncement(
      {
        ...components,
        save: () => this.#saver.save(),
        held: () => this.#ownNumber(),
        apply: (record) => this.#table.apply(record, { direct: true, now: components.clock.wallTime() }),
        issued: () => {
          this.#resolveAnnounced()
          this.#changed([components.identity.peerId], undefined)
        }
      },
      { networkId: init.network.id, membership: init.membership, isOpen }
    )
    if (isOpen) this.#newcomers = new Newcomers({ ...components, connected: () => this.#connected(), admit: (entry) => this.#admitProven(entry) })
  }

  on<K extends keyof RosterServiceEvents>(name: K, listener: (event: RosterServiceEvents[K]) => void): void {
    this.#events.on(name, listener)
  }
  off<K extends keyof RosterServiceEvents>(name: K, listener: (event: RosterServiceEvents[K]) => void): void {
    this.#events.off(name, listener)
  }
  current(): Roster {
    return this.#table.roster()
  }
  members(): readonly Member[] {
    return this.#table.roster().members
  }
  find(peerId: PeerIdText): Promise<Member | undefined> {
    return Promise.resolve(this.#table.entry(peerId)?.member)
  }
  isMember(peerId: PeerIdText): boolean {
    return this.#table.entry(peerId) !== undefined
  }
  /** For people. */
  memberships(): readonly MembershipView[] {
    return membershipViews(this.#table.entries())
  }

  /** Peers that were refused since the start, for whatever reason. */
  refusals(): number {
    return this.#refusals
  }

  /** What this node shows of itself; `undefined` before it is announced. */
  ownRecord(): RosterRecord | undefined {
    return this.#table.entry(this.#components.identity.peerId)?.record
  }

  /** Has this connection, or another one of that peer, shown a membership? */
  isAdmitted(peerId: PeerIdText): boolean {
    return [...this.#sessions.values()].some((session) => session.peerId === peerId && session.admitted)
  }

  /** Reads what is known from before; the first thing at start, since the own number follows from it. */
  async load(): Promise<void> {
    const state = await this.#components.store.load()
    this.#own.restore(state.descriptorNumber)
    const now = this.#components.clock.wallTime()
    for (const bytes of [...this.#init.revocations, ...state.revocations]) this.#ignoringBad(() => this.#table.revoke(bytes))
    for (const record of state.records) this.#table.apply(record, { direct: false, now, proven: true })
  }

  /** Sets what this node announces, under a number that is on disk first. */
  announce(descriptor: OwnDescriptor): Promise<void> {
    return this.#own.announce(descriptor)
  }

  async start(): Promise<void> {
    const { libp2p, clock } = this.#components
    this.#running = true
    this.#saver.start()
    await libp2p.handle(
      ROSTER_PROTOCOL,
      (stream, connection) => {
        void this.#serve(stream, connection)
      },
      { maxInboundStreams: 1, maxOutboundStreams: 1 }
    )
    libp2p.addEventListener('connection:open', this.#onConnection)
    libp2p.addEventListener('connection:close', this.#onDisconnection)
    this.#timers.push(
      clock.setInterval(() => {
        this.#expire()
      }, EXPIRY_CHECK)
    )
  }

  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    const { libp2p } = this.#components
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
    this.#own.stop()
    this.#newcomers?.stop()
    this.#paced.stop()
    libp2p.removeEventListener('connection:open', this.#onConnection)
    libp2p.removeEventListener('connection:close', this.#onDisconnection)
    await libp2p.unhandle(ROSTER_PROTOCOL)
    for (const session of this.#sessions.values()) session.end()
    this.#sessions.clear()
    await this.#saver.stop()
  }

  /** @throws MalformedMessageError, NotAuthorisedError */
  async revoke(bytes: Uint8Array): Promise<void> {
    this.#takeRevocations([bytes], undefined)
    await this.#saver.save()
  }

  #ignoringBad(action: () => unknown): void {
    try {
      action()
    } catch (error) {
      this.#components.logger.warn('a stored revocation is not usable', { error })
    }
  }

  readonly #onConnection = (event: CustomEvent<Connection>): void => {
    const connection = event.detail
    if (connection.direction === 'outbound') {
      void this.#introduce(connection)
      return
    }
    const timer = this.#components.clock.setTimeout(() => {
      if (this.#sessions.get(connection)?.admitted !== true) this.#disconnect(connection)
    }, ADMISSION_TIMEOUT)
    connection.addEventListener('close', () => {
      timer.cancel()
    })
  }

  readonly #onDisconnection = (event: CustomEvent<Connection>): void => {
    this.#sessions.get(event.detail)?.end()
    this.#sessions.delete(event.detail)
  }

  #disconnect(connection: Connection): void {
    this.#sessions.get(connection)?.end()
    connection.close().catch(() => {
      connection.abort(new Error('not a member'))
    })
  }

  #sessionFor(connection: Connection, stream: Stream): RosterSession {
    this.#sessions.get(connection)?.end()
    const host = { clock: this.#components.clock, record: (peerId: PeerIdText) => this.#table.entry(peerId)?.record }
    const session = new RosterSession(host, peerIdText(connection.remotePeer.toString()), stream)
    this.#sessions.set(connection, session)
    return session
  }

  /** The side that dialled shows itself first: whoever listens tells nothing to strangers. */
  async #introduce(connection: Connection): Promise<void> {
    const deadline = admissionDeadline(this.#components.clock)
    try {
      const stream = await connection.newStream(ROSTER_PROTOCOL, { signal: deadline.signal })
      await this.#announced
      const session = this.#sessionFor(connection, stream)
      const digest = this.#table.digest()
      await session.send(this.#hello(digest))
      await this.#converse(connection, session, { hello: await session.receive(deadline.signal), digest })
    } catch (error) {
      this.#components.logger.debug('no roster exchange', { peer: connection.remotePeer.toString(), error })
      this.#disconnect(connection)
    } finally {
      deadline.cancel()
    }
  }

  async #serve(stream: Stream, connection: Connection): Promise<void> {
    const deadline = admissionDeadline(this.#components.clock)
    try {
      await this.#announced
      const session = this.#sessionFor(connection, stream)
      const hello = await session.receive(deadline.signal)
      await this.#converse(connection, session, { hello, digest: this.#table.digest(), answer: true })
    } catch (error) {
      this.#components.logger.debug('roster exchange over', { peer: connection.remotePeer.toString(), error })
      this.#disconnect(connection)
    } finally {
      deadline.cancel()
    }
  }

  #hello(digest: Uint8Array): Partial<RosterMessage> {
    const own = this.ownRecord()
    return { records: own === undefined ? [] : [own], digest }
  }

  async #converse(connection: Connection, session: RosterSession, first: { readonly hello: RosterMessage; readonly digest: Uint8Array; readonly answer?: true }): Promise<void> {
    const refusal = await this.#judge(session.peerId, first.hello)
    if (refusal !== undefined) {
      this.#refusals++
      this.#components.refused.add(session.peerId)
      if (first.answer === true) await session.send({ refusal })
      throw new NotAuthorisedError(refusal)
    }
    if (first.answer === true) await session.send(this.#hello(this.#table.digest()))
    if (!Buffer.from(first.hello.digest).equals(first.digest)) {
      session.tellRevocations(this.#table.revocations())
      session.tellRecords(this.#table.entries().map((entry) => entry.member.peerId))
    }
    session.admit()
    this.#events.emit('admitted', session.peerId)
    while (this.#running) this.#take(await session.receive(), session)
    this.#disconnect(connection)
  }

  /** @returns why the peer that said hello is refused */
  async #judge(peerId: PeerIdText, hello: RosterMessage): Promise<string | undefined> {
    if (hello.refusal !== '') {
      this.#components.health.raise(this.#newcomers === undefined ? 'refused' : 'not-taken')
      this.#components.logger.warn('a member refuses this node', { peer: peerId })
      this.#components.logger.debug('its reason', { reason: hello.refusal })
      return 'refused by the other side'
    }
    const [own] = hello.records
    if (own === undefined) return 'no membership shown'
    if (!isOf(own, peerId)) return 'the membership is of another peer'
    const outcome = await this.#present(own)
    if (outcome.kind === 'unproven') return 'it was not reached at the address that it names first'
    if (outcome.kind === 'refused') {
      this.#report(outcome)
      return outcome.reason
    }
    this.#components.health.clear('refused')
    this.#components.health.clear('not-taken')
    if (outcome.kind === 'news') this.#welcome(outcome, undefined)
    return undefined
  }

  /** A peer presents itself; in an open network its address is tried where nobody has proven it yet. */
  async #present(record: RosterRecord): Promise<RecordOutcome> {
    const direct = (proven: boolean): RecordOutcome => this.#table.apply(record, { direct: true, now: this.#components.clock.wallTime(), proven })
    const outcome = direct(false)
    if (outcome.kind !== 'unproven' || this.#newcomers === undefined) return outcome
    return (await this.#newcomers.prove(outcome.entry)) ? direct(true) : outcome
  }

  #admitProven({ record }: RosterEntry): void {
    const outcome = this.#table.apply(record, { direct: false, now: this.#components.clock.wallTime(), proven: true })
    if (outcome.kind === 'news') this.#welcome(outcome, undefined)
  }

  #welcome({ peerId, ousted = [] }: RecordOutcome & { kind: 'known' | 'news' }, from: RosterSession | undefined): void {
    this.#newcomers?.forget(peerId)
    this.#part(ousted)
    this.#changed([peerId], from)
  }

  #connected(): readonly Member[] {
    const peers = new Set([...this.#sessions.values()].flatMap((session) => (session.admitted ? [session.peerId] : [])))
    return [...peers].flatMap((peerId) => this.#table.entry(peerId)?.member ?? [])
  }

  #take(message: RosterMessage, from: RosterSession): void {
    if (message.refusal !== '') throw new NotAuthorisedError('refused by the other side')
    this.#takeRevocations(message.revocations, from)
    const news = message.records.flatMap((record) => this.#learn(record, from) ?? [])
    if (news.length > 0) this.#changed(news, from)
  }

  /** @returns of whom that is news */
  #learn(record: RosterRecord, from: RosterSession): PeerIdText | undefined {
    const before = this.#ownNumber()
    const outcome = this.#table.apply(record, { direct: false, now: this.#components.clock.wallTime() })
    if (outcome.kind === 'refused') this.#answer(outcome, from)
    if (outcome.kind === 'unproven') this.#newcomers?.told(outcome.entry, from.peerId)
    if (outcome.kind !== 'news') return undefined
    this.#part(outcome.ousted ?? [])
    if (outcome.peerId === this.#components.identity.peerId && this.#own.meet(before)) this.#components.health.raise('identity-in-use')
    return outcome.peerId
  }

  #answer(outcome: RecordOutcome & { kind: 'refused' }, from: RosterSession): void {
    this.#report(outcome)
    if (outcome.holder !== undefined) from.tellRecords([outcome.holder])
  }

  #report(outcome: RecordOutcome & { kind: 'refused' }): void {
    if (outcome.cause === 'full') this.#components.health.raise('group-too-large')
    if (outcome.cause === 'conflict') this.#components.health.raise('roster-conflict')
    this.#components.logger.debug('a record was refused', { reason: outcome.reason })
  }

  #ownNumber(): number {
    return this.#table.entry(this.#components.identity.peerId)?.member.descriptor.number ?? 0
  }

  #takeRevocations(revocations: readonly Uint8Array[], from: RosterSession | undefined): void {
    for (const bytes of revocations) {
      const removed = this.#table.revoke(bytes)
      if (removed === undefined) continue
      for (const session of this.#sessions.values()) {
        if (session !== from) session.tellRevocations([bytes])
      }
      this.#drop(removed, 'membership-revoked')
    }
  }

  #expire(): void {
    this.#own.renew()
    this.#drop(this.#table.expire(this.#components.clock.wallTime()), 'membership-expired')
  }

  #drop(removed: readonly PeerIdText[], why: 'membership-revoked' | 'membership-expired'): void {
    if (removed.length === 0) return
    const lost = removed.includes(this.#components.identity.peerId)
    if (lost) {
      this.#components.health.raise(why)
      this.#table.clearOthers()
    }
    this.#part(lost ? [...removed, ...[...this.#sessions.values()].map(({ peerId }) => peerId)] : removed)
    if (this.#table.entries().length < MAX_NETWORK_MEMBERS) this.#components.health.clear('group-too-large')
    this.#changed([], undefined)
  }

  /** Who is no member any more is spoken with no more. */
  #part(removed: readonly PeerIdText[]): void {
    for (const [connection, session] of this.#sessions) if (removed.includes(session.peerId)) this.#disconnect(connection)
    for (const peerId of new Set(removed)) this.#events.emit('removed', peerId)
  }

  #changed(news: readonly PeerIdText[], from: RosterSession | undefined): void {
    for (const session of this.#sessions.values()) {
      if (session !== from) session.tellRecords(news)
    }
    this.#saver.schedule()
    this.#paced.note(this.#table.entries().length)
  }
}
