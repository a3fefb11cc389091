import '../../src/polyfill.ts'
import { createHash } from 'node:crypto'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import { seededRandom, systemClock, systemRandom } from '@srwan/clock'
import { Trie, trieLeaf } from '@srwan/ditex'
import { GROUP_STATE_POSITION, createGroups, encodeGroupState, firstGroupState, genesisBeacon, hashGroupState, nextGroupState } from '@srwan/groups'
import { createIdentity, sidOf } from '@srwan/membership'
import { GroupChain } from '../../src/groups/group-chain.ts'
import { KeptStates } from '../../src/groups/kept-states.ts'
import { STATE_PROTOCOL } from '../../src/groups/state-exchange.ts'
import { eventually } from '../test-network.ts'
import type { DitexReplication, SettledAnchor } from '@srwan/ditex'
import type { GroupState, Groups } from '@srwan/groups'
import type { Anchor } from '@srwan/interface'
import type { Libp2p } from 'libp2p'
import type { StateFile } from '../../src/state-file.ts'

const NETWORK = 'chained'
const clock = systemClock()
const logger = { error() {}, warn() {}, info() {}, debug() {} }
const parameters = { groupSize: 10, admission: 'at-once' } as const
const peerIds = Array.from({ length: 30 }, (_, i) => createIdentity(seededRandom(300 + i)).peerId).sort()
const beaconOf = (epoch: number): Uint8Array => new Uint8Array(createHash('sha256').update(`beacon ${epoch}`).digest())

/** States of epochs 500 to 504, as everybody made them who was there. */
const states: GroupState[] = []
for (let epoch = 500; epoch <= 504; epoch++) {
  const input = { epoch, roster: peerIds, beacon: beaconOf(epoch) }
  states.push(nextGroupState(states.at(-1) ?? firstGroupState({ ...input, epoch: 499, beacon: genesisBeacon(NETWORK) }, parameters), input, parameters))
}
const author = trieLeaf(new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), { author: undefined, heads: {} })
const trieOf = (state: GroupState): Trie<unknown> => Trie.from([trieLeaf(GROUP_STATE_POSITION, hashGroupState(state), { author: undefined, heads: {} }), author])
const anchors = new Map(
  states.map((state) => [state.epoch, { epoch: state.epoch, root: trieOf(state).root, beacon: beaconOf(state.epoch + 2), signature: new Uint8Array(64) } satisfies Anchor])
)

/** What a chain sees of replication: the anchors of all epochs, equal or not as the test says. */
class FakeReplication {
  readonly changed: (number | undefined)[] = []
  isEqual = true
  #listener: ((event: SettledAnchor) => void) | undefined

  readonly anchors = { at: (epoch: number) => anchors.get(epoch) }
  readonly beacons = { beacon: (epoch: number) => anchors.get(epoch - 2)?.beacon, latest: () => 506 }
  readonly routers = { at: () => peerIds, rebase: () => {} }
  readonly tries = { epochTrie: (epoch: number) => trieOf(states.find((state) => state.epoch === epoch) as GroupState) }

  on(_: 'settled', listener: (event: SettledAnchor) => void): void {
    this.#listener = listener
  }
  off(): void {
    this.#listener = undefined
  }
  settle(epoch: number, state: SettledAnchor['state']): void {
    this.#listener?.({ epoch, state })
  }
  covered(): Promise<readonly never[]> {
    return Promise.resolve([])
  }
  anchored(): 'equal' | 'different' {
    return this.isEqual ? 'equal' : 'different'
  }
  status(): unknown {
    return { notProvable: [] }
  }
  rosterChanged(from?: number): void {
    this.changed.push(from)
  }
}

interface Peer {
  readonly libp2p: Libp2p
  readonly chain: GroupChain
  readonly groups: Groups
  readonly replication: FakeReplication
  readonly file: StateFile & { octets: Uint8Array | undefined }
}

