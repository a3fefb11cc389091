import { expect } from 'chai'
import fc from 'fast-check'
import { seededRandom } from '@srwan/clock'
import { depthOf, keyRange } from '../src/splits.ts'
import { firstGroupState, groupsOf, nextGroupState } from '../src/index.ts'
import { beaconOf, fakePeerId, fakePeerIds, shuffled } from './routers.ts'
import type { GroupParameters, GroupState } from '../src/index.ts'
import type { PeerIdText } from '@srwan/interface'

const OPEN: GroupParameters = { groupSize: 100, admission: 'by-beacon' }

/** The first half lets the splits of the first epoch settle; `SRWAN_LONG=1` looks at a week. */
const EPOCHS = process.env.SRWAN_LONG === '1' ? 336 : 16

/** Replaces a share of the routers. */
const churn = (roster: readonly PeerIdText[], epoch: number, share: number): PeerIdText[] => {
  const random = seededRandom(epoch)
  const kept = shuffled(roster, random).slice(Math.round(roster.length * share))
  return [...kept, ...fakePeerIds(roster.length - kept.length, `epoch ${epoch} `)]
}

const checkInvariants = (state: GroupState, roster: readonly PeerIdText[]): void => {
  const { groups, groupOf } = { groups: groupsOf(state).groups, groupOf: groupsOf(state) }
  const seen = groups.flatMap(({ members }) => members)
  const guests = state.guests.map(({ peerId }) => peerId)
  // Everybody exactly once: as a member of one group, or as a guest.
  expect([...seen, ...guests].sort()).to.deep.equal([...roster].sort())
  for (const group of groups) {
    expect(group.members.length).to.be.at.most(state.groupSize)
    expect(group.guests.length).to.be.at.most(Math.max(1, Math.floor(group.members.length / 10)))
    expect(group.members.length + group.guests.length).to.be.at.most(100)
    for (const member of group.members) expect(groupOf.groupOf(member)).to.equal(group.number)
  }
  const size = new Map(groups.map(({ number, members }) => [number, members.length]))
  for (const { number } of groups) {
    if (number === 1 || !size.has(number ^ 1)) continue
    expect((size.get(number) ?? 0) + (size.get(number ^ 1) ?? 0)).to.be.above(Math.floor(state.groupSize * 0.4))
  }
  // The leaves cover every position once.
  const ranges = groups.map(({ number }) => keyRange(number))
  expect(ranges[0]?.[0]).to.equal(0)
  expect(ranges.at(-1)?.[1]).to.equal(2 ** 52)
  ranges.slice(1).forEach(([from], i) => expect(from).to.equal(ranges[i]?.[1]))
}

