import { COLORS, ms } from '@srwan/interface'
import type { Datapath, PathProbeRequest, Sid } from '@srwan/interface'
import type { Observation } from '@srwan/quarantine'

/** Probes over each of the three pairs; each fourth is a large one. */
const PROBES = 4
const SPREAD = ms(300)
/** Egresses over which a router is tried: one that fails could be a broken link between the two. */
const EGRESSES = 2
/** Probes of a pair that must be answered for it to count as working. */
const WORKING = 2

/** What a trial showed; `undefined` where it says nothing. */
export type TrialOutcome = Omit<Observation, 'at'> | undefined

interface Leg {
  readonly egress: Sid
  readonly outcome: 'lost' | 'carried' | 'unknown'
  readonly sent: number
  readonly arrived: number
  readonly sibling: number
}

/**
 * Tries whether a router carries: sealed probes, which it cannot tell from data, over it and beside it, at the same instants.
 *
 * @param egresses - members other than both, the likeliest first; the first two whose default path works are used, at most four are asked
 */
export async function tryRouter(
  components: { readonly datapath: Pick<Datapath, 'probePaths'>; readonly self: Sid },
  { router, egresses }: { readonly router: Sid; readonly egresses: readonly Sid[] },
  signal: AbortSignal
): Promise<TrialOutcome> {
  const legs: Leg[] = []
  for (const egress of egresses.slice(0, 2 * EGRESSES)) {
    const leg = await tryOver(components, { router, egress }, signal)
    if (leg.outcome !== 'unknown') legs.push(leg)
    if (legs.length === EGRESSES || (legs.length === 1 && legs[0]?.outcome === 'carried' && egresses.length === 1)) break
  }
  return outcomeOf(router, legs)
}

async function tryOver({ datapath, self }: Parameters<typeof tryRouter>[0], { router, egress }: { router: Sid; egress: Sid }, signal: AbortSignal): Promise<Leg> {
  const [there, back] = [[egress], [self]]
  const paths: PathProbeRequest['paths'] = [
    { forward: there, reverse: back },
    { forward: [router, egress], reverse: back },
    { forward: there, reverse: [router, self] }
  ]
  const { samples } = await datapath.probePaths({ endpoint: egress, color: COLORS.latency, paths, count: PROBES, duration: SPREAD }, signal)
  const [beside = 0, forward = 0, reverse = 0] = samples.map((pair) => pair.filter((sample) => sample !== undefined).length)
  const outcome = beside < WORKING ? 'unknown' : forward === 0 || reverse === 0 ? 'lost' : forward >= WORKING && reverse >= WORKING ? 'carried' : 'unknown'
  // only the direction that fails is evidence; where both work, the worse one
  return { egress, outcome, sent: PROBES, arrived: Math.min(forward, reverse), sibling: beside }
}

function outcomeOf(router: Sid, legs: readonly Leg[]): TrialOutcome {
  const [first] = legs
  if (first === undefined || legs.some(({ outcome }) => outcome !== first.outcome)) return undefined
  const holds = first.outcome === 'lost'
  if (holds && legs.length < EGRESSES) return undefined
  const sum = (field: 'sent' | 'arrived' | 'sibling'): number => legs.reduce((total, leg) => total + leg[field], 0)
  const figures = { probesSent: sum('sent'), probesArrived: sum('arrived'), siblingSent: sum('sent'), siblingArrived: sum('sibling') }
  return { subject: router, class: 'black-hole', holds, windowSeconds: 1, seenWith: legs.map(({ egress }) => egress), figures }
}
