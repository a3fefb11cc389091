import { createHash } from 'node:crypto'
import { ms } from '@srwan/interface'
import type { Clock, Datapath, Milliseconds, ProbeEvent, Sid } from '@srwan/interface'
import { decodeColumnPart, decodeFullColumn, encodeColumnRequest } from '@srwan/wire'
import type { ColumnPart, FullColumn } from '@srwan/wire'
import type { ColumnStore } from './column-store.ts'
import { COLUMN_SPACING_INTERVALS } from './constants.ts'
import { baseDifference, isNewer16, toBase } from './measuring-clock.ts'
import type { OwnDelays } from './own-delays.ts'
import type { RosterIndex } from './roster-index.ts'
import { Spacing } from './schedule.ts'
import type { Tally } from './tally.ts'

/** What receiving columns needs. */
export interface ColumnReceiverComponents {
  readonly datapath: Pick<Datapath, 'sendDatagram' | 'clockNow'>
  readonly clock: Clock
  readonly roster: RosterIndex
  readonly delays: OwnDelays
  readonly store: ColumnStore
  readonly tally: Tally
}

/** Columns are not believed to be older than this, in intervals. */
const MAX_BASE_AGE_INTERVALS = 10
/** Another clock's instants may seem to lie this far in the future, in ms. */
const MAX_FUTURE = 2000

/** Takes the columns of the others, from datagrams, pulses and probes, and asks for those that are missing. */
export class ColumnReceiver {
  readonly #components: ColumnReceiverComponents
  readonly #interval: Milliseconds
  readonly #requests: Spacing<Sid>
  /** The last column of each member whose roster this node has not seen yet: usually it has it a moment later. */
  readonly #pending = new Map<Sid, { readonly octets: Uint8Array; readonly fingerprint: number; readonly at: Milliseconds }>()

  constructor(components: ColumnReceiverComponents, interval: Milliseconds) {
    this.#components = components
    this.#interval = interval
    this.#requests = new Spacing(ms(COLUMN_SPACING_INTERVALS * interval))
  }

  /** Drops what belongs to former members and takes the columns that waited for this roster. */
  rosterChanged(): void {
    const { roster, store } = this.#components
    this.#requests.retain((sid) => roster.member(sid) !== undefined)
    for (const owner of store.owners()) if (roster.member(owner) === undefined) store.delete(owner)
    for (const [owner, { octets, fingerprint, at }] of this.#pending) {
      if (roster.member(owner) === undefined) this.#pending.delete(owner)
      else if (roster.order(fingerprint) !== undefined) {
        this.#pending.delete(owner)
        this.acceptFull(owner, octets, at)
      }
    }
  }

  /** The owner's clock changed: its column is of a clock that is gone. */
  forget(owner: Sid): void {
    this.#components.store.delete(owner)
    this.#pending.delete(owner)
  }

