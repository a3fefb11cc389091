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
 * The roster of an open network without a chain: of all routers that anyone has seen, those with the least SHA-256(network id ‖ peer id) that fit within the caps. A function of the set, so nodes that have seen the same agree.
 * Identities are free here; networks and autonomous systems are not, so the caps count those. Whoever has many of them still wins (see the sybil campaign): without a bond there is no better bound.
 *
 * @returns in the order of peer ids
 */
export function boundedUnion(networkId: string, seen: Iterable<SeenRouter>, bounds: UnionBounds = {}): readonly SeenRouter[] {
  const { routers, perNetwork, asnShare } = { ...DEFAULTS, ...bounds }
  const perAsn = Math.max(1, Math.floor(routers * asnShare))
  const unique = new Map([...seen].sort((a, b) => byPeerId(b, a) || (a.address < b.address ? 1 : -1)).map((router) => [router.peerId, router]))
  const ranked = [...unique.values()].map((router) => ({ router, rank: rankOf(networkId, router.peerId) })).sort((a, b) => Buffer.compare(a.rank, b.rank))
  const networks = new Map<string, number>()
  const asns = new Map<number, number>()
  const taken: SeenRouter[] = []
  for (const { router } of ranked) {
    if (taken.length >= routers) break
    const network = networkOf(router.address)
    const asn = router.asn ?? 0
    if ((networks.get(network) ?? 0) >= perNetwork || (asns.get(asn) ?? 0) >= perAsn) continue
    networks.set(network, (networks.get(network) ?? 0) + 1)
    asns.set(asn, (asns.get(asn) ?? 0) + 1)
    taken.push(router)
  }
  return taken.sort(byPeerId)
}

function rankOf(networkId: string, peerId: PeerIdText): Buffer {
  return createHash('sha256').update(networkId).update('\0').update(peerId).digest()
}
