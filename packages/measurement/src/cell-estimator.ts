import { ratio, us } from '@srwan/interface'
import type { Microseconds, Milliseconds, Ratio } from '@srwan/interface'
import { LOST_PROBES, MAX_SAMPLES, RISE_THRESHOLD, STALE_INTERVALS } from './constants.ts'
import { RateFit } from './rate-fit.ts'
import type { Rate } from './rate-fit.ts'

/** One probe of a peer as received. */
export interface DelaySample {
  /** Own measuring clock at arrival. */
  readonly at: Microseconds
  /** `Clock.now()` at arrival. */
  readonly localAt: Milliseconds
  /** Arrival on the own clock minus departure on the peer's. */
  readonly delay: Microseconds
  /** Where this node sent the request. */
  readonly roundTrip?: Microseconds
  /** Counters of the peer's packets, sent and accepted. */
  readonly sent: number
  readonly accepted: number
}

/** What is known of the delay from one peer towards this node. */
export interface CellEstimate {
  /** `lost`: the last probes found no answer · `stale`: nothing for 3 intervals. */
  readonly state: 'fresh' | 'lost' | 'stale'
  /** Clock epoch of the peer, 16 bits. */
  readonly senderEpoch: number
  /** Delay + clock offset at `at`, queueing removed. */
  readonly delay: Microseconds
  /** Own measuring clock. */
  readonly at: Microseconds
  /** The same instant by `Clock.now()`. */
  readonly localAt: Milliseconds
  readonly rate: Rate
  /** Over the samples kept; 1 while lost; `undefined` with fewer than two samples. */
  readonly loss: Ratio | undefined
  readonly ipdv: Microseconds | undefined
  /** Least round trip of the samples kept. */
  readonly roundTrip: Microseconds | undefined
}

/**
 * Delay, loss, variation and clock rate of one peer from the probes that it sent. Queueing, on the wire or in a loaded machine, only ever adds: so the estimate is the least of the recent samples, each
 * carried to the instant of the newest by the fitted clock rate, older ones handicapped by what the rate may be off.
 */
export class CellEstimator {
  readonly #interval: Milliseconds
  readonly #senderEpoch: number
  readonly #rate = new RateFit()
  #samples: DelaySample[] = []
  #missed = 0
  /** The last answer, until a probe arrives or its age tells otherwise. */
  #cached: CellEstimate | undefined

  /** @param senderEpoch - clock epoch of the peer; another one takes another estimator */
  constructor(interval: Milliseconds, senderEpoch: number) {
    this.#interval = interval
    this.#senderEpoch = senderEpoch
  }

  add(sample: DelaySample): void {
    const last = this.#samples.at(-1)
    // Reordered: the delay is old news, and differences of counters would turn negative.
    if (last !== undefined && sample.at <= last.at) return
    // A peer that counts from the start again is a new one.
    if (last !== undefined && sample.sent < last.sent) this.clear()
    this.#samples.push(sample)
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
    this.#missed = 0
    this.#cached = undefined
    this.#rate.add(sample)
  }

  /** An own probe found no answer. */
  probeLost(): void {
    this.#missed++
  }

  /** After a change of either clock: nothing from before may mix with what follows. */
  clear(): void {
    this.#samples = []
    this.#missed = 0
    this.#cached = undefined
    this.#rate.clear()
  }

  get rate(): Rate {
    return this.#rate.current
  }

  /** Own clock minus the peer's: the best guess, without the half asymmetry that nobody can know; `undefined` before the first sample. */
  get clockOffset(): Microseconds | undefined {
    const latest = this.#samples.findLast((s) => s.roundTrip !== undefined)
    if (latest?.roundTrip !== undefined) return us(latest.delay - latest.roundTrip / 2)
    return this.#samples.at(-1)?.delay
  }

  /** @returns `undefined` before the first sample */
  estimate(now: Milliseconds): CellEstimate | undefined {
    const newest = this.#samples.at(-1)
    if (newest === undefined) return undefined
    const state = this.#missed >= LOST_PROBES ? 'lost' : now - newest.localAt > STALE_INTERVALS * this.#interval ? 'stale' : 'fresh'
    if (this.#cached?.state !== state) this.#cached = this.#judge(newest, state)
    return this.#cached
  }

  #judge(newest: DelaySample, state: CellEstimate['state']): CellEstimate {
    const rate = this.#rate.current
    const recent = this.#samples.filter((s) => newest.localAt - s.localAt <= (STALE_INTERVALS + 0.5) * this.#interval)
    const trips = this.#samples.flatMap((s) => (s.roundTrip === undefined ? [] : [s.roundTrip]))
    return {
      state,
      senderEpoch: this.#senderEpoch,
      delay: leastDelay(recent, newest, rate, stepNoise(this.#samples, rate)),
      at: newest.at,
      localAt: newest.localAt,
      rate,
      loss: state === 'lost' ? ratio(1) : lossOf(this.#samples),
      ipdv: ipdvOf(this.#samples, rate),
      roundTrip: trips.length === 0 ? undefined : us(Math.min(...trips))
    }
  }
}

function leastDelay(recent: readonly DelaySample[], newest: DelaySample, rate: Rate, noise: number): Microseconds {
  const carried = recent.map((s) => {
    const seconds = (newest.at - s.at) / 1e6
    const delay = s.delay + rate.slope * seconds
    return { delay, bound: delay + rate.uncertainty * seconds }
  })
  const least = carried.reduce((best, item) => (item.bound < best.bound ? item : best))
  const lastTwo = carried.slice(-2)
  const risen = Math.min(...lastTwo.map((item) => item.delay))
  // Two in a row above all noise seen: the path is longer now, do not wait for the old samples to age out.
  return us(lastTwo.length === 2 && risen - least.bound > Math.max(RISE_THRESHOLD, 3 * noise) ? risen : least.delay)
}

/** Lower median of the steps between consecutive samples: a single rise is not noise. */
function stepNoise(samples: readonly DelaySample[], rate: Rate): number {
  const steps = samples.slice(1).map((s, i) => Math.abs(s.delay - (samples[i]?.delay ?? s.delay) - (rate.slope * (s.at - (samples[i]?.at ?? s.at))) / 1e6))
  return steps.toSorted((a, b) => a - b)[Math.floor((steps.length - 1) / 2)] ?? 0
}

/** One-way loss (RFC 7680): what the peer sent between the first and the last sample, and how much of it arrived. */
function lossOf(samples: readonly DelaySample[]): Ratio | undefined {
  const [first] = samples
  const last = samples.at(-1)
  if (first === undefined || last === undefined || last.sent <= first.sent) return undefined
  return ratio(Math.min(Math.max(1 - (last.accepted - first.accepted) / (last.sent - first.sent), 0), 1))
}

/** Inter-packet delay variation (RFC 3393) of consecutive probes: mean of absolute values, clock drift removed. */
function ipdvOf(samples: readonly DelaySample[], rate: Rate): Microseconds | undefined {
  if (samples.length < 2) return undefined
  let sum = 0
  for (const [i, sample] of samples.entries()) {
    const previous = samples[i - 1]
    if (previous !== undefined) sum += Math.abs(sample.delay - previous.delay - (rate.slope * (sample.at - previous.at)) / 1e6)
  }
  return us(sum / (samples.length - 1))
}
