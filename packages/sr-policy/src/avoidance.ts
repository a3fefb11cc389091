import type { DirectionDecision, SegmentList, Sid } from '@srwan/interface'
import { changeTo } from './direction-state.ts'
import type { DirectionState } from './direction-state.ts'
import { withActive } from './policy-record.ts'
import type { PolicyRecord, StepContext } from './policy-record.ts'

/** Does a list pass one of these as transit? Its end is no transit: who is left out stays reachable. */
export function passes(segments: SegmentList, routers: ReadonlySet<Sid>): boolean {
  return segments.slice(0, -1).some((segment) => routers.has(segment))
}

/** Routers are left out of paths: a list over one of them gives way to its standby, or where that passes one too to the default path. */
export function afterAvoidance(record: PolicyRecord, avoided: ReadonlySet<Sid>, context: StepContext): PolicyRecord {
  const { decision } = record
  if (avoided.size === 0 || decision === undefined) return record
  const forward = moved(record.forward, decision.forward, { avoided, context })
  const reverse = moved(record.reverse, decision.reverse, { avoided, context })
  const strip = (direction: DirectionDecision): DirectionDecision => {
    const isUsable = direction.standby === undefined || !passes(direction.standby, avoided)
    return isUsable ? direction : { ...direction, standby: direction.active.length > 1 ? direction.active.slice(-1) : undefined }
  }
  const stripped = { forward: strip(decision.forward), reverse: strip(decision.reverse) }
  const hasMoved = forward !== record.forward || reverse !== record.reverse
  if (!hasMoved && stripped.forward === decision.forward && stripped.reverse === decision.reverse) return record
  const next = { ...record, forward, reverse, decision: { ...decision, ...stripped } }
  return hasMoved ? withActive(next, context, ({ nameOf }) => explain([record.forward, record.reverse], avoided, nameOf)) : next
}

function moved(state: DirectionState, decision: DirectionDecision, by: { readonly avoided: ReadonlySet<Sid>; readonly context: StepContext }): DirectionState {
  if (!passes(state.active, by.avoided)) return state
  const isStandbyUsable = decision.standby !== undefined && !passes(decision.standby, by.avoided)
  return changeTo(state, isStandbyUsable ? (decision.standby as SegmentList) : state.active.slice(-1), by.context)
}

function explain(states: readonly DirectionState[], avoided: ReadonlySet<Sid>, nameOf: StepContext['nameOf']): string {
  const routers = [...new Set(states.flatMap(({ active }) => active.slice(0, -1)))].filter((router) => avoided.has(router))
  return `another path: ${routers.map((router) => nameOf(router) ?? router).join(' and ')} carried the one in use and is left out of all paths; \`srwan status\` says why`
}
