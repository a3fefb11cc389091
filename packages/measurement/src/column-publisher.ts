import { createHash } from 'node:crypto'
import { ms } from '@srwan/interface'
import type { Clock, Datapath, Milliseconds, Random, Sid } from '@srwan/interface'
import { MAX_COLUMN_IN_PULSE, encodeFullColumn } from '@srwan/wire'
import { delayAt, OwnColumn } from './own-column.ts'
import type { ColumnMoment } from './own-column.ts'
import { BAD_NEWS_THRESHOLD, COLUMN_SPACING_INTERVALS } from './constants.ts'
import { baseMicros } from './measuring-clock.ts'
import type { CellEstimate } from './cell-estimator.ts'
import type { ColumnStore } from './column-store.ts'
import type { OwnDelays } from './own-delays.ts'
import type { RosterIndex } from './roster-index.ts'
import { ColumnSchedule, Spacing } from './schedule.ts'
import type { Tally } from './tally.ts'

/** What publishing the own column needs. */
export interface ColumnPublisherComponents {
  readonly datapath: Pick<Datapath, 'sendDatagram' | 'setColumnPart' | 'clockNow'>
  readonly clock: Clock
  readonly random: Random
  readonly roster: RosterIndex
  readonly delays: OwnDelays
  readonly store: ColumnStore
  readonly tally: Tally
}

/** A full column as it goes out. */
export interface PublishedColumn {
  readonly number: number
  readonly octets: Uint8Array
  readonly root: Uint8Array
}

/** Keeps the group told of this node's column: parts on probes, full columns by datagram. */
export class ColumnPublisher {
  readonly #components: ColumnPublisherComponents
  readonly #interval: Milliseconds
  readonly #own: OwnColumn
  readonly #schedule: ColumnSchedule
  readonly #sends: Spacing<Sid>
  #published: PublishedColumn | undefined
  #renewedAt = ms(0)
  #fullFingerprint: number | undefined
  /** Cells in the current full column: sender → its clock epoch. */
  #carried = new Map<Sid, number>()
  /** The last word on each cell that all have heard. */
  #baseline = new Map<Sid, CellEstimate>()

  constructor(components: ColumnPublisherComponents, interval: Milliseconds) {
    this.#components = components
    this.#interval = interval
    this.#own = new OwnColumn(interval, Math.floor(components.random.next() * 65535))
    this.#schedule = new ColumnSchedule(interval)
    this.#sends = new Spacing(ms(COLUMN_SPACING_INTERVALS * interval))
  }

  get current(): PublishedColumn | undefined {
    return this.#published
  }

  /** The last full column with the SIDs that give its cells their senders; `undefined` before there is one, and while it is of a roster that has changed. */
  get full(): { readonly sids: readonly Sid[]; readonly octets: Uint8Array } | undefined {
    if (this.#published === undefined || this.#fullFingerprint !== this.#components.roster.fingerprint) return undefined
    return { sids: this.#components.roster.sids, octets: this.#published.octets }
  }

  rosterChanged(now: Milliseconds): void {
    this.#sends.retain((sid) => this.#components.roster.member(sid) !== undefined)
    this.#schedule.changed(now)
  }

  /** The own clock changed: nothing may be added to the last column. */
  clockChanged(): void {
    this.#own.clear()
    this.#published = undefined
    this.#baseline.clear()
    this.#schedule.clockChanged()
  }

  /** Makes the next full column; everything from now on adds to it. */
  renew(): PublishedColumn {
    const { clock, roster } = this.#components
    const octets = encodeFullColumn(this.#own.renew(roster.sids, roster.self, roster.fingerprint, this.#moment()))
    this.#renewedAt = clock.now()
    this.#fullFingerprint = roster.fingerprint
    this.#schedule.renewed(this.#renewedAt, roster.size)
    this.#carried = new Map([...this.#fresh()].map(([sid, estimate]) => [sid, estimate.senderEpoch]))
    this.#published = { number: this.#own.number, octets, root: createHash('sha256').update(octets).digest() }
    return this.#published
  }

  /** Large groups: renews the column when it is time and sends it to everyone. */
  renewWhenDue(now: Milliseconds): void {
    if (this.#own.overflow || this.hasNews()) this.#schedule.changed(now)
    if (!this.#schedule.due(now, this.#components.roster.size)) return
    this.renew()
    for (const sid of this.#components.roster.sids) if (sid !== this.#components.roster.self) this.send(sid, now)
  }

  /** Sends the full column to one member, at most twice in an interval. @returns false where that is too often or there is none */
  send(to: Sid, now: Milliseconds): boolean {
    const { datapath, tally } = this.#components
    if (this.#published === undefined || !this.#sends.take(to, now)) return false
    if (datapath.sendDatagram(to, this.#published.octets)) tally.sent('columns', this.#published.octets.length)
    return true
  }

  /** A probe says which column the peer holds: if it is not the current one, and had time to arrive, the peer gets it again. */
  noteSeen(peer: Sid, columnSeen: number, now: Milliseconds): void {
    if (this.#published === undefined || columnSeen === this.#published.number) return
    if (now - this.#renewedAt >= COLUMN_SPACING_INTERVALS * this.#interval) this.send(peer, now)
  }

  /** Are there cells that the current full column does not have? */
  hasNews(): boolean {
    for (const [sid, estimate] of this.#fresh()) if (this.#carried.get(sid) !== estimate.senderEpoch) return true
    return false
  }

  /** Was a cell lost, or did it get more than 5 ms worse, since the group was last told? */
  hasBadNews(now: Milliseconds): boolean {
    const at = baseMicros(this.#components.datapath.clockNow())
    for (const [sid, before] of this.#baseline) {
      const estimate = this.#components.delays.estimate(sid, now)
      if (estimate === undefined || estimate.state !== 'fresh') return true
      if (estimate.senderEpoch === before.senderEpoch && delayAt(estimate, at) - delayAt(before, at) > BAD_NEWS_THRESHOLD) return true
    }
    return false
  }

  /** The group has been told of every cell as it stands. */
  noteTold(): void {
    this.#baseline = new Map(this.#fresh())
  }

  /** The part for the probes to come, and which columns this node holds. @returns the part */
  refreshPart(): Uint8Array {
    const { datapath, roster, store } = this.#components
    const part = this.#own.part(this.#moment())
    datapath.setColumnPart(
      part,
      new Map(
        store
          .owners()
          .filter((sid) => roster.member(sid) !== undefined)
          .map((sid) => [sid, store.number(sid)])
      )
    )
    return part
  }

  /** Do pulses of this group carry the column itself? */
  get small(): boolean {
    return this.#components.roster.size <= MAX_COLUMN_IN_PULSE
  }

  *#fresh(): Generator<[Sid, CellEstimate]> {
    const { clock, delays, roster } = this.#components
    for (const sid of roster.sids) {
      const estimate = sid === roster.self ? undefined : delays.estimate(sid, clock.now())
      if (estimate?.state === 'fresh') yield [sid, estimate]
    }
  }

  #moment(): ColumnMoment {
    const { clock, datapath, delays } = this.#components
    const now = clock.now()
    return { now, clockNow: datapath.clockNow(), clockEpoch: delays.clockEpoch, estimate: (sid) => delays.estimate(sid, now) }
  }
}
