import { expect } from 'chai'
import { seededRandom } from '@srwan/clock'
import { estimatedRoundTrip, firstGroupState, groupsOf, nextGroupState } from '../src/index.ts'
import { beaconOf, fakePeerIds } from './routers.ts'
import type { GroupState, Landmarks } from '../src/index.ts'
import type { PeerIdText } from '@srwan/interface'

const PARAMETERS = { groupSize: 25, admission: 'at-once' as const }
const LONG = process.env['SRWAN_LONG'] === '1'

type Point = readonly [number, number]

/** Routers on a plane of 100 ms, eight landmarks among them; round trips in µs. */
const world = (count: number, seed: number): { roster: PeerIdText[]; at: Map<PeerIdText, Point>; landmarks: Map<PeerIdText, number[]> } => {
  const random = seededRandom(seed)
  const point = (): Point => [random.next() * 100_000, random.next() * 100_000]
  const roster = fakePeerIds(count, `world ${seed} `)
  const at = new Map(roster.map((peerId) => [peerId, point()]))
  const beacons = Array.from({ length: 8 }, point)
  const landmarks = new Map([...at].map(([peerId, [x, y]]) => [peerId, beacons.map(([u, v]) => Math.round(Math.hypot(x - u, y - v)))]))
  return { roster, at, landmarks }
}

const inGroupDelay = (state: GroupState, at: ReadonlyMap<PeerIdText, Point>): number => {
  let sum = 0
  let pairs = 0
  for (const { members } of groupsOf(state).groups) {
    members.forEach((a, i) => {
      for (const b of members.slice(i + 1)) {
        const [p, q] = [at.get(a) as Point, at.get(b) as Point]
        sum += Math.hypot(p[0] - q[0], p[1] - q[1])
        pairs++
      }
    })
  }
  return sum / pairs
}

