import { ms } from '@srwan/interface'
import type { Milliseconds, Nanoseconds, PathProbeResult, SegmentList } from '@srwan/interface'
import type { ListPair } from './probe-plan.ts'
import { keyOf } from './segment-lists.ts'

const NANOSECONDS_PER_MS = 1e6
/** Lowest forward and lowest reverse delay that sum to this much less than the lowest round trip were taken before and after a clock step. */
const STEP_SUSPICION = 50

/** One direction of a list as the probes saw it. */
export interface JudgedList {
  readonly segments: SegmentList
  /** Lowest one-way delay of the answered probes, clock offset included, ms: noise is one-sided. `undefined` where all were lost. */
  readonly delay: Milliseconds | undefined
  /** Share of the probes that were lost; the smallest, where a list was probed in several pairs. */
  readonly loss: number
}

export interface Judgement {
  /** In order of the plan: the default path first. */
  readonly forward: readonly JudgedList[]
  readonly reverse: readonly JudgedList[]
  /** A clock was stepped in the middle of it: the delays do not compare. */
  readonly disturbed: boolean
}

/** Turns samples per pair into one verdict per list and direction. */
export function judgeProbes(pairs: readonly ListPair[], result: PathProbeResult): Judgement {
  const forward = new Map<string, JudgedList>()
  const reverse = new Map<string, JudgedList>()
  let disturbed = false
  pairs.forEach((pair, index) => {
    const samples = result.samples[index] ?? []
    const answered = samples.filter((sample) => sample !== undefined && sample.roundTrip > 0n) as Exclude<(typeof samples)[number], undefined>[]
    const loss = samples.length === 0 ? 1 : 1 - answered.length / samples.length
    const there = lowest(answered.map((sample) => sample.forward))
    const back = lowest(answered.map((sample) => sample.reverse))
    const roundTrip = lowest(answered.map((sample) => sample.roundTrip))
    if (there !== undefined && back !== undefined && roundTrip !== undefined && roundTrip - there - back > STEP_SUSPICION) disturbed = true
    merge(forward, { segments: pair.forward, delay: there, loss })
    merge(reverse, { segments: pair.reverse, delay: back, loss })
  })
  return { forward: [...forward.values()], reverse: [...reverse.values()], disturbed }
}

function merge(lists: Map<string, JudgedList>, next: JudgedList): void {
  const key = keyOf(next.segments)
  const before = lists.get(key)
  const delays = [before?.delay, next.delay].filter((delay) => delay !== undefined)
  lists.set(key, {
    segments: next.segments,
    delay: delays.length === 0 ? undefined : ms(Math.min(...delays)),
    loss: Math.min(before?.loss ?? 1, next.loss)
  })
}

function lowest(values: readonly Nanoseconds[]): Milliseconds | undefined {
  if (values.length === 0) return undefined
  const least = values.reduce((low, value) => (value < low ? value : low))
  return ms(Number(least) / NANOSECONDS_PER_MS)
}
