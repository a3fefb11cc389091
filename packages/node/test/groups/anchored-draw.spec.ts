import { createHash } from 'node:crypto'
import { seededRandom } from '@srwan/clock'
import { createGroups, encodeGroupState, firstGroupState, genesisBeacon, groupsOf, hashGroupState, nextGroupState, reportersOf } from '@srwan/groups'
import { ms } from '@srwan/interface'
import { createIdentity, sidOf } from '@srwan/membership'
import { chooseLandmarks } from '@srwan/topology'
import { digestBody } from '@srwan/wire'
import { expect } from 'chai'
import { AnchoredDraw, LANDMARK_EPOCHS } from '../../src/groups/anchored-draw.ts'
import { VectorReader } from '../../src/groups/vector-reader.ts'
import { eventually } from '../test-network.ts'
import type { GroupState, Groups } from '@srwan/groups'
import type { LogPlace, Member, PeerIdText, Sid, SignedEntry } from '@srwan/interface'

const NETWORK = 'drawn'
const FIRST = 500
const parameters = { groupSize: 10, admission: 'at-once' } as const
const peerIds = Array.from({ length: 30 }, (_, i) => createIdentity(seededRandom(700 + i)).peerId).sort()
const beaconOf = (epoch: number): Uint8Array => new Uint8Array(createHash('sha256').update(`beacon ${epoch}`).digest())
const genesis = genesisBeacon(NETWORK)
const logger = { error() {}, warn() {}, info() {}, debug() {} }

const states: GroupState[] = []
for (let epoch = FIRST; epoch < FIRST + 2 * LANDMARK_EPOCHS; epoch++) {
  const input = { epoch, roster: peerIds, beacon: beaconOf(epoch) }
  states.push(nextGroupState(states.at(-1) ?? firstGroupState({ ...input, epoch: FIRST - 1, beacon: genesis }, parameters), input, parameters))
}
const stateAt = (epoch: number): GroupState => states[epoch - FIRST] as GroupState
const LANDMARKS = peerIds.slice(0, 8).map(sidOf).sort()

/** What the reporters of an epoch wrote: each router as far from the landmarks as its place in the list says. */
function digestsOf(epoch: number): ReadonlyMap<PeerIdText, SignedEntry> {
  const entries = new Map<PeerIdText, SignedEntry>()
  for (const { number, members } of groupsOf(stateAt(epoch)).groups) {
    const reporters = reportersOf(members.map(sidOf), beaconOf(epoch))
    const inOrder = [...members].sort((a, b) => (sidOf(a) < sidOf(b) ? -1 : 1))
    const body = digestBody({
      members: inOrder.map(sidOf),
      landmarks: LANDMARKS,
      vectors: inOrder.map((peerId) => LANDMARKS.map(() => ms(1 + peerIds.indexOf(peerId)))),
      delayQuantiles: [undefined, undefined, undefined, undefined, undefined],
      loss: undefined
    })
    for (const author of members)
      if (reporters.includes(sidOf(author))) entries.set(author, { author, entry: { kind: 'digest', key: String(number), body } } as unknown as SignedEntry)
  }
  return entries
}

interface Drawing {
  readonly groups: Groups
  readonly reader: VectorReader
  readonly draw: AnchoredDraw
  readonly read: number[]
}

/** A node that has the states up to an epoch. */
function at(self: PeerIdText, from: number, last: number): Drawing {
  const members = { current: () => ({ members: peerIds.slice(0, 12).map((peerId) => ({ peerId, sid: sidOf(peerId) }) as Member), fingerprint: 0 }), on() {}, off() {} }
  const groups = createGroups({ members, sidOf, logger }, { networkId: NETWORK, self, ...parameters })
  const read: number[] = []
  const beacons = { beacon: beaconOf, latest: () => last, on() {}, off() {} }
  const covered = ({ epoch, author }: LogPlace): Promise<readonly SignedEntry[]> => Promise.resolve([digestsOf(epoch).get(author)].filter((entry) => entry !== undefined))
  const reader = new VectorReader({ groups, replication: { beacons: beacons as never, covered }, sidOf, onRead: (epoch) => read.push(epoch), logger })
  for (const state of states) if (state.epoch >= from && state.epoch <= last) groups.adopt(encodeGroupState(state), hashGroupState(state))
  return { groups, reader, read, draw: new AnchoredDraw({ groups, beacons, vectors: () => reader, sidOf, self, genesis }) }
}

