import { ms } from '@srwan/interface'
import type { Color, DirectionDecision, Milliseconds, PathDecision, SegmentList, Sid } from '@srwan/interface'
import { chooseDirection } from './choose-direction.ts'
import type { Choice } from './choose-direction.ts'
import { FULL_COVERAGE, THRESHOLD_FLOOR, THRESHOLD_SHARE } from './constants.ts'
import { changeTo, initialDirection, quarantined } from './direction-state.ts'
import type { DirectionState } from './direction-state.ts'
import { explainDecision, explainSwitch } from './explain-decision.ts'
import type { Judgement, JudgedList } from './probe-judgement.ts'
import type { ListPair } from './probe-plan.ts'
import { isDefaultPath, keyOf } from './segment-lists.ts'

/** Everything the headend remembers of one SR policy. Immutable: each round makes the next. */
export interface PolicyRecord {
  readonly endpoint: Sid
  readonly color: Color
  readonly forward: DirectionState
  readonly reverse: DirectionState
  readonly threshold: Milliseconds
  readonly decision: PathDecision | undefined
  /** A round in knowledge of the matrix has come, or the path has changed: from now on changes need confirmation. */
  readonly isSettled: boolean
  /** Share of the matrix that was known at the last round. */
  readonly coverage: number
}

/** Time and names, for every step of a record. */
export interface StepContext {
  readonly now: Milliseconds
  readonly pulseInterval: Milliseconds
  readonly nameOf: (sid: Sid) => string | undefined
}

export function newRecord(policy: { readonly self: Sid; readonly endpoint: Sid; readonly color: Color }, now: Milliseconds): PolicyRecord {
  return {
    endpoint: policy.endpoint,
    color: policy.color,
    forward: initialDirection([policy.endpoint], now),
    reverse: initialDirection([policy.self], now),
    threshold: THRESHOLD_FLOOR,
    decision: undefined,
    isSettled: false,
    coverage: 0
  }
}

/** The pair in use. */
export function activePair(record: PolicyRecord): ListPair {
  return { forward: record.forward.active, reverse: record.reverse.active }
}

/** One round of probes: both directions choose independently. */
export function afterRound(record: PolicyRecord, round: { readonly judgement: Judgement; readonly coverage: number }, context: StepContext): PolicyRecord {
  const { judgement, coverage } = round
  const threshold = thresholdOf(judgement, record.threshold)
  const input = { threshold, now: context.now, pulseInterval: context.pulseInterval, first: !record.isSettled }
  const forward = chooseDirection({ ...input, state: record.forward, lists: judgement.forward })
  const reverse = chooseDirection({ ...input, state: record.reverse, lists: judgement.reverse })
  const hasMoved = !isDefaultPath(forward.state.active) || !isDefaultPath(reverse.state.active)
  const roundTrip = {
    active: roundTripOf(judgement, { forward: forward.state.active, reverse: reverse.state.active }),
    default: roundTripOf(judgement, { forward: judgement.forward[0]?.segments ?? [], reverse: judgement.reverse[0]?.segments ?? [] })
  }
  const directions = { forward: directionOf(forward), reverse: directionOf(reverse) }
  const decision: PathDecision = {
    endpoint: record.endpoint,
    color: record.color,
    decidedAt: context.now,
    since: sinceOf(record, forward.state, reverse.state, context.now),
    ...directions,
    roundTrip,
    explanation: explainDecision({ ...directions, roundTrip, threshold, nameOf: context.nameOf })
  }
  return { ...record, forward: forward.state, reverse: reverse.state, threshold, decision, coverage, isSettled: record.isSettled || hasMoved || coverage >= FULL_COVERAGE }
}

/** The datapath moved to another pair by itself: what it left has failed. */
export function afterSwitch(record: PolicyRecord, pair: ListPair, context: StepContext): PolicyRecord {
  const forward = abandoned(record.forward, pair.forward, context)
  const reverse = abandoned(record.reverse, pair.reverse, context)
  return withActive({ ...record, forward, reverse, isSettled: true }, context, explainSwitch)
}