describe('regrouping by measured delay', function () {
  this.timeout(LONG ? 600_000 : 60_000)
  const run = (landmarks: Landmarks | undefined, roster: readonly PeerIdText[], epochs: number, each: (state: GroupState, before: GroupState) => void = () => {}): GroupState => {
    let state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, PARAMETERS)
    for (let epoch = 168; epoch < 168 + epochs; epoch++) {
      const next = nextGroupState(state, { epoch, roster, beacon: beaconOf(epoch), landmarks }, PARAMETERS)
      each(next, state)
      state = next
    }
    return state
  }

  it('makes delays within groups less, keeps every size, and moves at most 1 % in an epoch', () => {
    const { roster, at, landmarks } = world(300, 1)
    const epochs = LONG ? 1000 : 168
    const without = run(undefined, roster, epochs)
    const swapped = run(landmarks, roster, epochs, (state, before) => {
      const plain = nextGroupState(before, { epoch: state.epoch, roster, beacon: beaconOf(state.epoch) }, PARAMETERS)
      const sizes = (of: GroupState): number[] => groupsOf(of).groups.map(({ members }) => members.length)
      expect(sizes(state)).to.deep.equal(sizes(plain))
      expect(state.routers.filter(({ key }, i) => key !== plain.routers[i]?.key).length).to.be.at.most(3)
    })
    const ratio = inGroupDelay(swapped, at) / inGroupDelay(without, at)
    process.stdout.write(`        mean round trip within groups: ${(100 * ratio).toFixed(1)} % of that without swaps\n`)
    expect(ratio).to.be.below(0.97)
  })

  it('young routers and those without landmarks stay where the beacon put them', () => {
    const { roster, landmarks } = world(300, 2)
    let state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, PARAMETERS)
    for (let epoch = 1; epoch < 100; epoch++) {
      const input = { epoch, roster, beacon: beaconOf(epoch) }
      const next = nextGroupState(state, { ...input, landmarks }, PARAMETERS)
      expect(next).to.deep.equal(nextGroupState(state, input, PARAMETERS))
      state = next
    }
  })

  it('a liar that claims to stand in the middle of its target is there hardly more often than by chance', () => {
    const { roster, at, landmarks } = world(300, 3)
    const target = 2 ** 3
    const liars = roster.slice(0, 15)
    let present = 0
    let possible = 0
    const lies = new Map(landmarks)
    const retell = (state: GroupState): void => {
      // It sees who is there and answers so that only a swap into the target group looks good.
      const members = groupsOf(state).groups.find(({ number }) => number >= target && number < target * 2)?.members ?? []
      const mean = Array.from({ length: 8 }, (_, i) => Math.round(members.reduce((sum, peerId) => sum + (landmarks.get(peerId)?.[i] ?? 0), 0) / Math.max(1, members.length)))
      for (const liar of liars) lies.set(liar, mean)
    }
    run(lies, roster, LONG ? 2000 : 300, (state) => {
      retell(state)
      const group = groupsOf(state).groups.find(({ number }) => number >= target && number < target * 2)
      present += liars.filter((liar) => group?.members.includes(liar)).length
      possible += (liars.length * (group?.members.length ?? 0)) / roster.length
    })
    process.stdout.write(`        liars in their target group: ${(present / possible).toFixed(2)} times as often as by chance\n`)
    expect(at.size).to.equal(300)
    expect(present / possible).to.be.below(2.7)
  })

  it('two routers that stand in each other’s city change places within the promised epochs, and nobody else moves', () => {
    const n = 20
    const half = { groupSize: n / 2, admission: 'at-once' as const }
    const worlds = Array.from({ length: 100 }, (_, seed) => fakePeerIds(n, `cities ${seed} `).sort())
    const roster = worlds.find((peerIds) => groupsOf(firstGroupState({ epoch: 0, roster: peerIds, beacon: beaconOf(0) }, half)).groups.length === 2) ?? []
    const first = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, half)
    const [here, there] = groupsOf(first).groups.map(({ members }) => members) as [PeerIdText[], PeerIdText[]]
    const wrong = [here[0], there[0]] as PeerIdText[]
    // 80 ms from one city to the other; landmarks in both.
    const isInFirst = (peerId: PeerIdText): boolean => here.includes(peerId) !== wrong.includes(peerId)
    const landmarks = new Map(roster.map((peerId, i) => [peerId, Array.from({ length: 8 }, (_, k) => (k < 4 === isInFirst(peerId) ? 1000 : 80_000) + 10 * i)]))
    // Every epoch at which nobody's position is drawn anew: what moves is moved by swaps.
    const slots = new Set(first.routers.map(({ slot }) => slot))
    const quiet = Array.from({ length: 168 }, (_, epoch) => epoch).filter((epoch) => !slots.has(epoch))
    const promised = (n * n) / 2
    let state = first
    let epochs = 0
    while (groupsOf(state).groupOf(wrong[0] as PeerIdText) === groupsOf(first).groupOf(wrong[0] as PeerIdText)) {
      expect(++epochs, 'of three times the average').to.be.at.most(3 * promised)
      const epoch = 168 * Math.ceil(1 + epochs / quiet.length) + (quiet[epochs % quiet.length] as number)
      if (epoch <= state.epoch) continue
      state = nextGroupState(state, { epoch, roster, beacon: beaconOf(epoch), landmarks }, half)
    }
    const expected = groupsOf(first).groups.map(({ members }) =>
      members.map((peerId) => (wrong.includes(peerId) ? (wrong.find((other) => other !== peerId) as PeerIdText) : peerId)).sort()
    )
    expect(groupsOf(state).groups.map(({ members }) => [...members])).to.deep.equal(expected)
    process.stdout.write(`        after ${epochs} epochs; ${promised} on average\n`)
  })

  it('an estimate lies between what the triangle inequality allows', () => {
    expect(estimatedRoundTrip([10, 20], [30, 50])).to.equal(35)
    expect(estimatedRoundTrip([], [1])).to.equal(0)
  })
})
