import type { PathDocument, StatusDocument } from '@srwan/api'
import { expect } from 'chai'
import { DETOUR_SCENARIO } from './detour-scenario.ts'
import { pathBecomes, reach } from './round-trips.ts'
import { eventually, srwan, Testnet, type RunningProgram, type TestnetNode } from './testnet-run.ts'

/** Own evidence begins with what a flow loses; from then on this long at most. */
const OUT_MS = 10_000
/** First avoidance of 6 pulse intervals of 2 s, a trial before it ends, two rounds, on a busy machine. */
const BACK_MS = 120_000
/**
 * What a transit sends on over a list of one relay, as the outer header shows it (segment-packet.md): segmentsLeft 0 of segmentCount 2. Its own packets, pair-keyed probes and sessions pass, so it answers
 * everything that asks whether it lives.
 */
const DROPS = 'udp length > 40 @th,67,5 { 1, 2 } @th,72,8 0 @th,80,4 2 drop'

describe('a transit that answers probes and drops data', function () {
  this.timeout(300_000)
  let testnet: Testnet
  let fra: TestnetNode
  let lon: TestnetNode
  let chi: TestnetNode
  let flow: RunningProgram | undefined

  before(async () => {
    testnet = await Testnet.start(DETOUR_SCENARIO)
    const nodes = await testnet.nodes()
    ;[fra, lon, chi] = ['fra', 'lon', 'chi'].map((name) => nodes.find((node) => node.name === name)) as [TestnetNode, TestnetNode, TestnetNode]
    await reach(testnet, 'fra', chi.overlayAddress)
    flow = testnet.spawn('fra', 'ping', '-i', '0.1', '-s', '1000', chi.overlayAddress)
    await pathBecomes(testnet, fra, chi, [lon])
  })
  after(async () => {
    await flow?.stop('SIGINT')
    await testnet?.down()
  })

  const status = async (node: TestnetNode): Promise<StatusDocument> => testnet.get<StatusDocument>(node, '/v1/status')
  const nft = async (...rule: readonly string[]): Promise<void> => {
    const { code, stderr } = await testnet.exec('lon', 'nft', ...rule)
    expect(code, stderr).to.equal(0)
  }

  it('is out of the paths within 10 s, traffic flows again, and status says why', async () => {
    await nft('add', 'table', 'inet', 'hole')
    await nft('add', 'chain', 'inet', 'hole', 'out', '{ type filter hook output priority 0; }')
    await nft('add', 'rule', 'inet', 'hole', 'out', DROPS)
    await eventually(async () => {
      const { quarantine } = await status(fra)
      expect(quarantine.map(({ sid, isAvoided }) => [sid, isAvoided])).to.deep.equal([[lon.sid, true]])
      const path = await testnet.get<PathDocument>(fra, `/v1/path/${chi.sid}`)
      expect(JSON.stringify([path.active, path.reverse.active])).to.not.include(lon.sid)
    }, OUT_MS)
    expect((await testnet.exec('fra', 'ping', '-c', '5', '-i', '0.2', chi.overlayAddress)).stdout).to.match(/ 0% packet loss/)
    const { stdout } = await srwan('status', '--home', fra.home)
    expect(stdout).to.match(/left out +lon .*black-hole/)
  })

  it('is back after its repair', async () => {
    await nft('delete', 'table', 'inet', 'hole')
    await eventually(async () => {
      expect((await status(fra)).quarantine).to.deep.equal([])
    }, BACK_MS)
    await pathBecomes(testnet, fra, chi, [lon])
  })
})
