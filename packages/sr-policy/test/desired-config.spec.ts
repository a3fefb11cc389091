import { ipPrefix, ms, overlayAddress, peerIdText, ppm, ratio, sid, us } from '@srwan/interface'
import type { DelayMatrix, IpPrefix, Member, PathDecision, Role, SegmentList, Sid } from '@srwan/interface'
import { expect } from 'chai'
import fc from 'fast-check'
import { desiredConfig } from '../src/desired-config.ts'
import type { DesiredState } from '../src/desired-config.ts'
import { planProbes } from '../src/probe-plan.ts'

const SELF = sid('00')
const names = ['00', '01', '02', '03', '04', '05'].map(sid)
const EMPTY: DelayMatrix = { sids: names, cells: names.map(() => names.map(() => undefined)), rates: names.map(() => 0) }

function member(self: Sid, change: { prefixes?: IpPrefix[]; roles?: Role[]; endpoints?: number } = {}): Member {
  const { prefixes = [], roles = ['ingress', 'transit', 'egress'], endpoints = 1 } = change
  const peerId = peerIdText(`peer ${self}`)
  const underlay = Array.from({ length: endpoints }, () => ({ address: '192.0.2.1', port: 4802 }))
  return {
    peerId,
    sid: self,
    overlayAddress: overlayAddress(`fd53:5257::${self}`),
    name: self,
    prefixes,
    descriptor: { peerId, number: 1, datapathKey: new Uint8Array(32), endpoints: underlay, multiaddrs: [], geo: {}, roles }
  }
}

const desired = (change: Partial<DesiredState> = {}): DesiredState => ({
  self: SELF,
  localPrefixes: [ipPrefix('10.0.0.0/24')],
  transit: true,
  members: names.map((name) => member(name)),
  matrix: EMPTY,
  at: ms(0),
  decisions: [],
  ...change
})

function decision(endpoint: Sid, forward: SegmentList, reverse: SegmentList, standby?: SegmentList): PathDecision {
  const direction = (active: SegmentList, other?: SegmentList): PathDecision['forward'] => ({ active, standby: other, candidates: [] })
  return {
    endpoint,
    color: 'latency',
    decidedAt: ms(0),
    since: ms(0),
    forward: direction(forward, standby),
    reverse: direction(reverse),
    roundTrip: { active: undefined, default: undefined },
    explanation: ''
  }
}

