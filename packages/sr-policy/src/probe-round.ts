import { COLORS } from '@srwan/interface'
import type { Clock, Color, Datapath, PathProbeResult, Sid } from '@srwan/interface'
import { DECISION_TIMEOUT, MAX_PROBED_PAIRS, PROBES_PER_PATH, PROBE_DURATION } from './constants.ts'
import { judgeProbes } from './probe-judgement.ts'
import type { Judgement } from './probe-judgement.ts'
import type { ListPair } from './probe-plan.ts'

interface RoundInput {
  readonly datapath: Datapath
  readonly clock: Clock
  readonly endpoint: Sid
  readonly color: Color
  readonly pairs: readonly ListPair[]
}

/**
 * Probes all pairs and judges them; once more where a clock was stepped in the middle. A datapath that does not answer in time has lost everything. Up to `MAX_PROBED_PAIRS` go at once; more of them go in
 * batches, one after the other, each with the default pair: within seconds clocks drift by less than what decides.
 */
export async function probeRound(input: RoundInput, signal: AbortSignal): Promise<Judgement> {
  const first = await probeBatches(input, signal)
  return first.disturbed ? await probeBatches(input, signal) : first
}

async function probeBatches(input: RoundInput, signal: AbortSignal): Promise<Judgement> {
  const pairs: ListPair[] = []
  const samples: PathProbeResult['samples'][number][] = []
  for (const batch of batchesOf(input.pairs)) {
    const result = await probeOnce({ ...input, pairs: batch }, signal)
    pairs.push(...batch)
    samples.push(...batch.map((_, index) => result.samples[index] ?? []))
  }
  return judgeProbes(pairs, { samples })
}

function batchesOf(pairs: readonly ListPair[]): readonly (readonly ListPair[])[] {
  const [defaultPair, ...others] = pairs
  if (defaultPair === undefined || pairs.length <= MAX_PROBED_PAIRS) return [pairs]
  const room = MAX_PROBED_PAIRS - 1
  return Array.from({ length: Math.ceil(others.length / room) }, (_, batch) => [defaultPair, ...others.slice(batch * room, (batch + 1) * room)])
}

async function probeOnce(input: RoundInput, signal: AbortSignal): Promise<PathProbeResult> {
  const timeout = new AbortController()
  const timer = input.clock.setTimeout(() => {
    timeout.abort(new Error('the probes took too long'))
  }, DECISION_TIMEOUT)
  const request = { endpoint: input.endpoint, color: COLORS[input.color], paths: input.pairs, count: PROBES_PER_PATH, duration: PROBE_DURATION }
  try {
    return await input.datapath.probePaths(request, AbortSignal.any([signal, timeout.signal]))
  } catch (error) {
    signal.throwIfAborted()
    if (!timeout.signal.aborted) throw error
    return { samples: input.pairs.map(() => new Array<undefined>(PROBES_PER_PATH).fill(undefined)) }
  } finally {
    timer.cancel()
  }
}