describe('the chain of groups at a node', function () {
  this.timeout(60_000)
  const peers: Peer[] = []

  const peer = async (held: readonly GroupState[], octets?: Uint8Array): Promise<Peer> => {
    const libp2p = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()]
    })
    const chain = new GroupChain({ libp2p, admissions: { isAdmitted: () => true, on() {}, off() {} }, clock, random: systemRandom(), sidOf, logger })
    const members = { current: () => ({ members: [], fingerprint: 0 }), on() {}, off() {} }
    const groups = createGroups({ members, sidOf, beacons: chain, rosters: chain, logger }, { networkId: NETWORK, self: peerIds[0] as (typeof peerIds)[0], ...parameters })
    const replication = new FakeReplication()
    const file = {
      octets,
      load: () => Promise.resolve(file.octets),
      save: (saved: Uint8Array) => {
        file.octets = saved
        return Promise.resolve()
      }
    }
    chain.connect({ groups, replication: replication as unknown as DitexReplication, kept: new KeptStates({ groups, file, clock, logger }) })
    groups.resume(held.map(encodeGroupState))
    await chain.load()
    await groups.start()
    await chain.start()
    const made = { libp2p, chain, groups, replication, file }
    peers.push(made)
    return made
  }
  afterEach(async () => {
    for (const { chain, libp2p } of peers.splice(0)) {
      await chain.stop()
      await libp2p.stop()
    }
  })

  it('takes the anchored states from a member with their proofs, steps on by itself, and keeps them for the next life', async () => {
    const [old, late] = [await peer(states), await peer([])]
    await late.libp2p.dial(old.libp2p.getMultiaddrs())
    late.replication.settle(503, 'equal')
    expect(late.groups.state()?.epoch, 'a chain of its own, begun too late').to.equal(505)
    late.replication.settle(502, 'not-provable')
    await eventually('it has the state of the last anchored epoch', () => late.groups.stateAt(504) !== undefined)
    expect(Buffer.from(late.groups.stateAt(504)?.hash ?? [])).to.deep.equal(Buffer.from(hashGroupState(states[4] as GroupState)))
    expect(late.replication.changed).to.include(502)
    // The roster of 506 waits for the anchor of 504 to be equal here.
    expect(late.groups.state()?.epoch).to.equal(505)
    late.replication.settle(504, 'equal')
    await eventually('it has read what the anchored digests say, and steps on', () => late.groups.state()?.epoch === 506)
    await late.chain.stop()
    const again = await peer([], late.file.octets)
    expect(again.groups.state()).to.deep.equal(late.groups.state())
    expect(again.groups.stateAt(503)).to.deep.equal(late.groups.stateAt(503))
    expect((await peer([], new Uint8Array([0, 0, 0, 2, 9, 9]))).groups.state(), 'a damaged file is no file').to.equal(undefined)
  })

  it('believes no state whose proof does not lead to the anchored root, and asks the next member', async () => {
    const liar = await peer(states.map((state) => ({ ...state, routers: state.routers.slice(1) })))
    const late = await peer([])
    let asked = 0
    const statesFrom = liar.groups.statesFrom.bind(liar.groups)
    Object.assign(liar.groups, {
      statesFrom: (epoch: number) => {
        asked++
        return statesFrom(epoch)
      }
    })
    await late.libp2p.dial(liar.libp2p.getMultiaddrs())
    late.replication.settle(504, 'not-provable')
    const open = (): number => late.libp2p.getConnections().flatMap(({ streams }) => streams.filter(({ protocol }) => protocol === STATE_PROTOCOL)).length
    await eventually('it asks', () => asked > 0)
    await eventually('it has been answered', () => open() === 0)
    expect(late.groups.state()).to.equal(undefined)
    const honest = await peer(states)
    await late.libp2p.dial(honest.libp2p.getMultiaddrs())
    await eventually('it has the true one', () => late.groups.state()?.epoch === 504, 30_000)
    expect(late.groups.state()).to.deep.equal(states[4])
  })

  it('gives what it cannot prove to nobody', async () => {
    const [unsure, late] = [await peer(states), await peer([])]
    unsure.replication.isEqual = false
    await late.libp2p.dial(unsure.libp2p.getMultiaddrs())
    const stream = await late.libp2p.dialProtocol(unsure.libp2p.getMultiaddrs(), STATE_PROTOCOL)
    const heard: number[] = []
    stream.addEventListener('message', ({ data }) => heard.push(data.byteLength))
    stream.send(new Uint8Array([4, 0, 0, 0, 0]))
    await new Promise((resolve) => stream.addEventListener('remoteCloseWrite', resolve))
    expect(
      heard.reduce((sum, octets) => sum + octets, 0),
      'the empty frame alone'
    ).to.equal(1)
  })
})
