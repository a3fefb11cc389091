import { seededRandom } from '@srwan/clock'
import { ms } from '@srwan/interface'
import type { DatapathEvents, PathDecision } from '@srwan/interface'
import { decodeEnvelope, decodeGroupColumn, encodeEnvelope, encodeGroupColumn, decodeMeasureReply, encodeMeasureReply, encodeMeasureRequest, signedOctets } from '@srwan/wire'
import { expect } from 'chai'
import { LEASE_TIME, MAX_OF_ASKER } from '../../src/beyond/constants.ts'
import type { MeasureHandler } from '../../src/beyond/measure-transport.ts'
import { createThreeGroupWan } from './three-group-wan.ts'
import type { ThreeGroupWan, WanNode } from './three-group-wan.ts'

const GROUPS = 3
const SPREAD_MS = 100

/** One-way delays on a plane; every third link takes a detour, and the two ways of each differ by up to a tenth. */
function detouredPlane(routers: number, seed: number): number[][] {
  const random = seededRandom(seed)
  const places = Array.from({ length: routers }, () => [random.next() * SPREAD_MS, random.next() * SPREAD_MS] as const)
  const delays = places.map(() => new Array<number>(routers).fill(0))
  for (let i = 0; i < routers; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [places[i] as readonly [number, number], places[j] as readonly [number, number]]
      const delay = (2 + Math.hypot(a[0] - b[0], a[1] - b[1])) * (random.next() < 1 / 3 ? 1.6 + random.next() : 1 + random.next() / 10)
      const asymmetry = (random.next() - 0.5) / 10
      ;(delays[i] as number[])[j] = delay * (1 + asymmetry)
      ;(delays[j] as number[])[i] = delay * (1 - asymmetry)
    }
  }
  return delays
}

/** Shortest paths over any number of transits. */
function optima(delays: readonly (readonly number[])[]): number[][] {
  const best = delays.map((row) => [...row])
  const all = [...delays.keys()]
  for (const k of all) for (const i of all) for (const j of all) (best[i] as number[])[j] = Math.min(best[i]?.[j] ?? 0, (best[i]?.[k] ?? 0) + (best[k]?.[j] ?? 0))
  return best
}

