import { expect } from 'chai'
import { traceDocument } from '@srwan/api'
import type { TraceDocument } from '@srwan/api'
import { ms, ns, UnknownDestinationError } from '@srwan/interface'
import type { PathProbeRequest, PathProbeResult, PathProbeSample, Sid } from '@srwan/interface'
import { traceOver } from '../src/views/trace-view.ts'
import type { TraceRequest } from '../src/views/trace-view.ts'
import { standInNode, STAND_IN_DELAYS, STAND_IN_SIDS } from './stand-in-node.ts'

const [fra, chi, syd] = STAND_IN_SIDS as [Sid, Sid, Sid]

/** Round trip over a pair of lists by the true delays, and one more ms for each probe. */
function samplesOf({ paths, count = 0 }: PathProbeRequest): (PathProbeSample | undefined)[][] {
  return paths.map(({ forward, reverse }) => {
    const routers = [fra, ...forward, ...reverse].map((sid) => STAND_IN_SIDS.indexOf(sid))
    const delay = routers.slice(1).reduce((sum, to, index) => sum + (STAND_IN_DELAYS[routers[index] as number]?.[to] ?? NaN), 0)
    return Array.from({ length: count }, (_, index) => ({ forward: ns(0n), reverse: ns(0n), roundTrip: ns(BigInt((delay + index) * 1e6)) }))
  })
}

/** The trace of fra to syd. @param answer - how the stand-in's datapath answers */
async function traced(
  change: Partial<TraceRequest> = {},
  answer: (request: PathProbeRequest) => PathProbeResult = (request) => ({ samples: samplesOf(request) })
): Promise<TraceDocument> {
  const node = standInNode()
  node.probePaths = async (request) => answer(request)
  const request = { member: node.resolve('syd'), color: 'latency', count: 3, intervalMs: 10, pulseInterval: ms(10_000), ...change } as const
  return traceDocument.parse(await traceOver(node, request, new AbortController().signal))
}

const lost = ({ paths, count = 0 }: PathProbeRequest): PathProbeResult => ({ samples: paths.map(() => Array.from({ length: count }, () => undefined)) })

describe('a trace', () => {
  it('probes every prefix of the path in use, there and back over the same hops, and the whole', async () => {
    const asked: PathProbeRequest[] = []
    const trace = await traced({}, (request) => {
      asked.push(request)
      return { samples: samplesOf(request) }
    })
    expect(trace).to.deep.include({ inUse: true, count: 3, path: { forward: [chi, syd], reverse: [fra] }, lossRatio: 0, roundTripMs: { min: 325, median: 326, max: 327 } })
    expect(trace.names).to.deep.equal({ [fra]: 'fra', [chi]: 'chi', [syd]: 'syd' })
    expect(trace.hops.map(({ sid, forward, reverse }) => ({ sid, forward, reverse }))).to.deep.equal([
      { sid: chi, forward: [chi], reverse: [fra] },
      { sid: syd, forward: [chi, syd], reverse: [chi, fra] }
    ])
    for (const { color, count, duration } of asked) expect({ color, count, duration }).to.deep.equal({ color: 1, count: 3, duration: 30 })
    expect(asked.map(({ endpoint }) => endpoint)).to.have.members([syd, chi, syd])
  })

  it("says what each segment adds, and the matrix's delays beside it", async () => {
    const { hops } = await traced()
    expect(hops.map(({ roundTripMs, incrementMs, lossRatio }) => ({ roundTripMs, incrementMs, lossRatio }))).to.deep.equal([
      { roundTripMs: { min: 90, median: 91, max: 92 }, incrementMs: 91, lossRatio: 0 },
      { roundTripMs: { min: 270, median: 271, max: 272 }, incrementMs: 180, lossRatio: 0 }
    ])
    expect(hops[0]?.matrixMs.there).to.be.closeTo(45, 0.1)
    expect(hops[1]?.matrixMs.there).to.be.closeTo(90, 0.1)
    expect(hops[1]?.matrixMs.back).to.be.closeTo(90, 0.1)
  })

  it('counts what was lost, and shows a silent hop as loss', async () => {
    const trace = await traced({ count: 4 }, (request) => {
      if (request.endpoint === chi) return lost(request)
      return { samples: samplesOf(request).map((list) => list.map((sample, index) => (index === 0 ? undefined : sample))) }
    })
    expect(trace.hops[0]).to.deep.include({ roundTripMs: null, lossRatio: 1, incrementMs: null })
    expect(trace.hops[1]).to.deep.include({ roundTripMs: { min: 271, median: 272, max: 273 }, lossRatio: 0.25, incrementMs: null })
    expect(trace.lossRatio).to.equal(0.25)
  })

  it('takes the median of an even number of answers between the middle two', async () => {
    expect((await traced({ count: 4 })).hops[0]?.roundTripMs).to.deep.equal({ min: 90, median: 91.5, max: 93 })
  })

  it('asks for a direct answer where none came over the same hops', async () => {
    const trace = await traced({}, (request) => (request.paths[0]?.reverse[0] === chi ? lost(request) : { samples: samplesOf(request) }))
    expect(trace.hops[1]).to.deep.include({ reverse: [fra], roundTripMs: { min: 325, median: 326, max: 327 }, incrementMs: null, lossRatio: 0 })
  })

  it('has nothing to say where all is lost, or where a hop has left', async () => {
    const gone = (): never => {
      throw new UnknownDestinationError('no peer')
    }
    for (const answer of [lost, gone]) {
      const trace = await traced({}, answer)
      expect(trace).to.deep.include({ roundTripMs: null, lossRatio: 1 })
      expect(trace.hops.map(({ lossRatio }) => lossRatio)).to.deep.equal([1, 1])
    }
  })

  it('follows the path that it is given, the destination added where it is left out', async () => {
    for (const path of ['syd', 'chi', ' chi , syd']) {
      const trace = await traced({ path })
      const forward = path === 'syd' ? [syd] : [chi, syd]
      expect(trace).to.deep.include({ inUse: false, path: { forward, reverse: [...forward.slice(0, -1), fra] } })
    }
  })

  it('refuses a path that is none', async () => {
    const refusals: [string, RegExp][] = [
      ['fra,syd', /--path: holds this node itself/],
      ['chi,chi', /visits a member twice/],
      ['chi,chi,chi,chi', /has 5 hops, at most 4 fit/],
      ['nobody', /no member is called nobody/]
    ]
    for (const [path, message] of refusals) {
      const outcome = await traced({ path }).then(
        () => 'none',
        (error: Error) => error.message
      )
      expect(outcome, path).to.match(message)
    }
  })
})
