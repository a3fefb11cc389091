import type { EvidenceFinding, PathDecision, Sid } from '@srwan/interface'
import type { Observation } from '@srwan/quarantine'

/** Samples in a row that make an observation, and that refute one. */
const SAMPLES = 3
/** Partners with which light would have to be outrun. */
const PAIRS = 3
const MAX_PARTNERS = 8
/** By how much a measured path exceeds its promise at least, and at most where it keeps it, ms. */
const BROKEN_PROMISE = 10
const KEPT_PROMISE = 5
const MICROSECONDS_PER_MS = 1000

type Seen = Omit<Observation, 'at'>

/** How often in a row something was, or was not. */
class Streaks {
  readonly #streaks = new Map<Sid, number>()

  /** @returns length of the streak, negative where it is one of not being so */
  count(router: Sid, holds: boolean): number {
    const before = this.#streaks.get(router) ?? 0
    const next = holds ? Math.max(0, before) + 1 : Math.min(0, before) - 1
    this.#streaks.set(router, Math.max(-1000, Math.min(1000, next)))
    return next
  }

  keepOnly(routers: ReadonlySet<Sid>): void {
    for (const router of this.#streaks.keys()) if (!routers.has(router)) this.#streaks.delete(router)
  }
}

/** Turns inequalities that do not hold into observations, with hysteresis: what does not last says nothing. */
export class DelayWatch {
  readonly #self: Sid
  readonly #roundTrips = new Streaks()
  readonly #light = new Streaks()
  readonly #promises = new Streaks()

  constructor(self: Sid) {
    this.#self = self
  }

  /** To be called once a pulse interval. @param routers - the others of the group @returns what lasts, and what has been refuted for as long */
  take(findings: readonly EvidenceFinding[], routers: readonly Sid[]): readonly Seen[] {
    const known = new Set(routers)
    for (const streaks of [this.#roundTrips, this.#light, this.#promises]) streaks.keepOnly(known)
    const light = lightPartners(findings)
    return routers.flatMap((router) => [...this.#roundTrip(router, findings), ...this.#lightSpeed(router, light.get(router))])
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
      const streak = this.#promises.count(router, excess > BROKEN_PROMISE)
      return streak >= SAMPLES ? [lieOf(router, decision.endpoint, { excessMs: excess, samples: streak })] : []
    })
  }

  #roundTrip(router: Sid, findings: readonly EvidenceFinding[]): readonly Seen[] {
    const finding = findings.find(({ kind, from, to }) => kind === 'round-trip' && ((from === router && to === this.#self) || (from === this.#self && to === router)))
    const streak = this.#roundTrips.count(router, finding !== undefined)
    if (finding !== undefined) return streak >= SAMPLES ? [lieOf(router, this.#self, { excessMs: finding.excessMs, samples: streak })] : []
    return streak <= -SAMPLES ? [{ subject: router, class: 'latency-lie', holds: false, windowSeconds: 60, seenWith: [this.#self], figures: { samples: SAMPLES } }] : []
  }

  #lightSpeed(router: Sid, partners: ReadonlyMap<Sid, number> | undefined): readonly Seen[] {
    const streak = this.#light.count(router, partners !== undefined)
    if (partners === undefined || streak < SAMPLES) return []
    const excess = Math.round(Math.max(...partners.values()) * MICROSECONDS_PER_MS)
    const seenWith = [...partners.keys()].toSorted().slice(0, MAX_PARTNERS)
    return [{ subject: router, class: 'light-speed', holds: true, windowSeconds: 60, seenWith, figures: { pairs: partners.size, excessMicroseconds: Math.max(1, excess) } }]
  }
}

function lieOf(subject: Sid, other: Sid, { excessMs, samples }: { excessMs: number; samples: number }): Seen {
  const figures = { samples, excessMicroseconds: Math.max(1, Math.round(excessMs * MICROSECONDS_PER_MS)) }
  return { subject, class: 'latency-lie', holds: true, windowSeconds: 60, seenWith: [other], figures }
}

/** Those that outrun light with at least three others, and with at least twice as many as any of these does: its place or its column is wrong, not theirs. */
function lightPartners(findings: readonly EvidenceFinding[]): ReadonlyMap<Sid, ReadonlyMap<Sid, number>> {
  const partners = new Map<Sid, Map<Sid, number>>()
  for (const { kind, from, to, excessMs } of findings) {
    if (kind !== 'light-speed') continue
    for (const [one, other] of [[from, to] as const, [to, from] as const]) partners.set(one, (partners.get(one) ?? new Map<Sid, number>()).set(other, excessMs))
  }
  return new Map([...partners].filter(([, others]) => others.size >= PAIRS && [...others.keys()].every((other) => 2 * (partners.get(other)?.size ?? 0) <= others.size)))
}
