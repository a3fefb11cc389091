import { ms } from '@srwan/interface'
import type { Milliseconds, SegmentList } from '@srwan/interface'
import { FIRST_DWELL, FLAP_INTERVALS, GOOD_NEWS_INTERVALS, LONGEST_DWELL } from './constants.ts'
import { isDefaultPath, keyOf } from './segment-lists.ts'

/** What one direction of an SR policy remembers between rounds. Immutable. */
export interface DirectionState {
  readonly active: SegmentList
  readonly changedAt: Milliseconds
  /** Good news changes nothing before this long after a change. */
  readonly dwell: Milliseconds
  /** The list in use before, and when it was left. */
  readonly left?: { readonly segments: SegmentList; readonly at: Milliseconds }
  /** Rounds in a row that spoke for a change. */
  readonly agreed: number
  /** Lists that failed and until when they are not taken back, by key. */
  readonly quarantine: ReadonlyMap<string, Milliseconds>
}

/** A direction that uses its default path and remembers nothing. */
export function initialDirection(defaultPath: SegmentList, now: Milliseconds): DirectionState {
  return { active: defaultPath, changedAt: now, dwell: FIRST_DWELL, agreed: 0, quarantine: new Map() }
}

/** Moves to another list. A change back soon after is a flap and doubles the dwell; a long calm resets it. */
export function changeTo(state: DirectionState, segments: SegmentList, time: { readonly now: Milliseconds; readonly pulseInterval: Milliseconds }): DirectionState {
  if (keyOf(segments) === keyOf(state.active)) return { ...state, agreed: 0 }
  const { now, pulseInterval } = time
  const isFlap = state.left !== undefined && keyOf(state.left.segments) === keyOf(segments) && now - state.left.at <= state.dwell + FLAP_INTERVALS * pulseInterval
  const isCalm = now - state.changedAt > LONGEST_DWELL
  const dwell = isFlap ? Math.min(LONGEST_DWELL, 2 * state.dwell) : isCalm ? FIRST_DWELL : state.dwell
  return { ...state, active: segments, changedAt: now, dwell: ms(dwell), left: { segments: state.active, at: now }, agreed: 0 }
}

/** Remembers that a relayed list failed: it is not taken back for three pulse intervals after the last failure seen. */
export function quarantined(state: DirectionState, failed: readonly SegmentList[], time: { readonly now: Milliseconds; readonly pulseInterval: Milliseconds }): DirectionState {
  const quarantine = new Map([...state.quarantine].filter(([, until]) => until > time.now))
  for (const segments of failed) {
    if (!isDefaultPath(segments)) quarantine.set(keyOf(segments), ms(time.now + GOOD_NEWS_INTERVALS * time.pulseInterval))
  }
  return { ...state, quarantine }
}
