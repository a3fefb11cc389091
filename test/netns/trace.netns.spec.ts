import { expect } from 'chai'
import { DETOUR, detour } from './detour-scenario.ts'
import { eventually, srwan, type Testnet, type TestnetNode } from './testnet-run.ts'

interface Trace {
  readonly inUse: boolean
  readonly path: { readonly forward: string[]; readonly reverse: string[] }
  readonly hops: {
    readonly sid: string
    readonly roundTripMs: { readonly min: number; readonly median: number } | null
    readonly lossRatio: number
    readonly incrementMs: number | null
    readonly matrixMs: { readonly there: number | null; readonly back: number | null }
  }[]
  readonly roundTripMs: { readonly min: number; readonly median: number } | null
}

/** One-way delays of the segments fra–lon and lon–chi, ms. */
const SEGMENTS = [10, 20] as const
/** What two busy cores may add to a round trip, ms. */
const NOISE_MS = 15

describe('trace over the emulated Internet', function () {
  this.timeout(180_000)
  let testnet: Testnet
  let fra: TestnetNode
  const sidOf = async (name: string): Promise<string> => (await testnet.node(name)).sid

  before(async () => {
    testnet = await detour()
    fra = await testnet.node('fra')
    const via = [await sidOf('lon'), await sidOf('chi')]
    await eventually(async () => {
      const { active } = await testnet.get<{ active: { segments: string[] } }>(fra, '/v1/path/chi?fresh=true')
      expect(active.segments).to.deep.equal(via)
    }, 60_000)
  })

  const traced = async (...args: readonly string[]): Promise<Trace> => {
    const { code, stdout, stderr } = await srwan('--home', fra.home, 'trace', ...args, '--json')
    expect(code, stderr).to.equal(0)
    return JSON.parse(stdout) as Trace
  }

  it('names each hop of the path in use and what its segment adds', async () => {
    await eventually(async () => {
      const trace = await traced('chi')
      expect(trace.inUse).to.equal(true)
      expect(trace.path.forward).to.deep.equal([await sidOf('lon'), await sidOf('chi')])
      expect(trace.hops.map(({ sid }) => sid)).to.deep.equal(trace.path.forward)
      trace.hops.forEach(({ lossRatio, incrementMs, matrixMs }, index) => {
        const delay = SEGMENTS[index] as number
        expect(lossRatio, `loss of hop ${index}`).to.equal(0)
        expect(incrementMs, `segment ${index}`).to.be.within(2 * delay - NOISE_MS, 2 * delay + NOISE_MS)
        for (const known of [matrixMs.there, matrixMs.back]) expect(known, `matrix of segment ${index}`).to.be.closeTo(delay, NOISE_MS)
      })
      expect(trace.roundTripMs?.min).to.be.within(2 * DETOUR.overLon, 2 * DETOUR.overLon + NOISE_MS)
    }, 30_000)
  })

  it('measures a path that is not in use, named by an address', async () => {
    const { overlayAddress, sid } = await testnet.node('chi')
    const trace = await traced(overlayAddress, '--path', 'chi', '--count', '5')
    expect(trace).to.deep.include({ inUse: false, path: { forward: [sid], reverse: [fra.sid] } })
    expect(trace.hops[0]?.roundTripMs?.min).to.be.within(2 * DETOUR.direct, 2 * DETOUR.direct + NOISE_MS)
  })

  it('tells the silent destination from the hop that answers', async () => {
    await testnet.link('lon', 'chi', '--loss', '100%')
    try {
      const { code, stdout } = await srwan('--home', fra.home, 'trace', 'chi', '--path', 'lon', '--count', '5', '--json')
      const { hops, roundTripMs } = JSON.parse(stdout) as Trace
      expect({ code, roundTripMs }).to.deep.equal({ code: 1, roundTripMs: null })
      expect(hops.map(({ lossRatio }) => lossRatio)).to.deep.equal([0, 1])
    } finally {
      await testnet.link('lon', 'chi', '--loss', '0%')
    }
  })

  it('takes an address inside a site prefix', async () => {
    const trace = await traced('10.20.0.1', '--count', '2')
    expect(trace.path.forward.at(-1)).to.equal(await sidOf('chi'))
  })
})
