import { seededRandom } from '@srwan/clock'
import { admitByStake, boundedUnion, firstGroupState, groupsOf, nextGroupState } from '../src/index.ts'
import { beaconOf, fakePeerIds } from './routers.ts'
import type { GroupParameters } from '../src/index.ts'
import type { PeerIdText } from '@srwan/interface'

/** How the hostile half of the identities gets in. */
export type Defence = 'none' | 'union of views' | 'stake quota'

/** What hostile identities reach, as shares of the whole. */
export interface SybilFigures {
  readonly seats: number
  /** Of draws of a relay. */
  readonly selections: number
  /** Of the weight of all observers and votes. */
  readonly votes: number
  /** Of the weight in the group in which they have most, where nobody counts for more than a tenth. */
  readonly worst: number
  /** Groups in which they hold more than half of that weight. */
  readonly majorities: number
  /** Greatest share of guests in any group, before and after their flood is placed. */
  readonly guests: number
}

export interface SybilInit {
  readonly honest: number
  readonly seed: number
  /** Stake of the hostile side in relation to all, in the smallest unit. */
  readonly stakeShare: number
  /** /24 networks and autonomous systems of the hostile side. */
  readonly networks: number
  readonly asns: number
}

const DRAWS = 20_000
const OPEN: GroupParameters = { groupSize: 100, admission: 'by-beacon' }

/** Weight of each identity that gets a seat, for each way in which the hostile side may go about it. */
function outcomes(defence: Defence, init: SybilInit, honest: readonly PeerIdText[], hostile: readonly PeerIdText[]): readonly ReadonlyMap<PeerIdText, number>[] {
  if (defence === 'none') return [new Map([...honest, ...hostile].map((peerId) => [peerId, 1]))]
  if (defence === 'union of views') {
    const address = (side: number, network: number, host: number): string => `${side}.${network >>> 8}.${network & 255}.${host & 255}`
    const seen = [
      ...honest.map((peerId, i) => ({ peerId, address: address(10, i, 1), asn: 1 + (i % 400) })),
      ...hostile.map((peerId, i) => ({ peerId, address: address(20, i % init.networks, i), asn: 10_000 + (i % init.asns) }))
    ]
    return [new Map(boundedUnion('open', seen).map(({ peerId }) => [peerId, 1]))]
  }
  // Honest bonds differ by a factor of 16; the hostile side spreads its own evenly over as many identities as serve it best.
  const random = seededRandom(init.seed)
  const bonds = honest.map((peerId) => ({ peerId, stake: BigInt(Math.round(1_000_000 * 16 ** random.next())) }))
  const total = bonds.reduce((sum, { stake }) => sum + stake, 0n)
  const theirs = (total * BigInt(Math.round(init.stakeShare * 1000))) / BigInt(Math.round((1 - init.stakeShare) * 1000))
  const spread = (count: number): { peerId: PeerIdText; stake: bigint }[] => hostile.slice(0, count).map((peerId) => ({ peerId, stake: theirs / BigInt(count) }))
  const counts = [hostile.length, Math.min(hostile.length, Number(theirs / 1_000_000n)), 10, 1]
  return counts.map((count) => new Map(admitByStake([...bonds, ...spread(count)], { seats: 10_000, bond: 1_000_000n }).map(({ peerId, weight }) => [peerId, weight])))
}

/** Within its group nobody counts for more than a tenth. */
function capped(weights: ReadonlyMap<PeerIdText, number>): ReadonlyMap<PeerIdText, number> {
  const sum = [...weights.values()].reduce((all, weight) => all + weight, 0)
  return new Map([...weights].map(([peerId, weight]) => [peerId, Math.min(weight, sum / 10)]))
}

function share(weights: ReadonlyMap<PeerIdText, number>, hostile: ReadonlySet<PeerIdText>): number {
  let bad = 0
  let all = 0
  for (const [peerId, weight] of weights) {
    all += weight
    if (hostile.has(peerId)) bad += weight
  }
  return all === 0 ? 0 : bad / all
}

/** Relays drawn in proportion to weight. */
function drawn(weights: ReadonlyMap<PeerIdText, number>, hostile: ReadonlySet<PeerIdText>, seed: number): number {
  const random = seededRandom(seed + 1)
  const list = [...weights]
  const sums = new Float64Array(list.length)
  let sum = 0
  list.forEach(([, weight], i) => (sums[i] = sum += weight))
  let hits = 0
  for (let i = 0; i < DRAWS; i++) {
    const at = random.next() * sum
    let low = 0
    let high = list.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] as number) <= at) low = middle + 1
      else high = middle
    }
    if (hostile.has((list[low] as [PeerIdText, number])[0])) hits++
  }
  return hits / DRAWS
}

function figuresOf(weights: ReadonlyMap<PeerIdText, number>, honest: readonly PeerIdText[], bad: ReadonlySet<PeerIdText>, seed: number): SybilFigures {
  const first = firstGroupState({ epoch: 0, roster: honest.filter((peerId) => weights.has(peerId)), beacon: beaconOf(0, seed) }, OPEN)
  const roster = [...weights.keys()]
  const flooded = nextGroupState(first, { epoch: 1, roster, beacon: beaconOf(1, seed) }, OPEN)
  const placed = nextGroupState(flooded, { epoch: 2, roster, beacon: beaconOf(2, seed) }, OPEN)
  const shares = groupsOf(placed).groups.map(({ members }) => share(capped(new Map(members.map((peerId) => [peerId, weights.get(peerId) ?? 0]))), bad))
  return {
    seats: roster.filter((peerId) => bad.has(peerId)).length / roster.length,
    selections: drawn(weights, bad, seed),
    votes: share(weights, bad),
    worst: Math.max(...shares),
    majorities: shares.filter((part) => part > 0.5).length / shares.length,
    guests: Math.max(...groupsOf(flooded).groups.map((group) => (group.members.length === 0 ? 0 : group.guests.length / group.members.length)))
  }
}

/** As many hostile identities as honest ones enter an open network at once; each figure is the worst that any of their ways gives. */
export function simulateSybils(defence: Defence, init: SybilInit): SybilFigures {
  const honest = fakePeerIds(init.honest, `honest ${init.seed} `)
  const hostile = fakePeerIds(init.honest, `hostile ${init.seed} `)
  const all = outcomes(defence, init, honest, hostile).map((weights) => figuresOf(weights, honest, new Set(hostile), init.seed))
  const worst = (field: keyof SybilFigures): number => Math.max(...all.map((figures) => figures[field]))
  return { seats: worst('seats'), selections: worst('selections'), votes: worst('votes'), worst: worst('worst'), majorities: worst('majorities'), guests: worst('guests') }
}
