import { SCHEMA_VERSION } from '@srwan/api'
import type { PathDocument } from '@srwan/api'
import type { DelayMatrix, DirectionDecision, Member, PathDecision, SegmentList, Sid } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { namesOf, orNull, rounded, routerOf } from './routers.ts'

/** @param decision - of this node for that member */
export function pathOf(node: Node, member: Member, decision: PathDecision): PathDocument {
  const now = node.clock.now()
  const forward = directionOf(node.matrix(), node.self.sid, decision.forward, [decision.endpoint])
  const reverse = directionOf(node.matrix(), decision.endpoint, decision.reverse, [node.self.sid])
  const { active, default: direct } = decision.roundTrip
  return {
    schemaVersion: SCHEMA_VERSION,
    destination: { ...routerOf(member), overlayAddress: member.overlayAddress },
    color: decision.color,
    active: { ...forward.active, since: new Date(node.clock.wallTime() - (now - decision.since)).toISOString() },
    standby: forward.standby,
    default: forward.default,
    candidates: forward.candidates,
    reverse,
    roundTripMs: { active: orNull(active), default: orNull(direct) },
    improvementMs: active === undefined || direct === undefined ? null : rounded(direct - active),
    decidedAgoMs: Math.max(0, rounded(now - decision.decidedAt)),
    explanation: decision.explanation,
    names: namesOf(node, [
      [node.self.sid, decision.endpoint],
      ...[decision.forward, decision.reverse].flatMap(({ candidates, active: used, standby }) => [used, standby ?? [], ...candidates.map(({ segments }) => segments)])
    ])
  }
}

function directionOf(matrix: DelayMatrix, from: Sid, decision: DirectionDecision, direct: SegmentList): PathDocument['reverse'] {
  const listed = (segments: SegmentList): PathDocument['default'] => {
    const sum = delayAlong(matrix, [from, ...segments])
    return { segments: [...segments], ...(sum === undefined ? {} : { oneWayDelayMs: rounded(sum) }) }
  }
  return {
    active: listed(decision.active),
    standby: decision.standby === undefined ? null : listed(decision.standby),
    default: listed(direct),
    candidates: decision.candidates.map(({ segments, cost, reason }) => ({ segments: [...segments], cost: orNull(cost), reason }))
  }
}

/** Sum of the cells along a path in ms; `undefined` where one is unknown. */
function delayAlong(matrix: DelayMatrix, routers: readonly Sid[]): number | undefined {
  let sum = 0
  for (let index = 1; index < routers.length; index++) {
    const row = matrix.sids.indexOf(routers[index - 1] as Sid)
    const delay = matrix.cells[row]?.[matrix.sids.indexOf(routers[index] as Sid)]?.oneWayDelay
    if (delay === undefined) return undefined
    sum += delay / 1000
  }
  return sum
}
