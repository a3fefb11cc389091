import { performance } from 'node:perf_hooks'
import { inRepository } from '../workshop/repository.js'
import { mustRunNode } from '../workshop/run.js'

const RUNS = 7

async function medianTime(args) {
  const times = []
  for (let index = 0; index < RUNS; index++) {
    const from = performance.now()
    await mustRunNode(args)
    times.push(performance.now() - from)
  }
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]
}

/** How long the command line takes to say anything at all, against bare Node. */
export async function commandStart() {
  return {
    node: { startMs: await medianTime(['-e', '0']) },
    srwan: { startMs: await medianTime([inRepository('packages/cli/bin/srwan.js'), '--help']) }
  }
}