describe('groups of an epoch', function () {
  this.timeout(60_000)

  it('hold at every size, group limit, churn and admission: each router once, bounds kept, leaves that tile', () => {
    fc.assert(
      fc.property(
        fc.record({
          size: fc.integer({ min: 1, max: 300 }),
          groupSize: fc.integer({ min: 2, max: 100 }),
          admission: fc.constantFrom('by-beacon' as const, 'at-once' as const),
          seed: fc.nat(1000)
        }),
        ({ size, groupSize, admission, seed }) => {
          const parameters = { groupSize, admission }
          let roster = fakePeerIds(size, `${seed % 3} `)
          let state = firstGroupState({ epoch: 10, roster, beacon: beaconOf(10, seed) }, parameters)
          checkInvariants(state, roster)
          for (let epoch = 11; epoch < 16; epoch++) {
            roster = churn(roster, epoch + 100 * seed, [0, 0.01, 0.1, 0.5, 1][epoch % 5] ?? 0)
            state = nextGroupState(state, { epoch, roster, beacon: beaconOf(epoch, seed) }, parameters)
            checkInvariants(state, roster)
          }
        }
      ),
      { numRuns: 15 }
    )
  })

  it('do not depend on the order in which routers are named', () => {
    const roster = fakePeerIds(450)
    const random = seededRandom(7)
    const run = (order: (list: readonly PeerIdText[]) => readonly PeerIdText[]): GroupState => {
      let state = firstGroupState({ epoch: 1, roster: order(roster), beacon: beaconOf(1) }, OPEN)
      for (let epoch = 2; epoch < 8; epoch++) state = nextGroupState(state, { epoch, roster: order(churn(roster, epoch, 0.05)), beacon: beaconOf(epoch) }, OPEN)
      return state
    }
    expect(run((list) => shuffled(list, random))).to.deep.equal(run((list) => [...list].sort()))
  })

  for (const size of [1, 13, 100, 101, 1000, 10_000]) {
    it(`${size} routers at 1 % churn`, () => {
      let roster = fakePeerIds(size)
      let state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, OPEN)
      let moved = 0
      let stayed = 0
      let renumbered = 0
      for (let epoch = 1; epoch <= EPOCHS; epoch++) {
        roster = churn(roster, epoch, 0.01)
        const before = groupsOf(state)
        const next = nextGroupState(state, { epoch, roster, beacon: beaconOf(epoch) }, OPEN)
        const after = groupsOf(next)
        for (const { peerId, slot } of state.routers) {
          if (slot === epoch % 168 || after.groupOf(peerId) === undefined) continue
          if (epoch <= EPOCHS / 2) continue
          stayed++
          const [was, is] = [before.groupOf(peerId) as number, after.groupOf(peerId) as number]
          if (was === is) continue
          renumbered++
          // Of a group that splits the half stays among its own; after a merge everybody has new fellows.
          moved += is > was ? 0.5 : 1
        }
        state = next
      }
      checkInvariants(state, roster)
      const sizes = groupsOf(state).groups.map(({ members }) => members.length)
      const share = moved / Math.max(1, stayed)
      process.stdout.write(
        `        ${sizes.length} groups of ${Math.min(...sizes)} to ${Math.max(...sizes)}; moved without a fresh position: ${(100 * share).toFixed(4)} % an epoch (in a group of another number: ${((100 * renumbered) / Math.max(1, stayed)).toFixed(4)} %)\n`
      )
      if (size >= 10_000) {
        expect(share).to.be.below(0.0005)
        expect(Math.min(...sizes)).to.be.above(10)
      }
    }).timeout(600_000)
  }

  it('one epoch of 100,000 routers at 1 % churn takes well under a second', () => {
    const roster = fakePeerIds(100_000)
    const state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, OPEN)
    const changed = churn(roster, 1, 0.01).sort()
    const begun = process.cpuUsage()
    groupsOf(nextGroupState(state, { epoch: 1, roster: changed, beacon: beaconOf(1) }, OPEN))
    const used = process.cpuUsage(begun)
    const milliseconds = (used.user + used.system) / 1000
    process.stdout.write(`        ${milliseconds.toFixed(0)} ms of CPU\n`)
    expect(milliseconds).to.be.below(1500)
  }).timeout(600_000)

  it('a group keeps its number while others split', () => {
    const roster = fakePeerIds(101)
    const small = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, { ...OPEN, groupSize: 100 })
    expect(groupsOf(small).groups.map(({ number }) => number)).to.deep.equal([2, 3])
    expect([1, 2, 3, 4, 7].map(depthOf)).to.deep.equal([0, 1, 1, 2, 2])
  })

  it('a split needs more than a full group and a merge no more than 40 % of one: in between nothing changes', () => {
    let roster = fakePeerIds(101)
    let state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, OPEN)
    const sizes: number[] = []
    for (const size of [60, 41, 40, 100, 101]) {
      roster = fakePeerIds(size)
      state = nextGroupState(state, { epoch: state.epoch + 1, roster, beacon: beaconOf(state.epoch + 1) }, { ...OPEN, admission: 'at-once' })
      sizes.push(groupsOf(state).groups.length)
    }
    expect(sizes).to.deep.equal([2, 2, 1, 1, 2])
  })

  it('an epoch must follow the one before', () => {
    const state = firstGroupState({ epoch: 5, roster: fakePeerIds(3), beacon: beaconOf(5) }, OPEN)
    expect(() => nextGroupState(state, { epoch: 5, roster: fakePeerIds(3), beacon: beaconOf(5) }, OPEN)).to.throw(RangeError)
  })
})

