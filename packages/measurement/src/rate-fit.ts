import { ppm } from '@srwan/interface'
import type { Microseconds, PartsPerMillion } from '@srwan/interface'
import { MAX_RATE_POINTS, MIN_RATE_POINTS } from './constants.ts'
import { median, weightedMedian } from './robust.ts'

/** One probe as the rate sees it. */
export interface RatePoint {
  /** Own measuring clock. */
  readonly at: Microseconds
  /** One-way delay towards this node, clock offset included. */
  readonly delay: Microseconds
  /** Where this node sent the request. */
  readonly roundTrip?: Microseconds | undefined
}

/** Growth of an offset. */
export interface Rate {
  /** µs per second of the own clock; 0 while unknown. */
  readonly slope: PartsPerMillion
  /** One standard deviation. */
  readonly uncertainty: PartsPerMillion
}

/** Two crystals disagree by about this before anything is known, in ppm. */
const PRIOR = 50
/** No crystal is off by more (RFC 5905): a steeper slope is something else. In ppm. */
const MAX_RATE = 500
/** What a timestamp is off even on an idle machine, in µs. */
const NOISE_FLOOR = 20
/** Round trips that leave the level by more than this, twice in a row, are another path; in µs. */
const LEVEL_CHANGE = 1000

/** Round trips that make a level: fewer say nothing of its noise. */
const MIN_LEVEL = 3

interface Point extends RatePoint {
  readonly segment: number
}

/** A point with what it says of the clocks, and how far queueing may have falsified it. */
interface OffsetPoint {
  readonly at: Microseconds
  /** Delay minus half the round trip: clock offset plus half the asymmetry. A change of delay in both directions leaves it alone. */
  readonly offset: number
  /** Queueing in the round trip. */
  readonly excess: number
}

/**
 * Slope of the offset against time: Theil–Sen's median of pairwise slopes, each weighted by its time span and by how free of queueing both round trips were. Pairs reach across no change of path, so
 * a step of the delay does not look like a drift. Little data pull towards 0: the slope is shrunk by its own uncertainty.
 */
export class RateFit {
  #points: Point[] = []
  #segment = 0
  #rate: Rate = { slope: ppm(0), uncertainty: ppm(PRIOR) }
  #outdated = false

  get current(): Rate {
    if (this.#outdated) this.#rate = fit(this.#points) ?? this.#rate
    this.#outdated = false
    return this.#rate
  }

  add(point: RatePoint): void {
    const last = this.#points.at(-1)
    if (last !== undefined && point.at <= last.at) return
    this.#points.push({ ...point, segment: this.#segment })
    if (point.roundTrip !== undefined) this.#splitAtChange()
    if (this.#points.length > MAX_RATE_POINTS) this.#points.shift()
    this.#outdated = true
  }

  /** The last two round trips both left the level, to the same side: what follows is another path. */
  #splitAtChange(): void {
    const trips = this.#points.filter((p) => p.segment === this.#segment && p.roundTrip !== undefined)
    const level = trips.slice(0, -2).map((p) => p.roundTrip ?? 0)
    const [before, now] = trips.slice(-2)
    if (level.length < MIN_LEVEL || before?.roundTrip === undefined || now?.roundTrip === undefined) return
    const middle = median(level)
    const noise = 1.4826 * median(level.map((trip) => Math.abs(trip - middle)))
    const threshold = Math.max(LEVEL_CHANGE, 4 * noise)
    if (Math.min(before.roundTrip, now.roundTrip) - middle <= threshold && middle - Math.max(before.roundTrip, now.roundTrip) <= threshold) return
    this.#segment++
    this.#points = this.#points.map((p) => (p.at < before.at ? p : { ...p, segment: this.#segment }))
  }

  clear(): void {
    this.#points = []
    this.#outdated = false
    this.#rate = { slope: ppm(0), uncertainty: ppm(PRIOR) }
  }
}

/** The points of each path. Where the peer asked there is no round trip: the least one of that path stands in, with the usual queueing. */
function bySegment(points: readonly Point[]): OffsetPoint[][] {
  const groups = new Map<number, Point[]>()
  for (const point of points) groups.set(point.segment, [...(groups.get(point.segment) ?? []), point])
  return [...groups.values()].map((group) => {
    const trips = group.flatMap((p) => (p.roundTrip === undefined ? [] : [p.roundTrip]))
    const least = trips.length === 0 ? 0 : Math.min(...trips)
    const usual = trips.length === 0 ? 0 : median(trips) - least
    return group.map(({ at, delay, roundTrip }) => ({ at, offset: delay - (roundTrip ?? least) / 2, excess: roundTrip === undefined ? usual : roundTrip - least }))
  })
}

function fit(points: readonly Point[]): Rate | undefined {
  if (points.length < MIN_RATE_POINTS) return undefined
  const groups = bySegment(points)
  const slopes: { value: number; weight: number }[] = []
  for (const group of groups) {
    for (const [i, a] of group.entries()) {
      for (const b of group.slice(i + 1)) {
        const span = (b.at - a.at) / 1e6
        slopes.push({ value: (b.offset - a.offset) / span, weight: span / (1 + (a.excess + b.excess) / 200) })
      }
    }
  }
  if (slopes.length === 0) return undefined
  return shrink(weightedMedian(slopes), groups)
}

/** Standard error of the slope from the residuals about it, then the usual mean of a normal prior around 0 and a normal observation. */
function shrink(slope: number, groups: readonly (readonly OffsetPoint[])[]): Rate {
  const residuals: { value: number; weight: number }[] = []
  let spread = 0
  let count = 0
  for (const group of groups) {
    const weight = group.map((p) => 1 / (1 + p.excess / 200))
    const total = weight.reduce((a, b) => a + b, 0)
    const time = group.reduce((sum, p, i) => sum + (p.at / 1e6) * (weight[i] ?? 0), 0) / total
    const lifted = group.map((p) => p.offset - (slope * p.at) / 1e6)
    const level = weightedMedian(lifted.map((value, i) => ({ value, weight: weight[i] ?? 0 })))
    for (const [i, point] of group.entries()) {
      residuals.push({ value: Math.abs((lifted[i] ?? level) - level), weight: weight[i] ?? 0 })
      spread += (weight[i] ?? 0) * (point.at / 1e6 - time) ** 2
    }
    count += group.length
  }
  // Few points lie near their own best line by chance; the spread of the round trips knows of noise that the residuals hide.
  const queueing = median(groups.flatMap((group) => group.map((p) => p.excess))) / 2
  const noise = Math.max(1.4826 * weightedMedian(residuals), queueing, NOISE_FLOOR) * (1 + MIN_RATE_POINTS / count)
  const error = noise / Math.sqrt(spread)
  const certainty = PRIOR ** 2 / (PRIOR ** 2 + error ** 2)
  const believed = Math.min(Math.max(slope * certainty, -MAX_RATE), MAX_RATE)
  return { slope: ppm(believed), uncertainty: ppm(error * Math.sqrt(certainty)) }
}
