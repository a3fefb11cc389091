import { expect } from 'chai'
import { Listeners } from '@srwan/interface'
import { AnchoredBeacons, createGroups, encodeGroupState, firstGroupState, genesisBeacon, groupsOf, hashGroupState, nextGroupState, rosterFingerprint } from '../src/index.ts'
import { beaconOf, fakePeerIds, member, sidOf } from './routers.ts'
import type { Groups, GroupsInit } from '../src/index.ts'
import type { PeerIdText, Roster, RosterSource } from '@srwan/interface'

class Members extends Listeners<{ change: Roster }> implements RosterSource {
  #roster: Roster = { members: [], fingerprint: 0 }

  current(): Roster {
    return this.#roster
  }
  set(peerIds: readonly PeerIdText[]): void {
    const members = peerIds.map(member).sort((a, b) => (a.sid < b.sid ? -1 : 1))
    this.#roster = { members, fingerprint: rosterFingerprint(members.map((each) => each.sid)) }
    this.emit('change', this.#roster)
  }
}

const logger = { error() {}, warn() {}, info() {}, debug() {} }
const peerIds = fakePeerIds(240).sort()
const self = peerIds[0] as PeerIdText
const init: GroupsInit = { networkId: 'acme', self, groupSize: 100, admission: 'at-once' }

describe('the groups at one node', () => {
  it('without anchors: fixed groups by the members alone, the same at all who know the same', async () => {
    const members = new Members()
    const groups = createGroups({ members, sidOf, logger }, init)
    expect(groups.own()).to.deep.equal({ number: 0, isGuest: true, members: [], guests: [self] })
    await groups.start()
    const changes: Roster[] = []
    groups.roster.on('change', (roster) => changes.push(roster))
    members.set([self])
    members.set(peerIds.slice(0, 100))
    expect(groups.own()).to.deep.include({ number: 1, isGuest: false })
    expect(groups.roster.current()).to.deep.equal(members.current())
    members.set(peerIds)
    const own = groups.own()
    expect(own.number).to.be.above(1)
    expect(
      groups.roster
        .current()
        .members.map(({ peerId }) => peerId)
        .sort()
    ).to.deep.equal(own.members)
    expect(changes.map((roster) => roster.members.length)).to.deep.equal([1, 100, own.members.length])
    const other = createGroups({ members, sidOf, logger }, { ...init, self: peerIds[7] as PeerIdText })
    expect(other.map().groups).to.deep.equal(groups.map().groups)
    await groups.stop()
    members.set([self])
    expect(changes).to.have.lengthOf(3)
  })

  it('is no author’s place before it is known, and every member’s afterwards; authors stand in the order of their SIDs', async () => {
    const members = new Members()
    const groups = createGroups({ members, sidOf, logger }, init)
    await groups.start()
    expect(groups.authors.isAuthor(self, 3)).to.equal(false)
    members.set(peerIds)
    expect(groups.authors.isAuthor(self, 3)).to.equal(true)
    const sids = groups.authors.authors(3).map(sidOf)
    expect(sids).to.deep.equal([...sids].sort())
    expect(groups.authors.groupOf(self, 3)).to.equal(groups.own().number)
    expect(groups.authors.position(self, 3)).to.have.lengthOf(32)
  })

  const anchored = (rosters: (epoch: number) => readonly PeerIdText[] | undefined): { groups: Groups; beacons: AnchoredBeacons; members: Members } => {
    const members = new Members()
    members.set(peerIds)
    const beacons = new AnchoredBeacons()
    return { groups: createGroups({ members, sidOf, beacons, rosters: { roster: rosters }, logger }, init), beacons, members }
  }

  it('with anchors: the chain of states, which begins with the fixed places and skips epochs that have no beacon', async () => {
    const { groups, beacons } = anchored((epoch) => (epoch < 500 ? undefined : peerIds.slice(epoch - 500)))
    await groups.start()
    const before = groups.map().groups
    beacons.add(499, beaconOf(499))
    expect(groups.state()).to.equal(undefined)
    beacons.add(500, beaconOf(500))
    const state = groups.state()
    const first = firstGroupState({ epoch: 499, roster: peerIds, beacon: genesisBeacon('acme') }, init)
    const second = nextGroupState(first, { epoch: 500, roster: peerIds, beacon: beaconOf(500) }, init)
    expect(state).to.deep.equal(second)
    const moved = peerIds.filter((peerId) => groups.map().groupOf(peerId) !== before.find(({ members }) => members.includes(peerId))?.number)
    expect(moved.length).to.be.below(10)
    beacons.add(503, beaconOf(503))
    expect(groups.state()?.epoch).to.equal(503)
    const gone = peerIds[2] as PeerIdText
    expect([groups.authors.isAuthor(gone, 500), groups.authors.isAuthor(gone, 503)]).to.deep.equal([true, false])
    expect(groups.authors.authors(503)).to.have.lengthOf(237)
    expect(groups.authors.groupOf(self, 500)).to.equal(groupsOf(second).groupOf(self))
  })

  it('whoever joins later takes an anchored state and goes on like everybody else; a state of another hash or size is refused', async () => {
    const one = anchored(() => peerIds)
    await one.groups.start()
    for (const epoch of [500, 501]) one.beacons.add(epoch, beaconOf(epoch))
    const state = one.groups.state()
    if (state === undefined) throw new Error('no state')
    const late = anchored((epoch) => (epoch > 501 ? peerIds : undefined))
    await late.groups.start()
    expect(() => late.groups.adopt(encodeGroupState(state), new Uint8Array(32)))
      .to.throw()
      .with.property('name', 'NotAuthorisedError')
    const small = { ...state, groupSize: 50 }
    expect(() => late.groups.adopt(encodeGroupState(small), hashGroupState(small)))
      .to.throw()
      .with.property('name', 'LimitExceededError')
    late.groups.adopt(encodeGroupState(state), hashGroupState(state))
    for (const { beacons } of [one, late]) beacons.add(502, beaconOf(502))
    expect(late.groups.state()).to.deep.equal(one.groups.state())
  })

  it('takes what the excluded wrote while they were in, whoever joined when: the nearest state says who was an author', () => {
    const [gone, ...left] = peerIds as [PeerIdText, ...PeerIdText[]]
    const input = { epoch: 500, roster: peerIds, beacon: beaconOf(500) }
    const state = firstGroupState(input, init)
    const members = new Members()
    members.set(left)
    const groups = createGroups({ members, sidOf, vouched: (peerId) => left.includes(peerId), logger }, { ...init, self: left[0] as PeerIdText })
    expect(groups.authors.isAuthor(gone, 500), 'before any state is known').to.equal(false)
    groups.adopt(encodeGroupState(state), hashGroupState(state))
    for (const epoch of [498, 500, 501]) expect(groups.authors.isAuthor(gone, epoch), `${epoch}`).to.equal(true)
    const without = nextGroupState(state, { epoch: 501, roster: left, beacon: beaconOf(501) }, init)
    groups.adopt(encodeGroupState(without), hashGroupState(without))
    expect([500, 501, 502].map((epoch) => groups.authors.isAuthor(gone, epoch))).to.deep.equal([true, false, false])
    expect(groups.standing(500)?.groups.size).to.equal(groupsOf(state).groups.length)
    expect([...(groups.standing(501)?.groups.values() ?? [])].flat()).to.not.include(gone)
    expect(
      [499, 502].map((epoch) => groups.standing(epoch)),
      'what no state speaks of'
    ).to.deep.equal([undefined, undefined])
  })

  it('refuses a second beacon of an epoch, and group sizes that cannot be', () => {
    const beacons = new AnchoredBeacons()
    beacons.add(5, beaconOf(5))
    beacons.add(5, beaconOf(5))
    expect(() => beacons.add(5, beaconOf(6)))
      .to.throw()
      .with.property('code', 'ERR_LIMIT_EXCEEDED')
    expect(() => beacons.add(6, new Uint8Array(31)))
      .to.throw()
      .with.property('code', 'ERR_MALFORMED_MESSAGE')
    beacons.add(900, beaconOf(900))
    expect([beacons.beacon(5), beacons.latest()]).to.deep.equal([undefined, 900])
    for (const groupSize of [1, 101, 2.5]) expect(() => createGroups({ members: new Members(), sidOf, logger }, { ...init, groupSize })).to.throw(RangeError)
  })
})
