import type { Color, DatapathEvents, Milliseconds, SegmentList, Sid } from '@srwan/interface'
import { COLORS } from '@srwan/interface'
import { MAX_NARROW_PATHS, NARROW_MEMORY } from './constants.ts'
import type { Judgement, JudgedList } from './probe-judgement.ts'
import { keyOf } from './segment-lists.ts'

/**
 * Lists that the datapath found too narrow for an inner packet of 1,280 octets: they are not chosen until the datapath takes that back, or for ten minutes, after which a wider link has had time to be noticed.
 * Small probes pass them, so a round alone would not know.
 */
export class NarrowPaths {
  readonly #until = new Map<string, Milliseconds>()

  /** @returns whether the event excludes a list that was not excluded before */
  note(event: DatapathEvents['pathMtu'], now: Milliseconds): boolean {
    const key = narrowKey(event, event.direction, event.path)
    const isNew = event.mtu === 0 && !this.#isNarrow(key, now)
    this.#until.delete(key)
    if (event.mtu > 0) return false
    const [oldest] = this.#until.keys()
    if (this.#until.size >= MAX_NARROW_PATHS && oldest !== undefined) this.#until.delete(oldest)
    this.#until.set(key, (now + NARROW_MEMORY) as Milliseconds)
    return isNew
  }

  /** The round's verdict, in which these lists have lost all. */
  without(judgement: Judgement, policy: { readonly endpoint: Sid; readonly color: Color }, now: Milliseconds): Judgement {
    const name = { endpoint: policy.endpoint, color: COLORS[policy.color] }
    const judged = (direction: 'forward' | 'reverse'): readonly JudgedList[] =>
      judgement[direction].map((list) => (this.#isNarrow(narrowKey(name, direction, list.segments), now) ? { segments: list.segments, delay: undefined, loss: 1 } : list))
    return { ...judgement, forward: judged('forward'), reverse: judged('reverse') }
  }

  #isNarrow(key: string, now: Milliseconds): boolean {
    return (this.#until.get(key) ?? -Infinity) > now
  }
}

function narrowKey(policy: { readonly endpoint: Sid; readonly color: number }, direction: string, segments: SegmentList): string {
  return `${policy.endpoint} ${policy.color} ${direction} ${keyOf(segments)}`
}
