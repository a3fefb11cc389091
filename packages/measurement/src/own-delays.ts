import { ms, us } from '@srwan/interface'
import type { Microseconds, Milliseconds, PartsPerMillion, ProbeEvent, Sid } from '@srwan/interface'
import { CellEstimator } from './cell-estimator.ts'
import type { CellEstimate } from './cell-estimator.ts'
import { isNewer16, toMicros } from './measuring-clock.ts'

interface Peer {
  readonly estimator: CellEstimator
  clockEpoch: number
  heardAt: Milliseconds
}

/** What one probe event meant. */
export type ProbeOutcome = 'sample' | 'peer-clock-changed' | 'ignored'

/** The estimators of all peers: this node's own column of the matrix, and how its clock stands to theirs. */
export class OwnDelays {
  readonly #interval: Milliseconds
  readonly #peers = new Map<Sid, Peer>()
  #clockEpoch: number

  constructor(interval: Milliseconds, clockEpoch: number) {
    this.#interval = interval
    this.#clockEpoch = clockEpoch
  }

  get clockEpoch(): number {
    return this.#clockEpoch
  }

  /** The own clock was suspended or jumped: every sample is of another clock. @returns whether it is news */
  clockChanged(clockEpoch: number): boolean {
    if (clockEpoch === this.#clockEpoch) return false
    this.#clockEpoch = clockEpoch
    this.#peers.clear()
    return true
  }

  /** Forgets whoever is not a member. */
  retain(isMember: (sid: Sid) => boolean): void {
    for (const sid of this.#peers.keys()) if (!isMember(sid)) this.#peers.delete(sid)
  }

  /** @param clockNow - measuring clock, ns · @param now - `Clock.now()` at the same instant */
  add(event: ProbeEvent, clockNow: bigint, now: Milliseconds): ProbeOutcome {
    if (event.clockEpoch !== this.#clockEpoch) return 'ignored'
    const known = this.#peers.get(event.from)
    const changed = known !== undefined && known.clockEpoch !== event.peerClockEpoch
    const peer = known === undefined || changed ? { estimator: new CellEstimator(this.#interval, event.peerClockEpoch), clockEpoch: event.peerClockEpoch, heardAt: now } : known
    this.#peers.set(event.from, peer)
    peer.heardAt = now
    peer.estimator.add({
      at: toMicros(event.receivedAt),
      localAt: ms(now - Math.max(toMicros(clockNow - event.receivedAt), 0) / 1000),
      delay: toMicros(event.receivedAt - event.sentAt),
      ...(event.roundTrip === undefined ? {} : { roundTrip: toMicros(event.roundTrip) }),
      sent: event.sentByPeer,
      accepted: event.acceptedFromPeer
    })
    return changed ? 'peer-clock-changed' : 'sample'
  }

  probeLost(to: Sid): void {
    this.#peers.get(to)?.estimator.probeLost()
  }

  /** @returns `undefined` before the first probe of that peer under its present clock epoch */
  estimate(sender: Sid, now: Milliseconds): CellEstimate | undefined {
    return this.#peers.get(sender)?.estimator.estimate(now)
  }

  /** Rate of the peer's clock against this node's; 0 while unknown. A delay towards this node shrinks where the sender's clock is fast. */
  peerRate(sid: Sid): PartsPerMillion {
    return (0 - (this.#peers.get(sid)?.estimator.rate.slope ?? 0)) as PartsPerMillion
  }

  /** Own clock minus the peer's, if exchanges under that clock epoch of the peer tell. */
  clockOffset(sid: Sid, peerClockEpoch: number): Microseconds | undefined {
    const peer = this.#peers.get(sid)
    const offset = peer?.clockEpoch === peerClockEpoch ? peer.estimator.clockOffset : undefined
    return offset === undefined ? undefined : us(offset)
  }

  /** The clock epoch that a router is in: by the own exchanges, unless its column is newer or it was not heard of late. */
  peerClockEpoch(sid: Sid, columnEpoch: number | undefined, freshSince: Milliseconds): number | undefined {
    const peer = this.#peers.get(sid)
    if (peer === undefined) return columnEpoch
    if (columnEpoch === undefined) return peer.clockEpoch
    return peer.heardAt < freshSince || isNewer16(columnEpoch, peer.clockEpoch) ? columnEpoch : peer.clockEpoch
  }
}
