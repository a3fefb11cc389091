import { ROSTER_PROTOCOL } from '@srwan/wire'
import { Listeners, MAX_NETWORK_MEMBERS, NotAuthorisedError, ms, peerIdText } from '@srwan/interface'
import { keyOfPeerId } from '@srwan/membership'
import { signOwnRecord } from './own-record.ts'
import { peekDescriptor } from './roster-entry.ts'
import { RosterSession } from './roster-session.ts'
import { RosterTable } from './roster-table.ts'
import { StateSaver } from './state-saver.ts'
import { PacedChange } from './paced-change.ts'
import { hasPrefixConflict } from './roster-view.ts'
import type { Connection, Stream } from '@libp2p/interface'
import type { RosterServiceComponents, RosterServiceEvents, RosterServiceInit } from './roster-service-parts.ts'
import type { RecordOutcome } from './roster-table.ts'
import type { OwnDescriptor } from './own-record.ts'
import type { MembershipView } from '../node.ts'
import type { EventSource, Member, PeerDirectory, PeerIdText, Roster, RosterSource, Startable, Timer } from '@srwan/interface'
import type { RosterMessage, RosterRecord } from '@srwan/wire'

/** Within this a connection must have shown a membership. */
const ADMISSION_TIMEOUT = ms(10_000)
/** How often expiries are looked at. */
const EXPIRY_CHECK = ms(30_000)
/** A node that meets its own identity elsewhere does not answer number by number. */
const REISSUE_DELAY = ms(10_000)

