import { expect } from 'chai'
import { ms, sid } from '@srwan/interface'
import { seededRandom } from '@srwan/clock'
import { anchoredVectors, reportersOf, swapLandmarks } from '../src/index.ts'
import { beaconOf, fakePeerIds, shuffled, sidOf } from './routers.ts'
import type { AnchoredDigest } from '../src/index.ts'
import type { PeerIdText, Sid } from '@srwan/interface'

const beacon = beaconOf(7)
const draw = { beacon, sidOf }
const peerIds = fakePeerIds(20)
const groups = new Map([
  [2, peerIds.slice(0, 10)],
  [3, peerIds.slice(10)]
])
const landmarkSids = (first: number): readonly Sid[] => Array.from({ length: 8 }, (_, i) => sid((first + i).toString(16).padStart(16, '0')))
const LANDMARKS = landmarkSids(100)

const byReporter = (group: number): readonly PeerIdText[] => {
  const members = groups.get(group) as readonly PeerIdText[]
  const sids = reportersOf(members.map(sidOf), beacon)
  return members.filter((peerId) => sids.includes(sidOf(peerId)))
}
const digest = (author: PeerIdText, group: number, trip: number | undefined, more: Partial<AnchoredDigest> = {}): AnchoredDigest => {
  const members = (groups.get(group) as readonly PeerIdText[]).map(sidOf)
  return { author, group, members, landmarks: LANDMARKS, vectors: members.map(() => LANDMARKS.map(() => (trip === undefined ? undefined : ms(trip)))), ...more }
}
const all = (trip: (group: number, index: number) => number | undefined): AnchoredDigest[] =>
  [2, 3].flatMap((group) => byReporter(group).map((author, index) => digest(author, group, trip(group, index))))
const firstOf = (group: number): PeerIdText => (groups.get(group) as readonly PeerIdText[])[0] as PeerIdText

describe('round trips out of anchored digests', () => {
  it('three members of a group report, others under another beacon', () => {
    const sids = peerIds.map(sidOf)
    expect(reportersOf(sids, beacon)).to.have.lengthOf(3)
    expect(reportersOf(sids, beaconOf(8))).to.not.deep.equal(reportersOf(sids, beacon))
    expect(reportersOf(shuffled(sids, seededRandom(1)), beacon)).to.deep.equal(reportersOf(sids, beacon))
  })

  it('are the medians of what the reporters said: one liar among three moves nothing, and a word that is missing is no zero', () => {
    const words = all((group, index) => (group === 2 ? [40, 1, 42][index] : [undefined, undefined, 7][index]))
    const { vectors, landmarks } = anchoredVectors(words, { groups }, draw)
    expect(landmarks).to.deep.equal(LANDMARKS)
    expect(vectors.get(firstOf(2))).to.deep.equal(LANDMARKS.map(() => 40))
    expect(vectors.get(firstOf(3))).to.deep.equal(LANDMARKS.map(() => 7))
    expect(vectors.size).to.equal(20)
  })

  it('are the same in whatever order the digests come', () => {
    const words = all((group, index) => 10 * group + index)
    const expected = anchoredVectors(words, { groups }, draw)
    for (let seed = 0; seed < 20; seed++) expect(anchoredVectors(shuffled(words, seededRandom(seed)), { groups }, draw)).to.deep.equal(expected)
  })

  it('who is no reporter, speaks of a group that is not its own, or of routers of another group, is not heard', () => {
    const honest = all(() => 30)
    const expected = anchoredVectors(honest, { groups }, draw)
    const liar = (groups.get(2) as readonly PeerIdText[]).find((peerId) => !byReporter(2).includes(peerId)) as PeerIdText
    const [reporter] = byReporter(2) as [PeerIdText]
    const target = groups.get(3) as readonly PeerIdText[]
    const lies = [digest(liar, 2, 1), digest(liar, 3, 1), digest(reporter, 3, 1, { members: target.map(sidOf) }), { ...digest(reporter, 2, 1), group: 9 }]
    expect(anchoredVectors([...lies, ...honest], { groups }, draw)).to.deep.equal(expected)
    // Its own digest says that others of another group stand where it does: that moves nobody either.
    const widened = honest.map((word) =>
      word.author === reporter ? { ...word, members: [...word.members, ...target.map(sidOf)], vectors: [...word.vectors, ...target.map(() => LANDMARKS.map(() => ms(1)))] } : word
    )
    expect(anchoredVectors(widened, { groups }, draw)).to.deep.equal(expected)
  })

  it('of groups that measured different landmarks those count that most measured', () => {
    const three = new Map([...groups, [4, fakePeerIds(4, 'more ')] as const])
    const others = landmarkSids(300)
    const words = all((group) => group).map((word) => (word.group === 3 ? { ...word, landmarks: others } : word))
    const tied = anchoredVectors(words, { groups: three }, draw)
    expect(tied.landmarks, 'the lesser text').to.deep.equal(LANDMARKS)
    expect([...tied.vectors.keys()]).to.deep.equal(groups.get(2))
    expect(anchoredVectors([], { groups }, draw).vectors.size).to.equal(0)
  })

  it('compare as long as four landmarks have been measured by half of the routers; who lacks one of those swaps with nobody', () => {
    const vectorOf = (known: readonly number[]): readonly (ReturnType<typeof ms> | undefined)[] => LANDMARKS.map((_, i) => (known.includes(i) ? ms(i + 0.05) : undefined))
    const tableOf = (vectors: readonly (readonly number[])[]): ReturnType<typeof swapLandmarks> =>
      swapLandmarks({ landmarks: LANDMARKS, vectors: new Map(vectors.map((known, i) => [peerIds[i] as PeerIdText, vectorOf(known)])) })
    const swaps = tableOf([[0, 1, 2, 3, 4], [0, 1, 2, 3], [0, 1, 2, 3, 5], [0, 1, 2, 7], []])
    expect([...(swaps ?? [])].map(([, trips]) => trips)).to.deep.equal([0, 1, 2].map(() => [50, 1050, 2050, 3050]))
    expect(
      tableOf([
        [0, 1, 2],
        [0, 1, 2]
      ])
    ).to.equal(undefined)
    expect(tableOf([])).to.equal(undefined)
  })
})
