import { LEAST_PAIRS } from '@srwan/quarantine'
import type { EvidenceFinding, PathDecision, Sid } from '@srwan/interface'
import type { Observation } from '@srwan/quarantine'
import { Streaks } from './streaks.ts'

/** Samples in a row that make an observation, and that refute one. */
const SAMPLES = 3
const MAX_PARTNERS = 8
/** By how much a measured path exceeds its promise at least, and at most where it keeps it, ms. */
const BROKEN_PROMISE = 10
const KEPT_PROMISE = 5
/** Pulse intervals for which a broken promise is remembered without a new round over the router: those of a first sentence. Who is left out is in no round. */
const PROMISE_INTERVALS = 6
const MICROSECONDS_PER_MS = 1000

type Seen = Omit<Observation, 'at'>

/** Turns inequalities that do not hold into observations, with hysteresis: what does not last says nothing. */
export class DelayWatch {
  readonly #self: Sid
  readonly #roundTrips = new Streaks()
  readonly #light = new Streaks()
  readonly #promises = new Streaks()
  readonly #intervalsSincePromise = new Map<Sid, number>()

  constructor(self: Sid) {
    this.#self = self
  }

  /** To be called once a pulse interval. @param routers - the others of the group @returns what lasts, and what has been refuted for as long */
  take(findings: readonly EvidenceFinding[], routers: readonly Sid[]): readonly Seen[] {
    const known = new Set(routers)
    for (const streaks of [this.#roundTrips, this.#light, this.#promises]) streaks.keepOnly(known)
    this.#agePromises(known)
    const light = lightPartners(findings)
    return routers.flatMap((router) => {
      const broken = [...this.#roundTrip(router, findings), ...this.#lightSpeed(router, light.get(router))]
      return this.#isClear(router) ? [trueOf(router, this.#self)] : broken
    })
  }

  /** A round of probes is over. @param predicted - of a list against the default path by the matrix, ms */
  takeRound(decision: PathDecision, predicted: (segments: readonly Sid[]) => number | undefined): readonly Seen[] {
    const deviations = decision.forward.candidates.flatMap(({ segments, cost }) => {
      const promise = segments.length === 2 && cost !== undefined ? predicted(segments) : undefined
      return promise === undefined || cost === undefined ? [] : [{ router: segments[0] as Sid, excess: cost - promise }]
    })
    return deviations.flatMap(({ router, excess }) => {
      // another transit to the same egress keeps its promise, so it is not the egress's column that is wrong
      const isOthersKept = deviations.some((other) => other.router !== router && Math.abs(other.excess) < KEPT_PROMISE)
      if (!isOthersKept) return []
      this.#intervalsSincePromise.set(router, 0)
      const streak = this.#promises.count(router, excess > BROKEN_PROMISE)
      return streak >= SAMPLES ? [lieOf(router, decision.endpoint, { excessMs: excess, samples: streak })] : []
    })
  }

  /** None of the inequalities is broken, and none was for as long as it takes to say so: an observer's last word on delays replaces its earlier ones, whichever of them it was about. */
  #isClear(router: Sid): boolean {
    return this.#roundTrips.of(router) <= -SAMPLES && this.#light.of(router) <= -SAMPLES && this.#promises.of(router) <= 0
  }

  #agePromises(known: ReadonlySet<Sid>): void {
    for (const [router, intervals] of this.#intervalsSincePromise) {
      if (known.has(router) && intervals < PROMISE_INTERVALS) this.#intervalsSincePromise.set(router, intervals + 1)
      else {
        this.#intervalsSincePromise.delete(router)
        this.#promises.forget(router)
      }
    }
  }

  #roundTrip(router: Sid, findings: readonly EvidenceFinding[]): readonly Seen[] {
    const finding = findings.find(({ kind, from, to }) => kind === 'round-trip' && ((from === router && to === this.#self) || (from === this.#self && to === router)))
    const streak = this.#roundTrips.count(router, finding !== undefined)
    if (finding === undefined || streak < SAMPLES) return []
    return [lieOf(router, this.#self, { excessMs: finding.excessMs, samples: streak, roundTripMs: finding.boundMs })]
  }

  #lightSpeed(router: Sid, partners: ReadonlyMap<Sid, number> | undefined): readonly Seen[] {
    const streak = this.#light.count(router, partners !== undefined)
    if (partners === undefined || streak < SAMPLES) return []
    const excess = Math.round(Math.max(...partners.values()) * MICROSECONDS_PER_MS)
    const seenWith = [...partners.keys()].toSorted().slice(0, MAX_PARTNERS)
    return [{ subject: router, class: 'light-speed', holds: true, windowSeconds: 60, seenWith, figures: { pairs: partners.size, excessMicroseconds: Math.max(1, excess) } }]
  }
}

/** @param roundTripMs - where the published delays are less than this, anybody who holds them can compare */
function lieOf(subject: Sid, other: Sid, { excessMs, samples, roundTripMs }: { excessMs: number; samples: number; roundTripMs?: number }): Seen {
  const inMicroseconds = (value: number): number => Math.max(1, Math.round(value * MICROSECONDS_PER_MS))
  const figures = { samples, excessMicroseconds: inMicroseconds(excessMs), ...(roundTripMs === undefined ? {} : { roundTripMicroseconds: inMicroseconds(roundTripMs) }) }
  return { subject, class: 'latency-lie', holds: true, windowSeconds: 60, seenWith: [other], figures }
}

const trueOf = (subject: Sid, self: Sid): Seen => ({ subject, class: 'latency-lie', holds: false, windowSeconds: 60, seenWith: [self], figures: { samples: SAMPLES } })

/** Those that outrun light with at least three others, and with at least twice as many as any of these does: its place or its column is wrong, not theirs. */
function lightPartners(findings: readonly EvidenceFinding[]): ReadonlyMap<Sid, ReadonlyMap<Sid, number>> {
  const partners = new Map<Sid, Map<Sid, number>>()
  for (const { kind, from, to, excessMs } of findings) {
    if (kind !== 'light-speed') continue
    for (const [one, other] of [[from, to] as const, [to, from] as const]) partners.set(one, (partners.get(one) ?? new Map<Sid, number>()).set(other, excessMs))
  }
  return new Map([...partners].filter(([, others]) => others.size >= LEAST_PAIRS && [...others.keys()].every((other) => 2 * (partners.get(other)?.size ?? 0) <= others.size)))
}
