import { ms } from '@srwan/interface'
import type { CandidatePath, CandidateReason, Milliseconds, SegmentList } from '@srwan/interface'
import { disjointStandby } from '@srwan/topology'
import { DEFAULT_LOSS_MARGIN, LEAST_GAIN, LOSS_MARGIN, ROUNDS_TO_CONFIRM } from './constants.ts'
import { changeTo, quarantined } from './direction-state.ts'
import type { DirectionState } from './direction-state.ts'
import type { JudgedList } from './probe-judgement.ts'
import { isDefaultPath, keyOf } from './segment-lists.ts'

export interface ChoiceInput {
  readonly state: DirectionState
  /** This round's verdicts, the default path among them. */
  readonly lists: readonly JudgedList[]
  readonly threshold: Milliseconds
  readonly now: Milliseconds
  readonly pulseInterval: Milliseconds
  /** No round in knowledge of the matrix has come before: a gain is taken at once. */
  readonly first: boolean
}

export interface Choice {
  readonly state: DirectionState
  readonly standby: SegmentList | undefined
  readonly candidates: readonly CandidatePath[]
}

type Answered = JudgedList & { readonly delay: Milliseconds }

/** Verdicts of one round that may be taken. */
interface Field {
  /** Answered, and not lossy beside the best. */
  readonly usable: readonly Answered[]
  readonly active: Answered | undefined
  readonly defaultPath: Answered | undefined
}

/**
 * One direction after one round of probes (architecture: choosing the path). The first gain above the threshold is taken at once, a path that broke is left at
 * once, everything else needs two rounds in a row and the dwell. The default path wins below the threshold, and takes over where the gain of the path in use
 * is gone.
 */
export function chooseDirection(input: ChoiceInput): Choice {
  const { lists, now, pulseInterval } = input
  const failed = lists.filter(({ delay }) => delay === undefined).map(({ segments }) => segments)
  const state = quarantined(input.state, failed, { now, pulseInterval })
  const field = fieldOf(lists, state)
  const next = nextState({ ...input, state }, field)
  const standby = standbyOf(next, field)
  return { state: next, standby, candidates: explainCandidates({ ...input, state: next }, fieldOf(lists, next), standby) }
}

function nextState(input: ChoiceInput, field: Field): DirectionState {
  const { state, threshold, now } = input
  const start = defaultListOf(input)
  const take = (segments: SegmentList): DirectionState => changeTo(state, segments, input)
  if (field.usable.length === 0) return take(start)
  const broken = field.active === undefined && input.lists.some(({ segments, delay }) => sameList(segments, state.active) && delay === undefined)
  if (input.first || broken) return take(startOver(field, broken ? field.usable : eligible(field, input), threshold).segments)
  const better = betterThanActive(field, input)
  const gainIsGone = isGainGone(field, state)
  if (better === undefined && !gainIsGone) return { ...state, agreed: 0 }
  const agreed = Math.min(state.agreed + 1, ROUNDS_TO_CONFIRM)
  if (agreed < ROUNDS_TO_CONFIRM || now - state.changedAt < state.dwell) return { ...state, agreed }
  return take((better ?? startOver(field, eligible(field, input), threshold)).segments)
}

/** The default path unless another is better by more than the threshold; without a usable default path the best. */
function startOver(field: Field, pool: readonly Answered[], threshold: Milliseconds): Answered {
  const best = fastest(pool) ?? (fastest(field.usable) as Answered)
  if (field.defaultPath === undefined) return best
  return field.defaultPath.delay - best.delay > threshold ? best : field.defaultPath
}

function betterThanActive(field: Field, input: ChoiceInput): Answered | undefined {
  const best = fastest(eligible(field, input).filter(({ segments }) => !sameList(segments, input.state.active)))
  if (best === undefined) return undefined
  if (field.active === undefined) return isGainGone(field, input.state) ? undefined : best
  return field.active.delay - best.delay > input.threshold ? best : undefined
}

