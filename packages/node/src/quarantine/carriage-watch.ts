import type { Milliseconds, PathOctets, SegmentList, SessionSnapshot, Sid } from '@srwan/interface'

/** Time between samples. */
export const SAMPLE_INTERVAL = 1000
/** Samples back to where the window begins, and by how much what was sent is older than the echoes of it: round trip and echo interval. */
const WINDOW_SAMPLES = 3
const LAG_SAMPLES = 1
const KEPT = WINDOW_SAMPLES + LAG_SAMPLES + 1
/** Least octets of a window that say something. */
const LEAST_OCTETS = 16_384
const LOST_SHARE = 0.5
const CARRIED_SHARE = 0.9
/** Lists that are watched; of more the first are. */
const MAX_LISTS = 512

/** What the egress's echoes say of one forward list over the last window. */
export interface Carriage {
  readonly endpoint: Sid
  readonly segments: SegmentList
  readonly sent: number
  readonly arrived: number
  /** `lost`: at most half arrived although echoes came · `carried`: nine tenths did. */
  readonly outcome: 'lost' | 'carried'
}

interface Sample {
  readonly sent: number
  readonly confirmed: number
}

/** Compares what this node sent over each list with what the egress echoes: a path that answers probes and loses data shows here and nowhere else. */
export class CarriageWatch {
  readonly #samples = new Map<string, Sample[]>()
  #at: Milliseconds | undefined

  /** To be called each {@link SAMPLE_INTERVAL}; a longer pause starts over. @returns the lists that carried enough to say something */
  sample(sessions: readonly SessionSnapshot[], now: Milliseconds): readonly Carriage[] {
    if (this.#at !== undefined && now - this.#at > 2 * SAMPLE_INTERVAL) this.#samples.clear()
    this.#at = now
    const seen = new Set<string>()
    const found: Carriage[] = []
    for (const { instance, egress, path } of forwardLists(sessions)) {
      const key = `${instance} ${path.segments.join('>')}`
      seen.add(key)
      const samples = [...(this.#samples.get(key) ?? []), { sent: path.octetsSent, confirmed: path.octetsConfirmed }].slice(-KEPT)
      this.#samples.set(key, samples)
      const carriage = judgeSamples(samples)
      if (carriage !== undefined) found.push({ endpoint: egress, segments: path.segments, ...carriage })
    }
    for (const key of this.#samples.keys()) if (!seen.has(key)) this.#samples.delete(key)
    return found
  }
}

type EchoedPath = Required<Pick<PathOctets, 'segments' | 'octetsSent' | 'octetsConfirmed'>>

/** Lists of own sessions of which the egress echoes. */
function forwardLists(sessions: readonly SessionSnapshot[]): readonly { readonly instance: number; readonly egress: Sid; readonly path: EchoedPath }[] {
  const isEchoed = (path: PathOctets): path is PathOctets & EchoedPath => path.direction === 'forward' && path.octetsSent !== undefined && path.octetsConfirmed !== undefined
  return sessions
    .filter(({ role }) => role === 'ingress')
    .flatMap(({ instance, egress, paths }) => paths.filter(isEchoed).map((path) => ({ instance, egress, path })))
    .slice(0, MAX_LISTS)
}

/** What was lost in the window = growth of what is missing: sent until a second ago, less what is confirmed by now. */
function judgeSamples(samples: readonly Sample[]): Pick<Carriage, 'sent' | 'arrived' | 'outcome'> | undefined {
  const [first, second] = samples
  const [last, beforeLast] = [samples.at(-1), samples.at(-1 - LAG_SAMPLES)]
  if (samples.length < KEPT || first === undefined || second === undefined || last === undefined || beforeLast === undefined) return undefined
  const missing = (sent: Sample, confirmed: Sample): number => Math.max(0, sent.sent - confirmed.confirmed)
  const sent = beforeLast.sent - first.sent
  const lost = Math.max(0, Math.min(sent, missing(beforeLast, last) - missing(first, second)))
  if (sent < LEAST_OCTETS) return undefined
  const arrived = sent - lost
  // without any echo the way back may be what is dead: the datapath's own probes tell which
  if (arrived <= LOST_SHARE * sent) return last.confirmed > second.confirmed ? { sent, arrived, outcome: 'lost' } : undefined
  return arrived >= CARRIED_SHARE * sent ? { sent, arrived, outcome: 'carried' } : undefined
}