describe('three groups', function () {
  this.timeout(240_000)
  let wan: ThreeGroupWan

  const build = async (groupSize: number): Promise<void> => {
    wan = await createThreeGroupWan({ delays: detouredPlane(GROUPS * groupSize, 5), groupSize, seed: 5 })
    await wan.clock.advance(60_000)
  }
  afterEach(async () => {
    await wan.stop()
  })

  const node = (index: number): WanNode => wan.nodes[index] as WanNode
  const decide = (from: number, to: number): Promise<PathDecision> => wan.clock.runUntil(node(from).headend.decide(node(to).member.sid, 'latency', { fresh: true }))

  it('every router knows its round trip to every landmark, and those of its group', async () => {
    await build(4)
    for (const { beyond, index } of wan.nodes) {
      const { landmarks, vector } = beyond.landmarks()
      expect(landmarks).to.deep.equal(node(0).beyond.landmarks().landmarks)
      vector.forEach((trip, k) => {
        const landmark = wan.indexOf(landmarks[k] as never)
        const truth = landmark === index ? 0 : (wan.delays[index]?.[landmark] ?? 0) + (wan.delays[landmark]?.[index] ?? 0)
        expect(trip, `router ${index}, landmark ${landmark}`).to.be.closeTo(truth, 0.1)
      })
      const digest = beyond.digest()
      expect(digest?.members).to.have.lengthOf(4)
      expect(digest?.vectors.flat().every((trip) => trip !== undefined)).to.equal(true)
    }
    expect(wan.nodes.filter(({ beyond }) => beyond.isReporter())).to.have.lengthOf(9)
  })

  it('of eight: paths to other groups are within 1.10 of the true optimum at the median and 1.25 at p95, and never worse than the default path', async () => {
    await build(8)
    const best = optima(wan.delays)
    const ratios: number[] = []
    for (const { index, group } of wan.nodes) {
      for (const other of wan.nodes.filter((one) => one.group !== group && (one.index + index) % 8 === 0)) {
        const { forward, reverse } = await decide(index, other.index)
        for (const [from, to, list] of [[index, other.index, forward.active] as const, [other.index, index, reverse.active] as const]) {
          const chosen = wan.trueDelay(from, list)
          expect(chosen).to.be.at.most((wan.delays[from]?.[to] ?? 0) + 0.5)
          ratios.push(chosen / (best[from]?.[to] ?? NaN))
        }
      }
    }
    ratios.sort((a, b) => a - b)
    const [median, p95] = [0.5, 0.95].map((q) => ratios[Math.floor(q * (ratios.length - 1))] ?? NaN)
    expect(ratios.length).to.be.at.least(90)
    expect(median).to.be.at.most(1.1)
    expect(p95).to.be.at.most(1.25)
    expect(wan.nodes.filter(({ headend }) => headend.improvedCount > 0).length).to.be.at.least(8)
  })

  it('what is decided carries data, there and back', async () => {
    await build(4)
    const relayed = await firstRelayed()
    const { headend, to, decision } = relayed
    const arrived: DatapathEvents['demand'][] = []
    headend.datapath.on('demand', (event) => arrived.push(event))
    headend.datapath.sendData(node(to).member.sid, 400)
    await wan.clock.advance(3000)
    const session = headend.datapath.sessions().find(({ egress, role }) => egress === node(to).member.sid && role === 'ingress')
    expect(session?.active?.forward).to.deep.equal(decision.forward.active)
    expect(node(to).datapath.counters().tunTxPackets).to.be.above(0)
  })

  it('leases end when nobody asks any more, and with them the policy', async () => {
    await build(4)
    await decide(0, 10)
    const egress = node(10).member.sid
    expect(
      node(0)
        .beyond.current()
        .map(({ sid }) => sid)
    ).to.include(egress)
    expect(
      node(10)
        .beyond.current()
        .map(({ sid }) => sid)
    ).to.include(node(0).member.sid)
    await wan.clock.advance(2 * LEASE_TIME)
    expect(
      node(0)
        .beyond.current()
        .map(({ sid }) => sid),
      'renewed while it is held'
    ).to.include(egress)
    await wan.clock.advance(900_000 + LEASE_TIME)
    expect(node(0).beyond.current()).to.deep.equal([])
    expect(node(10).beyond.current()).to.deep.equal([])
    expect(node(0).headend.decision(egress, 'latency')).to.equal(undefined)
  })

  it('a column changed on the way, or under the name of another, is not used', async () => {
    await build(4)
    for (const liar of [8, 9, 11]) wan.tamper(liar, (handler) => understate(handler, liar, false))
    await decide(0, 10)
    expect(node(0).beyond.findings()).to.deep.equal([])
    expect(node(0).beyond.drops().columnForged).to.be.above(0)
  })

  it('members that lie about a column under their own signature are found out against the router itself, and gain no traffic', async () => {
    await build(4)
    for (const liar of [8, 9, 11]) wan.tamper(liar, (handler) => understate(handler, liar, true))
    const { forward } = await decide(0, 10)
    const [finding] = node(0).beyond.findings()
    expect(finding?.router).to.equal(node(10).member.sid)
    expect(finding?.responders).to.include(node(10).member.peerId)
    expect(finding?.differences.length).to.be.above(0)
    expect(wan.trueDelay(0, forward.active)).to.be.at.most((wan.delays[0]?.[10] ?? 0) + 0.5)
  })

  it('asks others for the column where the egress does not tell it, reaches it for as long as a lease lasts, and says so where there is none', async () => {
    await build(4)
    for (const silent of [8, 9, 11]) wan.silence(silent)
    const { forward } = await decide(0, 10)
    expect(forward.candidates.map(({ segments }) => segments.length)).to.include(1)
    wan.silence(10)
    const again = await decide(0, 10)
    expect(
      again.forward.candidates.map(({ segments }) => segments.length),
      'the lease lasts'
    ).to.include(1)
    const refused = await wan.clock.runUntil(
      node(4)
        .headend.decide(node(10).member.sid, 'latency')
        .then(String, (error: { code: string }) => error.code)
    )
    expect(refused).to.equal('ERR_NO_CANDIDATE_PATH')
  })

  it('gives no more leases than its limits, whoever asks for whatever', async () => {
    await build(4)
    const { beyond } = node(0)
    const asker = node(4).member.peerId
    const ask = async (guests: readonly number[]): Promise<readonly string[]> => {
      const request = encodeMeasureRequest({ kind: 'lease', guests: guests.map((guest) => node(guest).member.peerId) })
      return decodeMeasureReply(await wan.clock.runUntil(wan.ask(4, 0, request))).granted
    }
    expect(await ask([4, 5, 6, 7, 8])).to.have.lengthOf(5)
    expect(await ask([9, 10, 11])).to.have.lengthOf(3)
    expect(beyond.current().length, `given to ${asker}`).to.equal(MAX_OF_ASKER)
    const flood = await wan.clock.runUntil(Promise.all(Array.from({ length: 60 }, () => wan.ask(4, 0, encodeMeasureRequest({ kind: 'echo' })))))
    expect(flood.filter((reply) => decodeMeasureReply(reply).refusal !== '').length).to.be.at.least(15)
    expect(decodeMeasureReply(await wan.clock.runUntil(wan.ask(5, 0, encodeMeasureRequest({ kind: 'echo' })))).refusal, 'others are not affected').to.equal('')
    expect(beyond.drops().requestRateLimited).to.be.above(0)
    expect(decodeMeasureReply(await wan.clock.runUntil(wan.ask(6, 0, Uint8Array.of(255, 255)))).refusal).to.equal('malformed request')
  })

  async function firstRelayed(): Promise<{ headend: WanNode; to: number; decision: PathDecision }> {
    for (const headend of wan.nodes) {
      for (const other of wan.nodes.filter(({ group }) => group !== headend.group)) {
        const decision = await decide(headend.index, other.index)
        if (decision.forward.active.length > 1) return { headend, to: other.index, decision }
      }
    }
    throw new Error('no pair is better off with a relay')
  }

  /** Says of the liar that it is next to the router, and of everybody else that it is far. */
  function understate(handler: MeasureHandler, liar: number, isSigned: boolean): MeasureHandler {
    return async (from, request) => {
      const reply = decodeMeasureReply(await handler(from, request))
      if (reply.column.length === 0) return encodeMeasureReply(reply)
      const envelope = decodeEnvelope(reply.column)
      const column = decodeGroupColumn('three-groups', envelope.payload)
      const { member, signer } = node(liar)
      const payload = encodeGroupColumn('three-groups', { ...column, trips: column.members.map((sid) => (sid === member.sid ? ms(1) : ms(200))) })
      const signature = isSigned ? await signer.sign(signedOctets('srwan-measure', 'three-groups', payload)) : envelope.signature
      return encodeMeasureReply({ ...reply, column: encodeEnvelope({ ...envelope, payload, signature }) })
    }
  }
})
