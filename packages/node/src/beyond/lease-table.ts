import type { Milliseconds, PeerIdText } from '@srwan/interface'

/** One router that may be a peer for a while, on the word of one asker. */
export interface LeaseRequest {
  readonly router: PeerIdText
  readonly askedBy: PeerIdText
  /** Of the router; `undefined` where it has none. */
  readonly group: number | undefined
}

/** Most routers: in all, of one asker alone, of one group. */
export interface LeaseLimits {
  readonly all: number
  readonly ofAsker: number
  readonly ofGroup: number
}

/** Askers that a router's leases are kept of, on average. */
const MAX_SHARING = 32

interface Lease extends LeaseRequest {
  readonly expiresAt: Milliseconds
}

/**
 * Leases by (router, asker); a router has one for as long as any of them lasts. What is bounded is what costs: routers. One that somebody else has a lease for costs nothing more,
 * so whoever asks for it shares it, and it counts against the share of nobody.
 */
export class LeaseTable {
  readonly #limits: LeaseLimits
  readonly #leases = new Map<string, Lease>()

  constructor(limits: LeaseLimits) {
    this.#limits = limits
  }

  /** Gives or renews. @returns false where a limit is reached; what is there stays */
  grant(request: LeaseRequest, expiresAt: Milliseconds): boolean {
    const key = `${request.router} ${request.askedBy}`
    if (!this.#leases.has(key) && !this.#hasRoom(request)) return false
    this.#leases.set(key, { ...request, expiresAt })
    return true
  }

  /** @returns whether a router is no longer leased */
  expire(now: Milliseconds): boolean {
    const before = this.routers().size
    for (const [key, { expiresAt }] of this.#leases) if (expiresAt <= now) this.#leases.delete(key)
    return this.routers().size !== before
  }

  routers(): ReadonlySet<PeerIdText> {
    return new Set([...this.#leases.values()].map(({ router }) => router))
  }

  /** Ms that are left to a lease of this router; 0 for none. */
  left(router: PeerIdText, now: Milliseconds): number {
    return Math.max(0, ...[...this.#leases.values()].filter((lease) => lease.router === router).map(({ expiresAt }) => expiresAt - now))
  }

  #hasRoom({ router, askedBy, group }: LeaseRequest): boolean {
    const leases = [...this.#leases.values()]
    if (leases.some((lease) => lease.router === router)) return leases.length < this.#limits.all * MAX_SHARING
    const distinct = (chosen: readonly Lease[]): number => new Set([...chosen.map((lease) => lease.router), router]).size
    const isShared = ({ router: other }: Lease): boolean => leases.some((lease) => lease.router === other && lease.askedBy !== askedBy)
    return (
      distinct(leases) <= this.#limits.all &&
      distinct(leases.filter((lease) => lease.askedBy === askedBy && !isShared(lease))) <= this.#limits.ofAsker &&
      distinct(leases.filter((lease) => lease.group === group)) <= this.#limits.ofGroup
    )
  }
}