describe('who is placed where', function () {
  this.timeout(60_000)
  const roster = fakePeerIds(800)

  it('a newcomer is a guest for one epoch and is placed by the next beacon; where members are admitted by somebody, at once', () => {
    const state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, OPEN)
    const newcomer = fakePeerId('newcomer')
    const guest = nextGroupState(state, { epoch: 1, roster: [...roster, newcomer], beacon: beaconOf(1) }, OPEN)
    expect(groupsOf(guest).groupOf(newcomer)).to.equal(undefined)
    expect(groupsOf(guest).hostOf(newcomer)).to.be.a('number')
    const member = nextGroupState(guest, { epoch: 2, roster: [...roster, newcomer], beacon: beaconOf(2) }, OPEN)
    expect(groupsOf(member).groupOf(newcomer)).to.be.a('number')
    expect(member.guests).to.deep.equal([])
    const atOnce = nextGroupState(state, { epoch: 1, roster: [...roster, newcomer], beacon: beaconOf(1) }, { ...OPEN, admission: 'at-once' })
    expect(groupsOf(atOnce).groupOf(newcomer)).to.be.a('number')
  })

  it('a flood of newcomers: no group takes more than 10 % guests, the rest are nobody’s', () => {
    const state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, OPEN)
    const flooded = nextGroupState(state, { epoch: 1, roster: [...roster, ...fakePeerIds(2000, 'flood ')], beacon: beaconOf(1) }, OPEN)
    const groups = groupsOf(flooded).groups
    expect(groups.every(({ members, guests }) => guests.length <= Math.floor(members.length / 10))).to.equal(true)
    expect(flooded.guests.filter(({ host }) => host === 0)).to.have.lengthOf.above(1800)
  })

  it('whoever leaves and comes back has its old place, so that nobody draws again by leaving', () => {
    const state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, OPEN)
    const router = state.routers.find(({ slot }) => slot > 20)
    if (router === undefined) throw new Error('no router with such a slot')
    const without = roster.filter((peerId) => peerId !== router.peerId)
    let now = state
    for (let epoch = 1; epoch < 10; epoch++) now = nextGroupState(now, { epoch, roster: without, beacon: beaconOf(epoch) }, OPEN)
    expect(groupsOf(now).groupOf(router.peerId)).to.equal(undefined)
    now = nextGroupState(now, { epoch: 10, roster, beacon: beaconOf(10) }, OPEN)
    expect(now.routers.find(({ peerId }) => peerId === router.peerId)).to.deep.equal(router)
    expect(now.departed).to.deep.equal([])
  })

  it('in 168 epochs everybody gets a fresh position once, one in 168 in each', () => {
    const parameters: GroupParameters = { groupSize: 100, admission: 'at-once' }
    let state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, parameters)
    const changes = new Map<PeerIdText, number>()
    const counts: number[] = []
    for (let epoch = 1; epoch <= 168; epoch++) {
      const next = nextGroupState(state, { epoch, roster, beacon: beaconOf(epoch) }, parameters)
      const fresh = next.routers.filter(({ position }, i) => position !== state.routers[i]?.position)
      for (const { peerId } of fresh) changes.set(peerId, (changes.get(peerId) ?? 0) + 1)
      counts.push(fresh.length)
      state = next
    }
    expect([...changes.values()].every((count) => count === 1)).to.equal(true)
    expect(changes.size).to.equal(800)
    expect(Math.max(...counts)).to.be.below(20)
  })

  it('a newcomer that tries 2,000 keys lands in each group as often as its share of the positions says (χ²)', () => {
    const state = firstGroupState({ epoch: 0, roster, beacon: beaconOf(0) }, OPEN)
    const tries = fakePeerIds(2000, 'grind ')
    // The best it can do with what it knows when it must choose its key: any rule over the key alone, such as the least hash with the old beacon.
    const chosen = tries.filter((peerId) => peerId.charCodeAt(10) % 2 === 0)
    const guests = nextGroupState(state, { epoch: 1, roster: [...roster, ...chosen], beacon: beaconOf(1) }, OPEN)
    const placed = nextGroupState(guests, { epoch: 2, roster: [...roster, ...chosen], beacon: beaconOf(2) }, { ...OPEN, groupSize: 100 })
    const buckets = new Array<number>(16).fill(0)
    const ids = new Set(chosen)
    for (const { peerId, position } of placed.routers) if (ids.has(peerId)) buckets[(position[0] as number) >>> 4]!++
    const expected = chosen.length / 16
    const chiSquare = buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 15 degrees of freedom: above 37.7 once in a thousand.
    expect(chiSquare).to.be.below(37.7)
  })
})
