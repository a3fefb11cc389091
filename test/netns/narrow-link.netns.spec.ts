import { createClient } from '@srwan/api'
import { expect } from 'chai'
import { join } from 'node:path'
import { everyMatrixComplete } from './complete-matrix.ts'
import { eventually, pause, Testnet, type TestnetNode } from './testnet-run.ts'
import { threeCities } from './three-cities.ts'

/** The direct link of fra and chi is the fastest, and too narrow for IPv6 inside. */
const SCENARIO = threeCities(
  'narrow',
  `
  default: { delay: 20ms, jitter: 0ms, loss: 0%, rate: 1gbit }
  pairs:
    - { from: fra, to: chi, delay: 5ms, mtu: 1200 }
    - { from: chi, to: fra, delay: 5ms, mtu: 1200 }
`
)
/** 1,280 octets with IPv6's and ICMPv6's headers. */
const BASE_PING = '1232'
const WATCHED = 10

describe('a link of 1,200 octets', function () {
  this.timeout(180_000)
  let testnet: Testnet
  let fra: TestnetNode
  let chi: TestnetNode

  before(async () => {
    testnet = await Testnet.start(SCENARIO)
    fra = await testnet.node('fra')
    chi = await testnet.node('chi')
    const nodes = await testnet.nodes()
    await eventually(async () => {
      await everyMatrixComplete(testnet, nodes)
    }, 60_000)
  })
  after(async () => {
    await testnet?.down()
  })

  const active = async (from: TestnetNode, to: TestnetNode): Promise<readonly string[]> =>
    (await createClient({ socket: join(from.home, 'api.sock'), timeoutMs: 60_000 }).path(to.sid, { fresh: true })).active.segments

  it('is never chosen, although it is the fastest: full-size packets pass both ways', async () => {
    const lon = await testnet.node('lon')
    await eventually(async () => {
      expect((await testnet.exec('fra', 'ping', '-6', '-M', 'do', '-s', BASE_PING, '-c', '3', '-i', '0.2', '-W', '2', chi.overlayAddress)).stdout).to.include('3 received')
    }, 60_000)
    for (let i = 0; i < WATCHED; i++) {
      expect(await active(fra, chi)).to.deep.equal([lon.sid, chi.sid])
      expect(await active(chi, fra)).to.deep.equal([lon.sid, fra.sid])
      await pause(500)
    }
    const pinged = await testnet.exec('fra', 'ping', '-6', '-M', 'do', '-s', BASE_PING, '-c', '20', '-i', '0.1', '-W', '2', chi.overlayAddress)
    expect(pinged.stdout).to.include('20 received')
  })
})
