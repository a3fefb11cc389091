import { seededRandom } from '@srwan/clock'
import { expect } from 'chai'
import { SimulatedNetwork } from './simulated-network.ts'
import type { LogScope } from '@srwan/interface'
import type { SimulatedNode } from './simulated-network.ts'

const NODES = 10
const STEP = 200
const SECONDS = 16
const EPOCH_LENGTH = 3_600_000
/** 8 Mbit/s. */
const OCTETS_PER_SECOND = 1_000_000
/** Of the flooder: all that its three logs of an epoch hold. A quota of 64 and one each 4 s allows it 69 in the time; this is eleven times as much. */
const FLOOD: readonly (readonly [LogScope, number])[] = [
  ['global', 250],
  ['evidence', 250],
  ['group', 250]
]
const TOGETHER = 10
const SIZE = 1500

/** How long what honest authors say takes to each other honest node, in ms of the virtual clock, ascending; and how much of the flood came by gossip. */
async function delays(flooded: boolean): Promise<{ readonly times: readonly number[]; readonly muted: number; readonly expected: number }> {
  const network = new SimulatedNetwork({ nodes: NODES, epochLength: EPOCH_LENGTH, octetsPerSecond: OCTETS_PER_SECOND })
  const [flooder, ...honest] = network.nodes as [SimulatedNode, ...SimulatedNode[]]
  const random = seededRandom(7)
  const saidAt = new Map<string, number>()
  const times: number[] = []
  for (const { replica, signer } of honest) {
    replica.on('accepted', ({ signed }) => {
      const at = saidAt.get(`${signed.author}/${signed.entry.seq}`)
      if (at !== undefined && signed.author !== signer.peerId) times.push(network.clock.now() - at)
    })
  }
  await network.start()
  const flood = FLOOD.flatMap(([scope, count]) => Array.from({ length: count / TOGETHER }, () => scope))
  let expected = 0
  for (let step = 0; step < (SECONDS * 1000) / STEP; step++) {
    const scope = flood[step]
    if (flooded && scope !== undefined)
      await network.write(
        flooder,
        Array.from({ length: TOGETHER }, (_, i) => ({ key: `${step}/${i}`, body: 'x'.repeat(SIZE) })),
        scope
      )
    const author = honest[Math.floor(random.next() * honest.length)] ?? flooder
    const seq = author.log.length === 0 ? 1 : author.log.length
    saidAt.set(`${author.signer.peerId}/${seq}`, network.clock.now())
    await network.write(author, [{ key: 'said', body: step }])
    expected += honest.length - 1
    await network.clock.advance(STEP)
  }
  await network.clock.advance(30_000)
  const muted = honest.reduce((sum, { replication }) => sum + replication.status().gossip.muted, 0)
  await network.stop()
  return { times: times.sort((one, other) => one - other), muted, expected }
}

describe('a flooding author', function () {
  this.timeout(120_000)

  it('at eleven times its quota delays what others say by no more than some tens of milliseconds, exchanges included', async () => {
    const [calm, flooded] = [await delays(false), await delays(true)]
    for (const { times, expected } of [calm, flooded]) expect(times).to.have.length(expected)
    expect(calm.muted).to.equal(0)
    expect(flooded.muted).to.be.above(0)
    const quantile = (times: readonly number[], share: number): number => times[Math.floor(share * (times.length - 1))] ?? Number.NaN
    for (const [share, more] of [
      [0.5, 40],
      [0.9, 100],
      // These are what gossip missed and exchanges bring.
      [0.99, 1000]
    ] as const)
      expect(quantile(flooded.times, share), `the ${share} quantile of delays`).to.be.below(quantile(calm.times, share) + more)
  })
})