/** A relayed path in use that is lossy, or hardly faster than the default path. */
function isGainGone(field: Field, state: DirectionState): boolean {
  if (isDefaultPath(state.active) || field.defaultPath === undefined) return false
  return field.active === undefined || field.defaultPath.delay - field.active.delay < LEAST_GAIN
}

/** Usable and not in quarantine. */
function eligible(field: Field, input: ChoiceInput): readonly Answered[] {
  return field.usable.filter(({ segments }) => (input.state.quarantine.get(keyOf(segments)) ?? 0) <= input.now)
}

function fieldOf(lists: readonly JudgedList[], state: DirectionState): Field {
  const answered = lists.filter((list): list is Answered => list.delay !== undefined)
  const leastLoss = Math.min(...answered.map(({ loss }) => loss))
  const usable = answered.filter(({ segments, loss }) => loss - leastLoss <= (isDefaultPath(segments) ? DEFAULT_LOSS_MARGIN : LOSS_MARGIN))
  return {
    usable,
    active: usable.find(({ segments }) => sameList(segments, state.active)),
    defaultPath: usable.find(({ segments }) => isDefaultPath(segments))
  }
}

function standbyOf(state: DirectionState, field: Field): SegmentList | undefined {
  const ranked = [...field.usable].sort((one, other) => one.delay - other.delay || one.segments.length - other.segments.length)
  return disjointStandby(ranked, state.active)?.segments
}

function explainCandidates(input: ChoiceInput, field: Field, standby: SegmentList | undefined): readonly CandidatePath[] {
  const reference = input.lists.find(({ segments }) => isDefaultPath(segments))?.delay
  return input.lists.map((list) => ({
    segments: list.segments,
    cost: list.delay === undefined || reference === undefined ? undefined : ms(list.delay - reference),
    reason: reasonOf(list, { input, field, standby })
  }))
}

function reasonOf(list: JudgedList, context: { readonly input: ChoiceInput; readonly field: Field; readonly standby: SegmentList | undefined }): CandidateReason {
  const { input, field, standby } = context
  if (sameList(list.segments, input.state.active)) return 'active'
  if (list.delay === undefined) return 'unreachable'
  const gain = gainOf(list, field)
  if (gain > input.threshold) return isHeldDown(list, input) ? 'held-down' : 'waiting'
  if (standby !== undefined && sameList(list.segments, standby)) return 'standby'
  if (isDefaultPath(list.segments)) return 'default'
  return gain > 0 ? 'below-threshold' : 'not-better'
}

/** By how much a usable list is faster than the one in use, ms; 0 where either is not usable. */
function gainOf(list: JudgedList, field: Field): number {
  const usable = field.usable.find(({ segments }) => sameList(segments, list.segments))
  return usable === undefined || field.active === undefined ? 0 : field.active.delay - usable.delay
}

/** In quarantine, or confirmed and waiting for the dwell only. */
function isHeldDown(list: JudgedList, { state, now }: ChoiceInput): boolean {
  const isQuarantined = (state.quarantine.get(keyOf(list.segments)) ?? 0) > now
  return isQuarantined || (state.agreed >= ROUNDS_TO_CONFIRM && now - state.changedAt < state.dwell)
}

function defaultListOf(input: ChoiceInput): SegmentList {
  return input.lists.find(({ segments }) => isDefaultPath(segments))?.segments ?? input.state.active.slice(-1)
}

/** The lowest delay; ties go to fewer transits. */
function fastest(lists: readonly Answered[]): Answered | undefined {
  return lists.reduce<Answered | undefined>((best, list) => {
    if (best === undefined || list.delay < best.delay) return list
    return list.delay === best.delay && list.segments.length < best.segments.length ? list : best
  }, undefined)
}

function sameList(one: SegmentList, other: SegmentList): boolean {
  return keyOf(one) === keyOf(other)
}
