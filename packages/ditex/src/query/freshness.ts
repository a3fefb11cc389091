/** Epochs by which the answering peer's clock may differ: what honest peers answer is never further away. */
const MAX_ANSWER_EPOCHS = 2
/** Epochs after which the newest anchor is old: that of e is signed at the end of e + 1, and a peer that holds none of the last four is cut off or shows an old state. */
const MAX_ANCHOR_EPOCHS = 4

/** Against what the age of an answer is measured. */
export interface Time {
  /** Wall clock, ms since 1970; without it nothing is said of ages. */
  readonly now?: number | undefined
  /** Epoch length of the network, ms; without it the answer's own word is taken. */
  readonly epochMs?: number | undefined
  /** Beyond this age, ms, an answer is refused; and one of which no anchor that was checked says how old it is. @default none, old answers are only told as such */
  readonly maxAgeMs?: number | undefined
}

/** How old the state is that an answer shows. */
export interface Freshness {
  /** `stale`: the answer or the newest anchor is older than those of a peer that keeps up · `ahead`: of a time to come · `unknown`: nobody told the time. */
  readonly state: 'fresh' | 'stale' | 'ahead' | 'unknown'
  /** Since the end of the epoch at which entries counted as live, as the peer says; 0 while it lasts. */
  readonly answerAgeMs?: number | undefined
  /** Since the end of the epoch of the newest anchor that holds; a peer that replays an old state has no newer one. `undefined`: there is none. */
  readonly anchorAgeMs?: number | undefined
  readonly anchorEpoch?: number | undefined
  readonly epochMs: number
  readonly maxAgeMs?: number | undefined
  /** False where it is older than it may be, or its epochs are not as long as the network's. */
  readonly ok: boolean
}

/** What is told of the age of an answer. */
export interface Dated {
  readonly at: number
  readonly epochMs: number
  /** Epoch of the newest anchor that holds. */
  readonly anchorEpoch: number | undefined
  /** Was it checked with the organisation's key? */
  readonly isAnchorChecked: boolean
}

/** Measures an answer's age with the clock. */
export function freshnessOf(dated: Dated, { now, epochMs = dated.epochMs, maxAgeMs }: Time): Freshness {
  const { at, anchorEpoch } = dated
  const isOfNetwork = epochMs === dated.epochMs && Number.isFinite(epochMs) && epochMs > 0
  const base = { epochMs, anchorEpoch, maxAgeMs }
  if (now === undefined || !isOfNetwork) return { ...base, state: 'unknown', ok: isOfNetwork && maxAgeMs === undefined }
  const ageOf = (epoch: number): number => Math.max(0, now - (epoch + 1) * epochMs)
  const state = stateOf(dated, Math.floor(now / epochMs))
  const [answerAgeMs, anchorAgeMs] = [ageOf(at), anchorEpoch === undefined ? undefined : ageOf(anchorEpoch)]
  const isWithin = maxAgeMs === undefined || Math.max(answerAgeMs, anchorAgeMs ?? 0) <= maxAgeMs
  return { ...base, state, answerAgeMs, anchorAgeMs, ok: isWithin && (maxAgeMs === undefined || isVouchedFor(dated, state)) }
}

const isVouchedFor = ({ anchorEpoch, isAnchorChecked }: Dated, state: Freshness['state']): boolean => anchorEpoch !== undefined && isAnchorChecked && state !== 'ahead'

function stateOf({ at, anchorEpoch = at }: Dated, current: number): 'fresh' | 'stale' | 'ahead' {
  if (Math.max(at, anchorEpoch) - current > MAX_ANSWER_EPOCHS) return 'ahead'
  return current - at > MAX_ANSWER_EPOCHS || current - anchorEpoch > MAX_ANCHOR_EPOCHS ? 'stale' : 'fresh'
}
