import { SCHEMA_VERSION } from '@srwan/api'
import type { PingDocument } from '@srwan/api'
import { COLORS, ms } from '@srwan/interface'
import type { Color, Member, PathDecision } from '@srwan/interface'
import type { Node } from '@srwan/node'
import { namesOf, rounded, routerOf } from './routers.ts'

export interface PingRequest {
  readonly member: Member
  readonly color: Color
  readonly count: number
  readonly intervalMs: number
}

/** Sends sealed probes over the pair of paths in use and waits for what comes back. */
export async function pingOver(node: Node, request: PingRequest, signal: AbortSignal): Promise<PingDocument> {
  const { member, color, count, intervalMs } = request
  const path = await pathInUse(node, member, color, signal)
  const { samples } = await node.probePaths({ endpoint: member.sid, color: COLORS[color], paths: [path], count, duration: ms(count * intervalMs) }, signal)
  const probes = Array.from({ length: count }, (_, index) => {
    const sample = samples[0]?.[index]
    return { sequence: index, roundTripMs: sample === undefined ? null : rounded(Number(sample.roundTrip) / 1e6) }
  })
  const answered = probes.flatMap(({ roundTripMs }) => roundTripMs ?? [])
  return {
    schemaVersion: SCHEMA_VERSION,
    destination: { ...routerOf(member), overlayAddress: member.overlayAddress },
    color,
    path: { forward: [...path.forward], reverse: [...path.reverse] },
    names: namesOf(node, [path.forward, path.reverse]),
    probes,
    roundTripMs:
      answered.length === 0 ? null : { min: Math.min(...answered), avg: rounded(answered.reduce((sum, one) => sum + one, 0) / answered.length), max: Math.max(...answered) },
    lossRatio: (count - answered.length) / count
  }
}

/** The pair that data takes now; a destination without a decision gets one. */
export async function pathInUse(
  node: Node,
  member: Member,
  color: Color,
  signal: AbortSignal
): Promise<{ forward: PathDecision['forward']['active']; reverse: PathDecision['reverse']['active'] }> {
  const known = node.decisions().find((decision) => decision.endpoint === member.sid && decision.color === color)
  const { forward, reverse } = known ?? (await node.decide(member.sid, color, { signal }))
  return { forward: forward.active, reverse: reverse.active }
}