/** The exchange of certificates, descriptors and revocations with every connected member; see packages/spec/protocol/roster.md. */
export class RosterService implements RosterSource, PeerDirectory, Startable, EventSource<RosterServiceEvents> {
  readonly #components: RosterServiceComponents
  readonly #init: RosterServiceInit
  readonly #table: RosterTable
  readonly #sessions = new Map<Connection, RosterSession>()
  readonly #events: Listeners<RosterServiceEvents>
  #descriptor: OwnDescriptor | undefined
  #number = 0
  #timers: Timer[] = []
  readonly #saver: StateSaver
  readonly #paced: PacedChange
  #reissuing: Timer | undefined
  #running = false
  #refusals = 0
  #reissues = 0
  #resolveAnnounced: () => void = () => {}
  /** Nobody is greeted before there is something to show. */
  readonly #announced = new Promise<void>((resolve) => {
    this.#resolveAnnounced = resolve
  })

  constructor(components: RosterServiceComponents, init: RosterServiceInit) {
    this.#components = components
    this.#init = init
    this.#saver = new StateSaver(components, () => ({
      descriptorNumber: this.#number,
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
    return this.#table.entries().map(({ member, membership, record }) => ({
      peerId: member.peerId,
      sid: member.sid,
      name: member.name,
      serial: membership.serial,
      registeredAt: ms(record.registeredAt),
      notAfter: membership.notAfter
    }))
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
    this.#number = state.descriptorNumber
    const now = this.#components.clock.wallTime()
    for (const bytes of [...this.#init.revocations, ...state.revocations]) this.#ignoringBad(() => this.#table.revoke(bytes))
    for (const record of state.records) this.#table.apply(record, { direct: false, now })
  }

  /** Sets what this node announces. Issued, under a number that is on disk first, by `start` or at once when running. */
  async announce(descriptor: OwnDescriptor): Promise<void> {
    this.#descriptor = descriptor
    await this.#issue()
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
    for (const timer of [...this.#timers, this.#reissuing]) timer?.cancel()
    this.#timers = []
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

  async #issue(): Promise<void> {
    const { identity, clock } = this.#components
    if (this.#descriptor === undefined) return
    const seen = this.#table.entry(identity.peerId)?.member.descriptor.number ?? 0
    // Wall time as the least number: a home restored from an old backup still announces something newer.
    this.#number = Math.max(this.#number, seen, Math.floor(clock.wallTime())) + 1
    await this.#saver.save()
    const record = await signOwnRecord(identity, this.#init.network.id, { membership: this.#init.membership, descriptor: this.#descriptor, number: this.#number })
    const outcome = this.#table.apply(record, { direct: true, now: clock.wallTime() })
    if (outcome.kind === 'refused') throw new NotAuthorisedError(`this node is no member: ${outcome.reason}`, { remedy: 'ask whoever runs the network for a new invitation' })
    this.#resolveAnnounced()
    this.#changed([identity.peerId], undefined)
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
    const deadline = this.#deadline()
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
    const deadline = this.#deadline()
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

  #deadline(): { readonly signal: AbortSignal; readonly cancel: () => void } {
    const controller = new AbortController()
    const timer = this.#components.clock.setTimeout(() => {
      controller.abort(new Error('no membership shown in time'))
    }, ADMISSION_TIMEOUT)
    return {
      signal: controller.signal,
      cancel: () => {
        timer.cancel()
      }
    }
  }

  #hello(digest: Uint8Array): Partial<RosterMessage> {
    const own = this.ownRecord()
    return { records: own === undefined ? [] : [own], digest }
  }

  async #converse(connection: Connection, session: RosterSession, first: { readonly hello: RosterMessage; readonly digest: Uint8Array; readonly answer?: true }): Promise<void> {
    const refusal = this.#judge(session.peerId, first.hello)
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
  #judge(peerId: PeerIdText, hello: RosterMessage): string | undefined {
    if (hello.refusal !== '') {
      this.#components.health.raise('refused')
      this.#components.logger.warn('a member refuses this node', { peer: peerId })
      this.#components.logger.debug('its reason', { reason: hello.refusal })
      return 'refused by the other side'
    }
    const [own] = hello.records
    if (own === undefined) return 'no membership shown'
    if (!isOf(own, peerId)) return 'the membership is of another peer'
    const outcome = this.#table.apply(own, { direct: true, now: this.#components.clock.wallTime() })
    if (outcome.kind === 'refused') {
      this.#report(outcome)
      return outcome.reason
    }
    this.#components.health.clear('refused')
    if (outcome.kind === 'news') this.#changed([peerId], undefined)
    return undefined
  }

  #take(message: RosterMessage, from: RosterSession): void {
    if (message.refusal !== '') throw new NotAuthorisedError('refused by the other side')
    const now = this.#components.clock.wallTime()
    this.#takeRevocations(message.revocations, from)
    const news: PeerIdText[] = []
    for (const record of message.records) {
      const before = this.#table.entry(this.#components.identity.peerId)?.member.descriptor.number ?? 0
      const outcome = this.#table.apply(record, { direct: false, now })
      if (outcome.kind === 'news') news.push(outcome.peerId)
      if (outcome.kind === 'news' && outcome.peerId === this.#components.identity.peerId) this.#meetOwn(before)
      if (outcome.kind === 'refused') this.#answer(outcome, from)
    }
    if (news.length > 0) this.#changed(news, from)
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

  /** Others hold a newer descriptor of this node than the one it issued: from before a loss of state, or from a second node with the same key. */
  #meetOwn(issued: number): void {
    const held = this.#table.entry(this.#components.identity.peerId)?.member.descriptor.number ?? 0
    if (held <= issued || this.#reissuing !== undefined) return
    this.#reissuing = this.#components.clock.setTimeout(
      () => {
        this.#reissuing = undefined
        this.#issue().catch((error: unknown) => {
          this.#components.logger.error('cannot announce this node', { error })
        })
      },
      this.#reissues++ === 0 ? ms(0) : REISSUE_DELAY
    )
    if (held > Math.floor(this.#components.clock.wallTime()) - REISSUE_DELAY) this.#components.health.raise('identity-in-use')
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
    this.#drop(this.#table.expire(this.#components.clock.wallTime()), 'membership-expired')
  }

  #drop(removed: readonly PeerIdText[], why: 'membership-revoked' | 'membership-expired'): void {
    if (removed.length === 0) return
    const lost = removed.includes(this.#components.identity.peerId)
    if (lost) {
      this.#components.health.raise(why)
      this.#table.clearOthers()
    }
    for (const [connection, session] of this.#sessions) {
      if (lost || removed.includes(session.peerId)) this.#disconnect(connection)
    }
    for (const peerId of removed) this.#events.emit('removed', peerId)
    if (this.#table.entries().length < MAX_NETWORK_MEMBERS) this.#components.health.clear('group-too-large')
    this.#changed([], undefined)
  }

  #changed(news: readonly PeerIdText[], from: RosterSession | undefined): void {
    for (const session of this.#sessions.values()) {
      if (session !== from) session.tellRecords(news)
    }
    this.#saver.schedule()
    this.#paced.note(this.#table.entries().length)
  }
}

function isOf(record: RosterRecord, peerId: PeerIdText): boolean {
  return Buffer.from(peekDescriptor(record.descriptor).router).equals(keyOfPeerId(peerId))
}
