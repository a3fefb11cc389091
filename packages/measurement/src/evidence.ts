import { ms } from '@srwan/interface'
import type { DelayMatrix, EvidenceFinding, GeoIsp, Microseconds, Milliseconds, PairDelays } from '@srwan/interface'
import { MAX_EVIDENCE } from './constants.ts'
import { cellAt } from './delay-matrix-view.ts'

/** What measurement may be off before it is evidence, in ms. */
const TOLERANCE = 2
/** Light in fibre, km per ms: c over a refractive index of about 1.5. */
const FIBRE_SPEED = 200
const EARTH_RADIUS = 6371

/** Great-circle distance in km; `undefined` where one does not say where it is. */
export function greatCircle(a: GeoIsp | undefined, b: GeoIsp | undefined): number | undefined {
  if (a?.lat === undefined || a.lon === undefined || b?.lat === undefined || b.lon === undefined) return undefined
  const radians = Math.PI / 180
  const dLat = (b.lat - a.lat) * radians
  const dLon = (b.lon - a.lon) * radians
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(Math.min(h, 1)))
}

/** What the inequalities need beside the matrix. */
export interface EvidenceInput {
  readonly matrix: DelayMatrix
  readonly now: Milliseconds
  /** Position of this node, −1 where it is not in the roster. */
  readonly self: number
  /** Least round trip of the own exchanges with router i. */
  readonly roundTrip: (i: number) => Microseconds | undefined
  readonly geo: (i: number) => GeoIsp | undefined
}

/** @returns what columns and descriptors say of the pair, the same at every member that holds them */
export function pairDelays({ matrix, now, geo }: Pick<EvidenceInput, 'matrix' | 'now' | 'geo'>, i: number, j: number): PairDelays {
  const [there, back] = [cellAt(matrix, i, j, now), cellAt(matrix, j, i, now)]
  const distance = greatCircle(geo(i), geo(j))
  return {
    ...(there === undefined || back === undefined ? {} : { published: ms((there + back) / 1000) }),
    ...(distance === undefined ? {} : { light: ms((2 * distance) / FIBRE_SPEED) })
  }
}

/**
 * Inequalities that true columns keep, whatever the clocks say: offsets cancel in owd(i→j) + owd(j→i). It is no less than the round trip that this node measured with i, and no less than light in
 * fibre needs. Both within 2 ms.
 *
 * @returns the worst first, at most 1,000; each pair in one direction
 */
export function findEvidence(input: EvidenceInput): readonly EvidenceFinding[] {
  const { sids } = input.matrix
  const findings: EvidenceFinding[] = []
  for (const [i, from] of sids.entries()) {
    for (const [k, to] of sids.slice(i + 1).entries()) {
      const j = i + 1 + k
      const { published, light } = pairDelays(input, i, j)
      if (published === undefined) continue
      const bounds = [['light-speed', light] as const, ['round-trip', ownRoundTrip(input, i, j)] as const]
      for (const [kind, boundMs] of bounds) if (boundMs !== undefined && published < boundMs - TOLERANCE) findings.push({ kind, from, to, boundMs, excessMs: boundMs - published })
    }
  }
  return findings.toSorted((a, b) => b.excessMs - a.excessMs).slice(0, MAX_EVIDENCE)
}

/** The least round trip of own exchanges with the other of the pair, where this node is one of it. */
function ownRoundTrip({ roundTrip, self }: EvidenceInput, i: number, j: number): Milliseconds | undefined {
  const trip = i === self ? roundTrip(j) : j === self ? roundTrip(i) : undefined
  return trip === undefined ? undefined : ms(trip / 1000)
}
