import { ms } from '@srwan/interface'
import type { DelayMatrix, EventSource, EvidenceFinding, Datapath, DatapathEvents, GeoIsp, Milliseconds, PairDelays, ProbeEvent, Roster, Sid, Timer } from '@srwan/interface'
import { DATAGRAM_COLUMN_REQUEST, DATAGRAM_FULL_COLUMN, decodeColumnRequest } from '@srwan/wire'
import { ColumnPublisher } from './column-publisher.ts'
import { ColumnReceiver } from './column-receiver.ts'
import { ColumnStore } from './column-store.ts'
import { viewMatrix } from './delay-matrix-view.ts'
import { findEvidence, pairDelays } from './evidence.ts'
import type { Measurement, MeasurementComponents, MeasurementInit } from './measurement.ts'
import { Listeners } from '@srwan/interface'
import { OwnDelays } from './own-delays.ts'
import { PulseExchange } from './pulse-exchange.ts'
import { RosterIndex } from './roster-index.ts'
import { Tally } from './tally.ts'
import type { DropReason, MeasurementTraffic } from './tally.ts'

/** Ticks in a pulse interval, and their bounds in ms. */
const TICKS_PER_INTERVAL = 10
const MIN_TICK = 20
const MAX_TICK = 1000
/** Least spacing of `update`, in ms. */
const UPDATE_SPACING = 1000

/** Wires events to the parts; every decision is theirs. */
export class MeasurementService implements Measurement {
  readonly #components: MeasurementComponents
  readonly #interval: Milliseconds
  readonly #listeners = new Listeners<{ update: DelayMatrix }>()
  readonly #tally = new Tally()
  readonly #roster: RosterIndex
  readonly #delays: OwnDelays
  readonly #store: ColumnStore
  readonly #publisher: ColumnPublisher
  readonly #receiver: ColumnReceiver
  readonly #pulses: PulseExchange
  #timer: Timer | undefined
  #changed = false
  #emittedAt = ms(-Infinity)
  #matrix: { readonly at: Milliseconds; readonly value: DelayMatrix } | undefined
  readonly #unsubscribe: (() => void)[] = []

  constructor(components: MeasurementComponents, init: MeasurementInit) {
    this.#components = components
    this.#interval = init.pulseInterval
    this.#roster = new RosterIndex(components.signer.sid)
    this.#delays = new OwnDelays(this.#interval, components.datapath.clockEpoch)
    this.#store = new ColumnStore(this.#interval)
    const shared = {
      datapath: components.datapath,
      clock: components.clock,
      random: components.random,
      roster: this.#roster,
      delays: this.#delays,
      store: this.#store,
      tally: this.#tally
    }
    this.#publisher = new ColumnPublisher(shared, this.#interval)
    this.#receiver = new ColumnReceiver(shared, this.#interval)
    this.#pulses = new PulseExchange(
      { ...components, ...shared, logger: components.logger.forComponent('srwan:measurement'), publisher: this.#publisher, receiver: this.#receiver },
      this.#interval,
      this.#touch
    )
  }

  readonly on: EventSource<{ update: DelayMatrix }>['on'] = (name, listener) => {
    this.#listeners.on(name, listener)
  }
  readonly off: EventSource<{ update: DelayMatrix }>['off'] = (name, listener) => {
    this.#listeners.off(name, listener)
  }