describe('desired configuration', () => {
  it('has every other member as a peer and a default policy for each', () => {
    const config = desiredConfig(desired())
    expect(config.peers.map((peer) => peer.sid)).to.deep.equal(names.slice(1))
    expect(config.policies).to.have.length(5)
    expect(config.policies[0]).to.deep.equal({ endpoint: names[1], color: 1, forward: [[names[1]]], reverse: [[SELF]], active: { forward: 0, reverse: 0 }, keepOpen: false })
    expect(config.peers[0]?.prefixes).to.deep.equal(['fd53:5257::01/128'])
  })

  it('puts a decision in the place of the default policy, with its standby', () => {
    const [one, two, three] = [sid('01'), sid('02'), sid('03')]
    const config = desiredConfig(desired({ decisions: [decision(one, [two, one], [SELF], [three, one])] }))
    expect(config.policies.filter(({ endpoint }) => endpoint === one)).to.deep.equal([
      {
        endpoint: one,
        color: 1,
        forward: [[one], [two, one], [three, one]],
        reverse: [[SELF]],
        active: { forward: 1, reverse: 0 },
        standby: { forward: 2, reverse: 0 },
        keepOpen: true
      }
    ])
  })

  it('names no SID that is not a member and no index that is not there, whatever was decided', () => {
    const any = fc.subarray(names.slice(2), { maxLength: 3 })
    fc.assert(
      fc.property(any, any, any, fc.subarray(names.slice(1)), (forward, reverse, standby, present) => {
        const endpoint = sid('01')
        const config = desiredConfig(
          desired({
            members: [SELF, ...present].map((name) => member(name)),
            decisions: [decision(endpoint, [...forward, endpoint], [...reverse, SELF], [...standby, endpoint])]
          })
        )
        const known = new Set([SELF, ...config.peers.map((peer) => peer.sid)])
        for (const policy of config.policies) {
          for (const segment of [policy.endpoint, ...policy.forward.flat(), ...policy.reverse.flat()]) expect(known.has(segment)).to.equal(true)
          for (const pair of [policy.active, policy.standby ?? policy.active]) {
            expect(policy.forward[pair.forward]).to.not.equal(undefined)
            expect(policy.reverse[pair.reverse]).to.not.equal(undefined)
          }
        }
      })
    )
  })

  it('gives no prefix to two, leaves out who has no endpoint, and names transits only as relays', () => {
    const site = ipPrefix('10.1.0.0/16')
    const members = [
      member(SELF),
      member(sid('01'), { prefixes: [site, ipPrefix('10.0.0.0/24')] }),
      member(sid('02'), { prefixes: [site], roles: ['egress'] }),
      member(sid('03'), { endpoints: 0 }),
      member(sid('04'))
    ]
    const config = desiredConfig(desired({ members }))
    expect(config.peers.map((peer) => peer.sid)).to.deep.equal([sid('01'), sid('02'), sid('04')])
    expect(config.peers[0]?.prefixes).to.include(site).and.not.include('10.0.0.0/24')
    expect(config.peers[1]?.prefixes).to.not.include(site)
    expect(config.peers[0]?.relays).to.deep.equal([sid('04')])
  })

  it('names the three common members with the least round trip as relays', () => {
    const delay = (from: number, to: number): number => 1000 * (from + to) + (to - from) * 1_000_000
    const cells = names.map((_, from) => names.map((__, to) => (from === to ? undefined : { oneWayDelay: us(delay(from, to)), loss: ratio(0), ipdv: us(0), sampledAt: ms(0) })))
    const config = desiredConfig(desired({ matrix: { sids: names, cells, rates: names.map(() => ppm(0)) } }))
    expect(config.peers[0]?.relays).to.deep.equal([sid('02'), sid('03'), sid('04')])
    expect(config.peers[4]?.relays).to.deep.equal([sid('01'), sid('02'), sid('03')])
  })
})

describe('probe plan', () => {
  it('starts with the default pair, has the pair in use second, and never more than six', () => {
    const cells = names.map((_, from) =>
      names.map((__, to) => (from === to ? undefined : { oneWayDelay: us(1000 * Math.abs(from - to) ** 2), loss: ratio(0), ipdv: us(0), sampledAt: ms(0) }))
    )
    const endpoint = sid('05')
    const active = { forward: [sid('04'), sid('01'), endpoint], reverse: [sid('04'), SELF] }
    const plan = planProbes({
      self: SELF,
      endpoint,
      matrix: { sids: names, cells, rates: names.map(() => ppm(0)) },
      at: ms(0),
      maxTransits: 3,
      transits: names,
      active,
      standby: { forward: [sid('01'), endpoint], reverse: undefined }
    })
    expect(plan[0]).to.deep.equal({ forward: [endpoint], reverse: [SELF] })
    expect(plan[1]).to.deep.equal(active)
    expect(plan.length).to.be.within(5, 6)
    for (const lists of [plan.map(({ forward }) => forward.join()), plan.map(({ reverse }) => reverse.join())]) {
      const relayed = lists.filter((list) => list.includes(','))
      expect(new Set(relayed).size, 'no list twice').to.equal(relayed.length)
    }
    const empty = planProbes({
      self: SELF,
      endpoint,
      matrix: EMPTY,
      at: ms(0),
      maxTransits: 3,
      transits: names,
      active: { forward: [endpoint], reverse: [SELF] },
      standby: { forward: undefined, reverse: undefined }
    })
    expect(empty).to.deep.equal([{ forward: [endpoint], reverse: [SELF] }])
  })
})
