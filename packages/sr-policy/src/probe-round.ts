import { COLORS } from '@srwan/interface'
import type { Clock, Color, Datapath, PathProbeResult, Sid } from '@srwan/interface'
import { DECISION_TIMEOUT, PROBES_PER_PATH, PROBE_DURATION } from './constants.ts'
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

/** Probes all pairs at once and judges them; once more where a clock was stepped in the middle. A datapath that does not answer in time has lost everything. */
export async function probeRound(input: RoundInput, signal: AbortSignal): Promise<Judgement> {
  const first = judgeProbes(input.pairs, await probeOnce(input, signal))
  return first.disturbed ? judgeProbes(input.pairs, await probeOnce(input, signal)) : first
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
