import { LimitExceededError, ms } from '@srwan/interface'
import type { Clock, Milliseconds } from '@srwan/interface'
import { octetsOfProof, readsOfProof } from './answer-proofs.ts'
import type { LogProof } from './answer.ts'
import type { QueryBounds, QueryResult } from './execute-query.ts'

/** Members are identified by their certificate, strangers by nothing that costs anything. */
export type AskerClass = 'member' | 'stranger'

/** What one question may cost, by who asks; an answer that reaches a bound ends there and says how to go on. */
export const QUERY_BOUNDS: Readonly<Record<AskerClass, QueryBounds>> = {
  member: { visits: 50_000, reads: 512, octets: 1_048_576 },
  stranger: { visits: 10_000, reads: 256, octets: 262_144 }
}

/** Units that an asker may use at once, and in a second in the long run; see {@link costOf}. */
interface Allowance {
  readonly burst: number
  readonly perSecond: number
}
const PER_ASKER: Readonly<Record<AskerClass, Allowance>> = { member: { burst: 400, perSecond: 40 }, stranger: { burst: 40, perSecond: 2 } }
/** All strangers together: their addresses are many. */
const ALL_STRANGERS: Allowance = { burst: 200, perSecond: 20 }
/** Askers remembered; the one that asked longest ago is forgotten first. */
export const MAX_ASKERS = 1024

interface Bucket {
  units: number
  refilledAt: Milliseconds
}

/** Units of a question that has been answered: one, and one for each 1,000 entries and pairs looked at, 100 entries read, 64 KiB answered; what proofs take is counted like all else. */
export function costOf({ visited, read, entries, routers = [] }: Pick<QueryResult, 'visited' | 'read' | 'entries' | 'routers'>, proofs: readonly LogProof[] = []): number {
  const octets = sumOf([...entries, ...routers].map(({ length }) => length)) + sumOf(proofs.map(octetsOfProof))
  return 1 + visited / 1000 + (read + sumOf(proofs.map(readsOfProof))) / 100 + octets / 65_536
}

const sumOf = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0)

/** Token buckets of the askers. A question is let in while the bucket is not empty and pays afterwards what it cost. */
export class AskerBudgets {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()
  readonly #strangers: Bucket
  #refused = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#strangers = { units: ALL_STRANGERS.burst, refilledAt: clock.now() }
  }

  /** Questions turned away since the start. */
  get refused(): number {
    return this.#refused
  }

  /** @param asker - peer id of a member, address of a stranger @throws LimitExceededError */
  admit(asker: string, kind: AskerClass): void {
    const own = this.#refilled(this.#bucketOf(asker, kind), PER_ASKER[kind])
    const all = kind === 'member' || this.#refilled(this.#strangers, ALL_STRANGERS).units > 0
    if (own.units > 0 && all) return
    this.#refused++
    throw new LimitExceededError('too many questions', { remedy: 'Wait a few seconds, or ask another member.' })
  }

  charge(asker: string, kind: AskerClass, units: number): void {
    this.#bucketOf(asker, kind).units -= units
    if (kind === 'stranger') this.#strangers.units -= units
  }

  #bucketOf(asker: string, kind: AskerClass): Bucket {
    const name = `${kind} ${asker}`
    const bucket = this.#buckets.get(name) ?? { units: PER_ASKER[kind].burst, refilledAt: this.#clock.now() }
    this.#buckets.delete(name)
    this.#buckets.set(name, bucket)
    if (this.#buckets.size > MAX_ASKERS) this.#buckets.delete(this.#buckets.keys().next().value ?? '')
    return bucket
  }

  #refilled(bucket: Bucket, { burst, perSecond }: Allowance): Bucket {
    const now = this.#clock.now()
    bucket.units = Math.min(burst, bucket.units + ((now - bucket.refilledAt) / 1000) * perSecond)
    bucket.refilledAt = ms(now)
    return bucket
  }
}