  async start(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#timer !== undefined) return
    const { clock, datapath, roster, topic } = this.#components
    this.#delays.clockChanged(datapath.clockEpoch)
    const listen = <Events extends object, K extends keyof Events>(source: Pick<EventSource<Events>, 'on' | 'off'>, name: K, listener: (event: Events[K]) => void): void => {
      source.on(name, listener)
      this.#unsubscribe.push(() => {
        source.off(name, listener)
      })
    }
    const events: Pick<Datapath, 'on' | 'off'> = datapath
    listen<DatapathEvents, 'probe'>(events, 'probe', this.#onProbe)
    listen<DatapathEvents, 'probeLost'>(events, 'probeLost', ({ to }) => {
      this.#delays.probeLost(to)
    })
    listen<DatapathEvents, 'datagram'>(events, 'datagram', this.#onDatagram)
    listen<DatapathEvents, 'clockEpoch'>(events, 'clockEpoch', ({ clockEpoch }) => {
      this.#onOwnClock(clockEpoch)
    })
    listen<{ change: Roster }, 'change'>(roster, 'change', this.#onRoster)
    listen<{ message: { readonly data: Uint8Array } }, 'message'>(topic, 'message', ({ data }) => {
      void this.#pulses.receive(data)
    })
    this.#onRoster(roster.current())
    this.#timer = clock.setInterval(this.#tick, ms(Math.min(Math.max(this.#interval / TICKS_PER_INTERVAL, MIN_TICK), MAX_TICK)))
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
    await this.#pulses.stop()
  }

  current(): DelayMatrix {
    const now = this.#components.clock.now()
    if (this.#matrix?.at !== now) this.#matrix = { at: now, value: this.#view(now, 'drop') }
    return this.#matrix.value
  }

  lastKnown(): DelayMatrix {
    return this.#view(this.#components.clock.now(), 'keep')
  }

  evidence(): readonly EvidenceFinding[] {
    const { clock } = this.#components
    const now = clock.now()
    const { sids } = this.#roster
    return findEvidence({
      matrix: this.current(),
      now,
      self: sids.indexOf(this.#roster.self),
      roundTrip: (i) => this.#delays.estimate(sids[i] as Sid, now)?.roundTrip,
      geo: this.#geo
    })
  }

  delaysBetween(one: Sid, other: Sid): PairDelays {
    const { sids } = this.#roster
    return pairDelays({ matrix: this.current(), now: this.#components.clock.now(), geo: this.#geo }, sids.indexOf(one), sids.indexOf(other))
  }

  contradictions(): ReturnType<Measurement['contradictions']> {
    return this.#pulses.contradictions()
  }

  fullColumn(): ReturnType<Measurement['fullColumn']> {
    return this.#publisher.full
  }

  traffic(): MeasurementTraffic {
    return this.#tally.traffic()
  }
  drops(): Readonly<Partial<Record<DropReason, number>>> {
    return this.#tally.drops()
  }

  readonly #geo = (i: number): GeoIsp | undefined => this.#roster.member(this.#roster.sids[i] as Sid)?.descriptor.geo

  readonly #touch = (): void => {
    this.#changed = true
    this.#matrix = undefined
  }

  #view(now: Milliseconds, stale: 'drop' | 'keep'): DelayMatrix {
    return viewMatrix({ self: this.#roster.self, sids: this.#roster.sids, delays: this.#delays, store: this.#store, interval: this.#interval }, now, stale)
  }

  readonly #onProbe = (event: ProbeEvent): void => {
    if (this.#roster.member(event.from) === undefined) return
    const { clock, datapath } = this.#components
    const now = clock.now()
    // The probe may be ahead of the event that announces the own new clock epoch.
    if (event.clockEpoch !== this.#delays.clockEpoch && event.clockEpoch === datapath.clockEpoch) this.#onOwnClock(event.clockEpoch)
    const outcome = this.#delays.add(event, datapath.clockNow(), now)
    if (outcome === 'ignored') return this.#tally.dropped('probeMalformed')
    if (outcome === 'peer-clock-changed') this.#receiver.forget(event.from)
    this.#receiver.acceptProbe(event, now)
    this.#publisher.noteSeen(event.from, event.columnSeen, now)
    this.#touch()
  }

  readonly #onDatagram = ({ from, payload }: DatapathEvents['datagram']): void => {
    const now = this.#components.clock.now()
    if (payload[0] === DATAGRAM_FULL_COLUMN) {
      this.#tally.received('columns', payload.length)
      if (this.#receiver.acceptFull(from, payload, now)) this.#touch()
    } else if (payload[0] === DATAGRAM_COLUMN_REQUEST) {
      this.#tally.received('columnRequests', payload.length)
      this.#onRequest(from, payload, now)
    }
  }

  #onRequest(from: Sid, payload: Uint8Array, now: Milliseconds): void {
    try {
      decodeColumnRequest(payload)
    } catch {
      return this.#tally.dropped('requestMalformed')
    }
    if (this.#roster.member(from) !== undefined && !this.#publisher.send(from, now)) this.#tally.dropped('requestRateLimited')
  }

  #onOwnClock(clockEpoch: number): void {
    if (!this.#delays.clockChanged(clockEpoch)) return
    this.#publisher.clockChanged()
    this.#pulses.columnChanged(this.#components.clock.now())
    this.#touch()
  }

  readonly #onRoster = (roster: Roster): void => {
    if (!this.#roster.update(roster)) return
    const now = this.#components.clock.now()
    this.#delays.retain((sid) => this.#roster.member(sid) !== undefined)
    this.#receiver.rosterChanged()
    this.#publisher.rosterChanged(now)
    this.#pulses.columnChanged(now)
    this.#touch()
  }

  readonly #tick = (): void => {
    const now = this.#components.clock.now()
    if (this.#roster.complete) {
      if (!this.#publisher.small) this.#publisher.renewWhenDue(now)
      const part = this.#publisher.refreshPart()
      this.#pulses.tick(now, part)
    }
    if (this.#changed && now - this.#emittedAt >= UPDATE_SPACING) {
      this.#changed = false
      this.#emittedAt = now
      if (this.#listeners.has('update')) this.#listeners.emit('update', this.current())
    }
  }
}
