import type { Clock } from '@srwan/interface'
import { TokenBucket } from './token-bucket.ts'
import type { Quota } from './token-bucket.ts'

/** A bucket for each of many names; those that are full again are forgotten. */
export class Quotas<K> {
  readonly #clock: Pick<Clock, 'now'>
  readonly #quota: Quota
  readonly #most: number
  readonly #buckets = new Map<K, TokenBucket>()

  /** @param most - names remembered at once; who comes when all are busy is refused */
  constructor(clock: Pick<Clock, 'now'>, quota: Quota, most: number) {
    this.#clock = clock
    this.#quota = quota
    this.#most = most
  }

  get size(): number {
    return this.#buckets.size
  }

  /** `undefined` where too many names are busy. */
  of(name: K): TokenBucket | undefined {
    const known = this.#buckets.get(name)
    if (known !== undefined) return known
    if (this.#buckets.size >= this.#most) this.#forgetFull()
    if (this.#buckets.size >= this.#most) return undefined
    const bucket = new TokenBucket(this.#clock, this.#quota)
    this.#buckets.set(name, bucket)
    return bucket
  }

  #forgetFull(): void {
    for (const [name, bucket] of this.#buckets) if (bucket.full) this.#buckets.delete(name)
  }
}