/** Members left: a list through one of them gives way to the default path. */
export function afterDeparture(record: PolicyRecord, isMember: (sid: Sid) => boolean, context: StepContext): PolicyRecord {
  const isUsable = (list: SegmentList): boolean => list.slice(0, -1).every(isMember)
  const stay = (state: DirectionState): DirectionState => (isUsable(state.active) ? state : changeTo(state, state.active.slice(-1), context))
  const [forward, reverse] = [stay(record.forward), stay(record.reverse)]
  if (forward === record.forward && reverse === record.reverse) return record
  return withActive({ ...record, forward, reverse }, context, () => 'the default path: a member of the path in use has left the network')
}

function abandoned(state: DirectionState, next: SegmentList, context: StepContext): DirectionState {
  if (keyOf(state.active) === keyOf(next)) return state
  return changeTo(quarantined(state, [state.active], context), next, context)
}

/** The decision with the lists now in use, before a round has measured them. */
export function withActive(record: PolicyRecord, context: StepContext, explain: (input: Parameters<typeof explainSwitch>[0]) => string): PolicyRecord {
  const before = record.decision
  if (before === undefined) return record
  const forward = redirected(before.forward, record.forward.active)
  const reverse = redirected(before.reverse, record.reverse.active)
  const explanation = explain({ forward, reverse, nameOf: context.nameOf })
  const since = sinceOf(record, record.forward, record.reverse, context.now)
  return { ...record, decision: { ...before, since, forward, reverse, roundTrip: { active: undefined, default: before.roundTrip.default }, explanation } }
}

function redirected(direction: DirectionDecision, active: SegmentList): DirectionDecision {
  if (keyOf(direction.active) === keyOf(active)) return direction
  const candidates = direction.candidates.map((candidate) => {
    if (keyOf(candidate.segments) === keyOf(active)) return { ...candidate, reason: 'active' as const }
    return keyOf(candidate.segments) === keyOf(direction.active) ? { ...candidate, cost: undefined, reason: 'held-down' as const } : candidate
  })
  return { active, standby: isDefaultPath(active) ? undefined : active.slice(-1), candidates }
}

function directionOf(choice: Choice): DirectionDecision {
  return { active: choice.state.active, standby: choice.standby, candidates: choice.candidates }
}

function sinceOf(record: PolicyRecord, forward: DirectionState, reverse: DirectionState, now: Milliseconds): Milliseconds {
  if (record.decision === undefined) return now
  return ms(Math.max(forward.changedAt, reverse.changedAt))
}

/** The lowest delays there and back add up to the round trip: the clock offset between the ends cancels. */
function roundTripOf(judgement: Judgement, pair: ListPair): Milliseconds | undefined {
  const forward = delayOf(judgement.forward, pair.forward)
  const reverse = delayOf(judgement.reverse, pair.reverse)
  return forward === undefined || reverse === undefined ? undefined : ms(forward + reverse)
}

function delayOf(lists: readonly JudgedList[], segments: SegmentList): Milliseconds | undefined {
  return lists.find((list) => keyOf(list.segments) === keyOf(segments))?.delay
}

/** max(5 ms, 10 % of half the round trip), of the default path or, where that answers nothing, of the best there is. */
function thresholdOf(judgement: Judgement, before: Milliseconds): Milliseconds {
  const least = (lists: readonly JudgedList[]): number => Math.min(...lists.flatMap(({ delay }) => delay ?? []))
  const roundTrip =
    roundTripOf(judgement, { forward: judgement.forward[0]?.segments ?? [], reverse: judgement.reverse[0]?.segments ?? [] }) ?? least(judgement.forward) + least(judgement.reverse)
  return Number.isFinite(roundTrip) ? ms(Math.max(THRESHOLD_FLOOR, (THRESHOLD_SHARE * roundTrip) / 2)) : before
}
