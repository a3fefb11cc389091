import { createHash } from 'node:crypto'
import { byPeerId } from './group-state.ts'
import type { PeerIdText } from '@srwan/interface'

/** A router that somebody has told of, in an open network that no chain orders. */
export interface SeenRouter {
  readonly peerId: PeerIdText
  /** Address from which it answered, IPv4 or IPv6. */
  readonly address: string
  /** Of that address, where known. */
  readonly asn?: number | undefined
}

/** Bounds of a union of views. */
export interface UnionBounds {
  /** @default 10,000 */
  readonly routers?: number
  /** Of one /24 (IPv4) or /48 (IPv6). @default 2 */
  readonly perNetwork?: number
  /** Of one autonomous system, as a share of `routers`; all of unknown number count as one. @default 0.05 */
  readonly asnShare?: number
}

/** Which bound keeps a router out. */
export type FullBound = 'network' | 'asn' | 'routers'

/** Is there room for a router, and who gives way to it? */
export type Fit = { readonly fits: true; readonly ousted: readonly PeerIdText[] } | { readonly fits: false; readonly full: FullBound }

interface Ranked {
  readonly router: SeenRouter
  /** SHA-256(network id ‖ 00 ‖ peer id), hexadecimal: the least stay. */
  readonly rank: string
  readonly network: string
  readonly asn: number
}

const DEFAULTS = { routers: 10_000, perNetwork: 2, asnShare: 0.05 }

/** The network that an address counts against: /24 for IPv4, /48 for IPv6. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address.split('.').slice(0, 3).join('.')
  const [head = '', tail] = address.toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  const full = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail === undefined || tail === '' ? [] : tail.split(':'))]
  return full
    .slice(0, 3)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

/**
 * A union of views that grows one router at a time and never beyond its bounds: where a bound is full, the routers with the least rank stay. As long as all routers of one network name one autonomous system, the order in which they come makes no difference.
 * Never holds more than `routers` entries, and looks at all of them only where a bound is full and the newcomer has a lesser rank than somebody in it.
 */
export class BoundedUnion {
  readonly #networkId: string
  readonly #bounds: { readonly routers: number; readonly perNetwork: number; readonly perAsn: number }
  readonly #held = new Map<PeerIdText, Ranked>()
  readonly #networks = new Map<string, Map<PeerIdText, Ranked>>()
  readonly #asns = new Map<number, Map<PeerIdText, Ranked>>()

  constructor(networkId: string, bounds: UnionBounds = {}) {
    const { routers, perNetwork, asnShare } = { ...DEFAULTS, ...bounds }
    this.#networkId = networkId
    this.#bounds = { routers, perNetwork, perAsn: Math.max(1, Math.floor(routers * asnShare)) }
  }

  /** @param stays - somebody who gives way to nobody: the node itself, in its own view */
  fit(router: SeenRouter, stays?: PeerIdText): Fit {
    const newcomer = this.#ranked(router)
    const gone = new Set<PeerIdText>()
    for (const { full, members, limit } of this.#boundsOn(newcomer)) {
      const earlier = [router.peerId, ...gone].filter((peerId) => members.has(peerId)).length
      if (members.size - earlier < limit) continue
      const last = lastOf(members, (peerId) => peerId !== router.peerId && peerId !== stays && !gone.has(peerId))
      if (last === undefined || last.rank < newcomer.rank) return { fits: false, full }
      gone.add(last.router.peerId)
    }
    return { fits: true, ousted: [...gone] }
  }

  /** Holds a router under its present address, whether it fits or not; those who give way are for the caller to delete. */
  set(router: SeenRouter): void {
    this.delete(router.peerId)
    const ranked = this.#ranked(router)
    this.#held.set(router.peerId, ranked)
    membersOf(this.#networks, ranked.network).set(router.peerId, ranked)
    membersOf(this.#asns, ranked.asn).set(router.peerId, ranked)
  }

  delete(peerId: PeerIdText): void {
    const ranked = this.#held.get(peerId)
    if (ranked === undefined) return
    this.#held.delete(peerId)
    remove(this.#networks, ranked.network, peerId)
    remove(this.#asns, ranked.asn, peerId)
  }

  /** In the order of peer ids. */
  list(): readonly SeenRouter[] {
    return [...this.#held.values()].map(({ router }) => router).sort(byPeerId)
  }

  #boundsOn({ network, asn }: Ranked): readonly { readonly full: FullBound; readonly members: ReadonlyMap<PeerIdText, Ranked>; readonly limit: number }[] {
    const { perNetwork, perAsn, routers } = this.#bounds
    return [
      { full: 'network', members: this.#networks.get(network) ?? new Map<PeerIdText, Ranked>(), limit: perNetwork },
      { full: 'asn', members: this.#asns.get(asn) ?? new Map<PeerIdText, Ranked>(), limit: perAsn },
      { full: 'routers', members: this.#held, limit: routers }
    ]
  }

  #ranked(router: SeenRouter): Ranked {
    return { router, rank: rankOf(this.#networkId, router.peerId), network: networkOf(router.address), asn: router.asn ?? 0 }
  }
}

/**
 * The roster of an open network without a chain: of all routers that anyone has seen, those with the least SHA-256(network id ‖ 00 ‖ peer id) that fit within the caps. A function of the set, so nodes that have seen the same agree.
 * Identities are free here; networks and autonomous systems are not, so the caps count those. Whoever has many of them still wins (see the sybil campaign): without a bond there is no better bound.
 *
 * @returns in the order of peer ids
 */
export function boundedUnion(networkId: string, seen: Iterable<SeenRouter>, bounds: UnionBounds = {}): readonly SeenRouter[] {
  const unique = new Map([...seen].sort((a, b) => byPeerId(b, a) || (a.address < b.address ? 1 : -1)).map((router) => [router.peerId, router]))
  const ranked = [...unique.values()].map((router) => ({ router, rank: rankOf(networkId, router.peerId) })).sort((a, b) => (a.rank < b.rank ? -1 : 1))
  const union = new BoundedUnion(networkId, bounds)
  for (const { router } of ranked) if (union.fit(router).fits) union.set(router)
  return union.list()
}

function rankOf(networkId: string, peerId: PeerIdText): string {
  return createHash('sha256').update(networkId).update('\0').update(peerId).digest('hex')
}

function lastOf(members: ReadonlyMap<PeerIdText, Ranked>, mayGo: (peerId: PeerIdText) => boolean): Ranked | undefined {
  let last: Ranked | undefined
  for (const [peerId, ranked] of members) if (mayGo(peerId) && (last === undefined || ranked.rank > last.rank)) last = ranked
  return last
}

function membersOf<K>(classes: Map<K, Map<PeerIdText, Ranked>>, key: K): Map<PeerIdText, Ranked> {
  const members = classes.get(key) ?? new Map<PeerIdText, Ranked>()
  classes.set(key, members)
  return members
}

function remove<K>(classes: Map<K, Map<PeerIdText, Ranked>>, key: K, peerId: PeerIdText): void {
  const members = classes.get(key)
  members?.delete(peerId)
  if (members?.size === 0) classes.delete(key)
}
