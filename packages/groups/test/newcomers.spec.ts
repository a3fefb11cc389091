import { expect } from 'chai'
import { AnchoredBeacons, createGroups, rosterFingerprint } from '../src/index.ts'
import { beaconOf, fakePeerIds, member, sidOf } from './routers.ts'
import type { Groups } from '../src/index.ts'
import type { PeerIdText, RosterSource } from '@srwan/interface'

const logger = { error() {}, warn() {}, info() {}, debug() {} }
const peerIds = fakePeerIds(30)
const self = peerIds[0] as PeerIdText

/** Groups of ten after epoch 500, whose roster was the first `anchored` of the members. */
async function groupsAt(anchored: number, present: number, vouched?: (peerId: PeerIdText) => boolean): Promise<Groups> {
  const members = peerIds
    .slice(0, present)
    .map(member)
    .sort((a, b) => (a.sid < b.sid ? -1 : 1))
  const roster = { members, fingerprint: rosterFingerprint(members.map((each) => each.sid)) }
  const source: RosterSource = { current: () => roster, on() {}, off() {} }
  const beacons = new AnchoredBeacons()
  const rosters = { roster: () => peerIds.slice(0, anchored) }
  const groups = createGroups({ members: source, sidOf, beacons, rosters, vouched, logger }, { networkId: 'acme', self, groupSize: 10, admission: 'at-once' })
  await groups.start()
  beacons.add(500, beaconOf(500))
  return groups
}

describe('members that no anchored epoch knows yet', () => {
  it('are in a group from the first minute, and in a small network in the one that there is', async () => {
    const groups = await groupsAt(3, 8)
    expect(groups.state()?.routers).to.have.lengthOf(3)
    expect(groups.own().members).to.deep.equal(peerIds.slice(0, 8).sort())
    expect(groups.map().groups).to.have.lengthOf(1)
  })

  it('split a group that they make too large, and every member is in exactly one of at most its size', async () => {
    const groups = await groupsAt(10, 30)
    const placed = groups.map().groups.flatMap(({ members }) => members)
    expect([...placed].sort()).to.deep.equal([...peerIds].sort())
    for (const { members } of groups.map().groups) expect(members.length).to.be.at.most(10)
    expect(groups.isSplit(500), 'the anchored epoch itself had one group').to.equal(false)
  })

  it('move nobody: all others stay where the anchored state has them unless their group splits', async () => {
    const [few, more] = [await groupsAt(24, 24), await groupsAt(24, 25)]
    const grown = new Set(more.map().groups.map(({ number }) => number))
    for (const peerId of peerIds.slice(0, 24)) {
      const before = few.map().groupOf(peerId) as number
      if (grown.has(before)) expect(more.map().groupOf(peerId)).to.equal(before)
    }
  })

  it('write at once where somebody answers for them, and not where nobody does', async () => {
    const late = peerIds[5] as PeerIdText
    const trusting = await groupsAt(3, 8, (peerId) => peerId === late)
    expect([trusting.authors.isAuthor(late, 500), trusting.authors.groupOf(late, 500)]).to.deep.equal([true, 1])
    expect((await groupsAt(3, 8)).authors.isAuthor(late, 500)).to.equal(false)
  })
})