async function landmarksOf({ draw, read }: Drawing): Promise<readonly Sid[]> {
  if (draw.landmarks() === undefined) await eventually('the digests are read', () => read.length > 0)
  const { beacon, routers, vectorOf } = draw.landmarks() ?? { beacon: new Uint8Array(0) }
  return chooseLandmarks({ routers: routers ?? [], beacon, ...(vectorOf === undefined ? {} : { vectorOf }) })
}

describe('what the anchored epochs draw besides the groups', function () {
  this.timeout(60_000)
  const [one, other] = [peerIds[3], peerIds[20]] as [PeerIdText, PeerIdText]
  const change = Math.ceil((FIRST + 3) / LANDMARK_EPOCHS) * LANDMARK_EPOCHS

  it('landmarks: the same at all who have the same states, others each 24 epochs, by what the digests before say', async () => {
    const chosen = await landmarksOf(at(one, FIRST, change))
    expect(chosen).to.have.lengthOf(8)
    expect(await landmarksOf(at(other, FIRST, change)), 'at another node').to.deep.equal(chosen)
    expect(await landmarksOf(at(one, change - 2, change + 5)), 'later, at one that joined in between').to.deep.equal(chosen)
    expect(await landmarksOf(at(one, FIRST, change - 1)), 'before').to.not.deep.equal(chosen)
    const plain = chooseLandmarks({ routers: peerIds.map(sidOf), beacon: beaconOf(change) })
    expect(chosen, 'not by the beacon alone').to.not.deep.equal(plain)
  })

  it('before anything is anchored the genesis beacon draws, among those whom the node knows', () => {
    const { draw, groups } = at(one, 0, 0)
    expect(draw.landmarks()).to.deep.equal({ beacon: genesis })
    expect(draw.reporters()).to.deep.equal(
      reportersOf(
        groups.roster.current().members.map(({ sid }) => sid),
        genesis
      )
    )
  })

  it('reporters: three of the group by its last state, the same as seen by each of its members', () => {
    const group = groupsOf(stateAt(change)).groups.find(({ members }) => members.includes(one))?.members ?? []
    const seen = group.map((self) => at(self, FIRST, change).draw.reporters().join())
    expect(new Set(seen).size).to.equal(1)
    expect(at(one, FIRST, change).draw.reporters()).to.deep.equal(reportersOf(group.map(sidOf), beaconOf(change)))
  })

  it('round trips are read once, and anew where another state turns out to be the anchored one', async () => {
    const { reader, groups, read } = at(one, FIRST, FIRST + 4)
    expect(reader.at(FIRST + 2)).to.equal('reading')
    expect(reader.at(FIRST + 2)).to.equal('reading')
    await eventually('it is read', () => read.length > 0)
    const known = reader.at(FIRST + 2)
    expect(known !== 'reading' && known?.swaps?.size).to.equal(30)
    expect(read).to.deep.equal([FIRST + 2])
    const anotherOne = { ...stateAt(FIRST + 2), routers: stateAt(FIRST + 2).routers.slice(1) }
    groups.adopt(encodeGroupState(anotherOne), hashGroupState(anotherOne))
    expect(reader.at(FIRST + 2)).to.equal('reading')
    await eventually('it is read again', () => read.length > 1)
    expect(reader.at(FIRST - 5), 'no groups, no reporters').to.equal(undefined)
  })
})
