import type { CandidatePath, DirectionDecision, Milliseconds, SegmentList, Sid } from '@srwan/interface'
import { isDefaultPath, keyOf } from './segment-lists.ts'

const SHORT_SID = 8

export interface ExplanationInput {
  readonly forward: DirectionDecision
  readonly reverse: DirectionDecision
  readonly roundTrip: { readonly active: Milliseconds | undefined; readonly default: Milliseconds | undefined }
  readonly threshold: Milliseconds
  readonly nameOf: (sid: Sid) => string | undefined
}

/** One sentence in plain words that says why the path is what it is, with figures. */
export function explainDecision(input: ExplanationInput): string {
  const { forward, reverse } = input
  const all = [...forward.candidates, ...reverse.candidates]
  if (all.every(({ reason, cost }) => reason === 'unreachable' || (reason === 'active' && cost === undefined)) && input.roundTrip.active === undefined) {
    return `no probe was answered, neither on the default path nor on ${count(forward.candidates.length - 1, 'other')}: the default path is kept`
  }
  if (isDefaultPath(forward.active) && isDefaultPath(reverse.active)) return explainDefault(input)
  if (input.roundTrip.default === undefined) {
    return `${describe(input)}: the default path answered no probe${input.roundTrip.active === undefined ? '' : ` (${round(input.roundTrip.active)} ms round trip)`}`
  }
  return `${describe(input)}${roundTrips(input)}`
}

/** One sentence for a change that the datapath made by itself. */
export function explainSwitch(input: Pick<ExplanationInput, 'forward' | 'reverse' | 'nameOf'>): string {
  const { forward, reverse, nameOf } = input
  return `${directionName(forward.active, nameOf)}${keyOf(forward.active) === keyOf(reverse.active) ? '' : `, back ${directionName(reverse.active, nameOf)}`}: the path in use stopped answering and the standby took over`
}

function explainDefault(input: ExplanationInput): string {
  const choices = [...input.forward.candidates, ...input.reverse.candidates].filter(({ segments }) => !isDefaultPath(segments))
  if (choices.length === 0) return `the default path${single(input)}: no other path is known yet`
  const best = choices.reduce((least, candidate) => ((candidate.cost ?? Infinity) < (least.cost ?? Infinity) ? candidate : least))
  if (best.cost === undefined) return `the default path${single(input)}: none of the other paths answered`
  const other = `via ${transitNames(best.segments, input.nameOf)}`
  if (best.reason === 'waiting')
    return `the default path for now${single(input)}: ${other} is ${round(Math.abs(best.cost))} ms faster one way and is taken when a second round agrees`
  if (best.reason === 'held-down')
    return `the default path for now${single(input)}: ${other} is ${round(Math.abs(best.cost))} ms faster one way, but failed or changed a moment ago`
  if (best.cost >= 0) return `the default path${single(input)}: the best other one, ${other}, is ${round(best.cost)} ms slower one way`
  return `the default path${single(input)}: the best other one, ${other}, is only ${round(Math.abs(best.cost))} ms faster one way, and a change needs more than ${round(input.threshold)} ms`
}

function describe(input: ExplanationInput): string {
  const { forward, reverse, nameOf } = input
  const there = isDefaultPath(forward.active) ? 'there on the default path' : `via ${transitNames(forward.active, nameOf)}${gain(forward)}`
  if (isDefaultPath(reverse.active)) return `${there}, back on the default path`
  return `${there}, back via ${transitNames(reverse.active, nameOf)}${gain(reverse)}`
}

function gain(direction: DirectionDecision): string {
  const cost = activeOf(direction)?.cost
  if (cost === undefined) return ''
  return cost < 0 ? `: ${round(Math.abs(cost))} ms faster one way than the default path` : `: ${round(cost)} ms slower one way than the default path`
}

function roundTrips(input: ExplanationInput): string {
  const { active, default: before } = input.roundTrip
  return active === undefined || before === undefined ? '' : ` (${round(before)} → ${round(active)} ms round trip)`
}

function single(input: ExplanationInput): string {
  return input.roundTrip.active === undefined ? '' : ` (${round(input.roundTrip.active)} ms round trip)`
}

function activeOf(direction: DirectionDecision): CandidatePath | undefined {
  return direction.candidates.find(({ segments }) => keyOf(segments) === keyOf(direction.active))
}

function directionName(segments: SegmentList, nameOf: ExplanationInput['nameOf']): string {
  return isDefaultPath(segments) ? 'the default path' : `via ${transitNames(segments, nameOf)}`
}

function transitNames(segments: SegmentList, nameOf: ExplanationInput['nameOf']): string {
  return segments
    .slice(0, -1)
    .map((sid) => nameOf(sid) ?? sid.slice(0, SHORT_SID))
    .join(', ')
}

function count(number: number, word: string): string {
  return number === 1 ? `the one ${word}` : `${Math.max(0, number)} ${word}s`
}

/** Whole milliseconds from 10 on, one decimal below. */
function round(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '')
}