  /**
   * @param owner - authenticated by the caller
   * @param arrivedAt - `Clock.now()` at arrival
   * @returns whether the column is in use now
   */
  acceptFull(owner: Sid, octets: Uint8Array, arrivedAt: Milliseconds): boolean {
    const { roster, store, tally } = this.#components
    if (roster.member(owner) === undefined) {
      tally.dropped('columnUnknownSender')
      return false
    }
    const column = this.#decode(octets)
    if (column === undefined) return false
    const sids = roster.order(column.fingerprint)
    if (sids === undefined) {
      tally.dropped('columnUnknownRoster')
      this.#pending.set(owner, { octets: octets.slice(), fingerprint: column.fingerprint, at: arrivedAt })
      return false
    }
    if (sids.length !== column.cells.length + 1 || !sids.includes(owner)) {
      tally.dropped('columnMalformed')
      return false
    }
    const baseLocal = this.#localise(owner, column.clockEpoch, column.base, arrivedAt)
    const hash = createHash('sha256').update(octets).digest('hex')
    if (baseLocal !== undefined && !this.#isOldEpoch(owner, column.clockEpoch) && store.applyFull(owner, { column, hash, baseLocal }, sids)) return true
    if (store.hash(owner) !== hash) tally.dropped('columnOutdated')
    return false
  }

  /** The part that came with a probe: the probe says what the owner's clock showed when it left. @returns whether cells changed */
  acceptProbe(event: ProbeEvent, now: Milliseconds): boolean {
    const part = this.#decodePart(event.columnPart)
    if (part === undefined) return false
    const age = baseDifference(toBase(event.sentAt), part.base)
    if (age < -MAX_FUTURE || age > MAX_BASE_AGE_INTERVALS * this.#interval) {
      this.#components.tally.dropped('partMalformed')
      return false
    }
    const offset = this.#components.delays.clockOffset(event.from, event.peerClockEpoch)
    const flight = offset === undefined ? 0 : Math.max(Number(event.receivedAt - event.sentAt) / 1e6 - offset / 1000, 0)
    const sinceArrival = Math.max(Number(this.#components.datapath.clockNow() - event.receivedAt) / 1e6, 0)
    return this.#apply(event.from, part, ms(now - Math.max(age, 0) - flight - sinceArrival), now)
  }

  /** A part that came in a pulse. */
  acceptPart(owner: Sid, clockEpoch: number, octets: Uint8Array, now: Milliseconds): boolean {
    const part = this.#decodePart(octets)
    if (part === undefined || this.#components.store.clockEpoch(owner) !== clockEpoch) return false
    const partLocal = this.#localise(owner, clockEpoch, part.base, now)
    return partLocal !== undefined && this.#apply(owner, part, partLocal, now)
  }

  /** A pulse announced a column: is it the one held? */
  checkRoot(owner: Sid, number: number, root: string, now: Milliseconds): void {
    const { store, tally } = this.#components
    if (number === 0) return
    if (store.number(owner) !== number) this.request(owner, now)
    else if (store.hash(owner) !== root) tally.dropped('columnRootMismatch')
  }

  /** Asks for the owner's full column, at most twice in an interval. */
  request(owner: Sid, now: Milliseconds): void {
    const { datapath, roster, store, tally } = this.#components
    if (!this.#requests.take(owner, now)) return
    const octets = encodeColumnRequest({ held: store.number(owner), fingerprint: roster.fingerprint })
    if (datapath.sendDatagram(owner, octets)) tally.sent('columnRequests', octets.length)
  }

  #apply(owner: Sid, part: ColumnPart, partLocal: Milliseconds, now: Milliseconds): boolean {
    const { roster, store, tally } = this.#components
    if (store.applyPart(owner, part, partLocal)) return true
    tally.dropped('partMismatch')
    // Where the rosters differ, the column would not decode yet; the owner sends it again when it sees that it is missing.
    if (roster.order(part.fingerprint) !== undefined) this.request(owner, now)
    return false
  }

  #isOldEpoch(owner: Sid, clockEpoch: number): boolean {
    const { clock, delays } = this.#components
    const known = delays.peerClockEpoch(owner, undefined, ms(0))
    if (known === undefined || known === clockEpoch || isNewer16(clockEpoch, known)) return false
    return delays.peerClockEpoch(owner, clockEpoch, ms(clock.now() - 3 * this.#interval)) === known
  }

  /** `Clock.now()` of an instant of the owner's clock; an owner whose clock is not known yet is taken to speak of now. `undefined` where it is too old. */
  #localise(owner: Sid, clockEpoch: number, base: number, arrivedAt: Milliseconds): Milliseconds | undefined {
    const { clock, datapath, delays } = this.#components
    const offset = delays.clockOffset(owner, clockEpoch)
    if (offset === undefined) return arrivedAt
    const ownerNow = toBase(datapath.clockNow() - BigInt(Math.round(offset)) * 1000n)
    const age = baseDifference(ownerNow, base)
    if (age > MAX_BASE_AGE_INTERVALS * this.#interval || age < -MAX_FUTURE) return undefined
    return ms(clock.now() - Math.max(age, 0))
  }

  #decode(octets: Uint8Array): FullColumn | undefined {
    try {
      return decodeFullColumn(octets)
    } catch {
      this.#components.tally.dropped('columnMalformed')
      return undefined
    }
  }

  #decodePart(octets: Uint8Array): ColumnPart | undefined {
    try {
      return decodeColumnPart(octets)
    } catch {
      this.#components.tally.dropped('partMalformed')
      return undefined
    }
  }
}
