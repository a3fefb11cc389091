import { COLORS, ipPrefix } from '@srwan/interface'
import type {
  Color,
  DatapathConfig,
  DatapathPeer,
  DatapathPolicy,
  DelayMatrix,
  DirectionDecision,
  IpPrefix,
  Member,
  Milliseconds,
  PathDecision,
  SegmentList,
  Sid
} from '@srwan/interface'
import { commonRelays } from './common-relays.ts'
import { RELAYS_PER_PEER } from './constants.ts'
import { distinct, keyOf } from './segment-lists.ts'

const OVERLAY_PREFIX_LENGTH = 128
const DEFAULT_COLOR: Color = 'latency'

export interface DesiredState {
  readonly self: Sid
  readonly localPrefixes: readonly IpPrefix[]
  readonly transit: boolean
  /** Of the own group. */
  readonly members: readonly Member[]
  /** Routers of other groups with a lease, and who of the own group may forward control packets to each. @default none */
  readonly guests?: readonly { readonly member: Member; readonly relays: readonly Sid[] }[]
  readonly matrix: DelayMatrix
  readonly at: Milliseconds
  readonly decisions: readonly PathDecision[]
  /** Not named as relays of control packets. @default nobody */
  readonly avoided?: ReadonlySet<Sid>
}

/**
 * The whole desired configuration: every other member and every guest as a peer, the default policy for each, and the decided ones in its place. Never names a SID that is not
 * a member, and never gives one prefix to two.
 */
export function desiredConfig(desired: DesiredState): DatapathConfig {
  const peers = peersOf(desired)
  const known = new Set(peers.map(({ sid }) => sid))
  const decided = new Map(desired.decisions.map((decision) => [`${decision.endpoint} ${decision.color}`, decision]))
  const defaults = peers.filter(({ sid }) => !decided.has(`${sid} ${DEFAULT_COLOR}`)).map(({ sid }) => defaultPolicy(desired.self, sid))
  const policies = desired.decisions.filter(({ endpoint }) => known.has(endpoint)).map((decision) => decidedPolicy(desired.self, decision, known))
  return { localPrefixes: desired.localPrefixes, peers, policies: [...defaults, ...policies], transit: desired.transit }
}

function peersOf(desired: DesiredState): readonly DatapathPeer[] {
  const { members, matrix, self, at } = desired
  const taken = new Set<IpPrefix>(desired.localPrefixes)
  const peers: DatapathPeer[] = []
  const trusted = members.filter(({ sid }) => desired.avoided?.has(sid) !== true)
  const seen = new Set<Sid>([self])
  const add = (member: Member, relaysOf: () => readonly Sid[]): void => {
    const endpoint = member.descriptor.endpoints[0]
    if (seen.has(member.sid) || endpoint === undefined) return
    seen.add(member.sid)
    const own = [ipPrefix(`${member.overlayAddress}/${OVERLAY_PREFIX_LENGTH}`), ...member.prefixes].filter((prefix) => !taken.has(prefix))
    for (const prefix of own) taken.add(prefix)
    peers.push({ sid: member.sid, publicKey: member.descriptor.datapathKey, endpoint, prefixes: [...new Set(own)], relays: relaysOf() })
  }
  for (const member of members) add(member, () => commonRelays({ matrix, members: trusted, self, peer: member.sid, at }))
  for (const { member, relays } of desired.guests ?? []) add(member, () => relays.slice(0, RELAYS_PER_PEER))
  return peers
}

function defaultPolicy(self: Sid, endpoint: Sid): DatapathPolicy {
  return { endpoint, color: COLORS[DEFAULT_COLOR], forward: [[endpoint]], reverse: [[self]], active: { forward: 0, reverse: 0 }, keepOpen: false }
}

function decidedPolicy(self: Sid, decision: PathDecision, known: ReadonlySet<Sid>): DatapathPolicy {
  const { endpoint } = decision
  const forward = directionLists(decision.forward, [endpoint], (list) => list.slice(0, -1).every((transit) => known.has(transit)))
  const reverse = directionLists(decision.reverse, [self], (list) => list.slice(0, -1).every((transit) => known.has(transit)))
  const active = { forward: forward.active, reverse: reverse.active }
  const standby = { forward: forward.standby ?? forward.active, reverse: reverse.standby ?? reverse.active }
  const isStandbyOther = standby.forward !== active.forward || standby.reverse !== active.reverse
  const lists = { forward: forward.lists, reverse: reverse.lists }
  return { endpoint, color: COLORS[decision.color], ...lists, active, ...(isStandbyOther ? { standby } : {}), keepOpen: true }
}

/** The lists of one direction, the default path first so that its index never moves. */
function directionLists(
  direction: DirectionDecision,
  defaultPath: SegmentList,
  isUsable: (list: SegmentList) => boolean
): { lists: readonly SegmentList[]; active: number; standby: number | undefined } {
  const lists = distinct([defaultPath, direction.active, direction.standby]).filter(isUsable)
  const indexOf = (list: SegmentList | undefined): number => (list === undefined ? -1 : lists.findIndex((candidate) => keyOf(candidate) === keyOf(list)))
  const standby = indexOf(direction.standby)
  return { lists, active: Math.max(0, indexOf(direction.active)), standby: standby < 0 ? undefined : standby }
}
