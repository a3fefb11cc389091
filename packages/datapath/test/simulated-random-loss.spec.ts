import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ipPrefix, ms, ratio, sid } from '@srwan/interface'
import { expect } from 'chai'
import { createSimulatedDatapath, createSimulatedNetwork } from '../src/index.ts'
import type { DatapathConfig, DatapathPeer } from '@srwan/interface'

const HOUR = 3_600_000
const BETWEEN_PACKETS = 250
const LOSS = ratio(0.05)
/** Two ends and two transits that share no link. */
const [HERE, THERE, ONE, TWO] = ['0100', '0101', '0102', '0103'].map((digits) => sid(digits.padStart(16, '0'))) as [never, never, never, never]
/** The links between an end and a transit lose, those between the ends and between the transits do not. */
const ENDS = new Set<string>([HERE, THERE])
const ALL = [HERE, THERE, ONE, TWO]

const endpointOf = (index: number): { address: string; port: number } => ({ address: `192.0.2.${index + 1}`, port: 4802 })
const prefixOf = (index: number): ReturnType<typeof ipPrefix> => ipPrefix(`fd53:5257::${index + 1}/128`)

describe('simulated datapath', () => {
  it('switches at most once in an hour at 5 % random loss of each link, each way', async function () {
    this.timeout(120_000)
    const clock = createVirtualClock()
    let lost = 0
    const network = createSimulatedNetwork({
      clock,
      random: seededRandom(7),
      delay: () => ms(25),
      loss: (from, to) => {
        if (ENDS.has(from) === ENDS.has(to)) return ratio(0)
        lost++
        return LOSS
      }
    })
    const datapaths = ALL.map((self, index) => createSimulatedDatapath({ networkId: 'test', sid: self, listen: endpointOf(index), probeInterval: ms(10_000) }, network))
    for (const datapath of datapaths) await datapath.start()
    const peersOf = (self: number): DatapathPeer[] =>
      datapaths.flatMap(({ publicKey }, index) =>
        index === self ? [] : [{ sid: ALL[index] as never, publicKey, endpoint: endpointOf(index), prefixes: [prefixOf(index)], relays: [] }]
      )
    const config = (self: number, policies: DatapathConfig['policies'] = []): DatapathConfig => ({
      localPrefixes: [prefixOf(self)],
      peers: peersOf(self),
      policies,
      transit: true
    })
    const [here] = datapaths
    datapaths.forEach((datapath, index) => datapath.reconfigure(config(index)))
    let switches = 0
    here?.on('switched', () => switches++)
    here?.reconfigure(
      config(0, [
        {
          endpoint: THERE,
          color: 1,
          forward: [
            [ONE, THERE],
            [TWO, THERE]
          ],
          reverse: [
            [ONE, HERE],
            [TWO, HERE]
          ],
          active: { forward: 0, reverse: 0 },
          standby: { forward: 1, reverse: 1 },
          keepOpen: true
        }
      ])
    )
    await clock.advance(3000)
    expect(here?.sessions()[0]?.state, 'the session is open').to.equal('open')
    for (let elapsed = 0; elapsed < HOUR; elapsed += BETWEEN_PACKETS) {
      here?.sendData(THERE, 200)
      await clock.advance(BETWEEN_PACKETS)
    }
    for (const datapath of datapaths) await datapath.stop()
    expect(lost, 'links were asked for their loss').to.be.greaterThan(30_000)
    expect(switches).to.be.at.most(1)
  })
})
