import { ms, sid } from '@srwan/interface'
import type { Datapath, DatapathConfig, DatapathPeer, SegmentList } from '@srwan/interface'
import { expect } from 'chai'
import type { DatapathHarness, MakeHarness } from './datapath-harness.ts'
import { configOf, configureAll, eventOf, listOf, peersOf, policyOf } from './datapath-harness.ts'

const THREE = { count: 3, delay: () => 2, probeInterval: ms(200) }
const STRANGER = sid('ffffffffffffffff')

export function configCompliance(make: MakeHarness): void {
  describe('reconfigure', () => {
    it('applies a config once and says when nothing changed', async () => {
      const harness = await make(THREE)
      const [a] = harness.datapaths as [Datapath]
      expect(a.reconfigure(configOf(harness, 0))).to.equal('applied')
      expect(a.reconfigure(configOf(harness, 0))).to.equal('unchanged')
      const relayed = policyOf(harness, 0, 1, { forward: [listOf(harness, 1), listOf(harness, 2, 1)] })
      const policies = [relayed, policyOf(harness, 0, 2, {})]
      expect(a.reconfigure(configOf(harness, 0, { policies }))).to.equal('applied')
      expect(a.reconfigure(configOf(harness, 0, { policies }))).to.equal('unchanged')
    })

    it('refuses a config that contradicts itself and keeps the running one', async () => {
      const harness = await make(THREE)
      const [a] = harness.datapaths as [Datapath]
      configureAll(harness)
      for (const [why, change] of contradictions(harness)) {
        expect(() => a.reconfigure(configOf(harness, 0, change)), why)
          .to.throw()
          .with.property('code', 'ERR_INVALID_INPUT')
      }
      expect(a.reconfigure(configOf(harness, 0))).to.equal('unchanged')
      expect((await harness.settle(eventOf(a, 'probe'))).from).to.be.oneOf([...harness.sids])
    })

    it('is silent towards a peer that was removed, and probes it again when it is back', async () => {
      const harness = await make(THREE)
      const [a, b] = harness.datapaths as [Datapath, Datapath]
      configureAll(harness)
      await harness.settle(eventOf(a, 'probe', ({ from }) => from === harness.sids[1]))
      a.reconfigure(configOf(harness, 0, { peers: peersOf(harness, 0, [1]) }))
      await harness.advance(50)
      let seen = 0
      const listener = ({ from }: { from: unknown }): void => {
        if (from === harness.sids[0]) seen++
      }
      b.on('probe', listener)
      await harness.settle(eventOf(b, 'probeLost', ({ to }) => to === harness.sids[0]))
      expect(seen).to.equal(0)
      a.reconfigure(configOf(harness, 0))
      await harness.settle(eventOf(b, 'probe', ({ from }) => from === harness.sids[0]))
    })
  })
}

function contradictions(harness: DatapathHarness): readonly (readonly [string, Partial<DatapathConfig>])[] {
  const peers = peersOf(harness, 0)
  const first = peers[0] as DatapathPeer
  const forward = (...lists: readonly SegmentList[]): Partial<DatapathConfig> => ({ policies: [policyOf(harness, 0, 1, { forward: lists })] })
  return [
    ['the same peer twice', { peers: [...peers, first] }],
    ['a short key', { peers: [{ ...first, publicKey: new Uint8Array(31) }, ...peers.slice(1)] }],
    ['itself as a peer', { peers: [{ ...first, sid: harness.sids[0] ?? STRANGER }], policies: [] }],
    ['an unknown endpoint', { policies: [{ ...policyOf(harness, 0, 1, {}), endpoint: STRANGER, forward: [[STRANGER]] }] }],
    ['no list', forward()],
    ['an empty list', forward([])],
    ['a list that ends elsewhere', forward(listOf(harness, 1, 2))],
    ['a list that visits a SID twice', forward(listOf(harness, 1, 2, 1))],
    ['a list through itself', forward(listOf(harness, 0, 1))],
    ['an unknown transit', forward([STRANGER, ...listOf(harness, 1)])],
    ['a list of five', forward(listOf(harness, 2, 1, 2, 1, 1))],
    ['an active pair that is not there', { policies: [policyOf(harness, 0, 1, { active: { forward: 1, reverse: 0 } })] }],
    ['a standby pair that is not there', { policies: [policyOf(harness, 0, 1, { standby: { forward: 0, reverse: 7 } })] }],
    ['two policies for one endpoint and color', { policies: [policyOf(harness, 0, 1, {}), policyOf(harness, 0, 1, {})] }],
    ['color 0', { policies: [policyOf(harness, 0, 1, { color: 0 })] }]
  ]
}
