import type { DelayMatrix, Member, Milliseconds, Sid } from '@srwan/interface'
import { pathCost } from '@srwan/topology'
import { RELAYS_PER_PEER } from './constants.ts'

/**
 * The common members through which control packets reach a peer whose direct link does not answer: least round trip first (free of clock offsets), then those
 * of which nothing is known.
 */
export function commonRelays(query: {
  readonly matrix: DelayMatrix
  readonly members: readonly Member[]
  readonly self: Sid
  readonly peer: Sid
  readonly at: Milliseconds
}): readonly Sid[] {
  const { matrix, members, self, peer, at } = query
  return members
    .filter(({ sid, descriptor }) => sid !== self && sid !== peer && descriptor.endpoints.length > 0 && descriptor.roles.includes('transit'))
    .map(({ sid }) => {
      const there = pathCost(matrix, { from: self, segments: [sid, peer] }, at)
      const back = pathCost(matrix, { from: peer, segments: [sid, self] }, at)
      return { sid, roundTrip: there === undefined || back === undefined ? Infinity : there + back }
    })
    .sort((one, other) => (one.roundTrip < other.roundTrip ? -1 : one.roundTrip > other.roundTrip ? 1 : 0))
    .slice(0, RELAYS_PER_PEER)
    .map(({ sid }) => sid)
}
