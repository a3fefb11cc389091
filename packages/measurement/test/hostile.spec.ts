import { expect } from 'chai'
import { seededRandom } from '@srwan/clock'
import { ms, sid } from '@srwan/interface'
import { MAX_PULSE, decodePulse, encodeFullColumn, encodePulse, sealPulse, signedOctets } from '@srwan/wire'
import type { Pulse } from '@srwan/wire'
import type { DropReason } from '../src/index.ts'
import { SimulatedGroup, fakeSignature } from './simulated-group.ts'
import type { SimulatedNode } from './simulated-group.ts'

const silentGroup = async (size = 4): Promise<{ group: SimulatedGroup; victim: SimulatedNode; other: SimulatedNode; heard: Uint8Array[] }> => {
  const group = new SimulatedGroup({ size, interval: 2000, seed: 5, delay: () => 20_000 })
  const [victim, other] = group.nodes as [SimulatedNode, SimulatedNode]
  const heard: Uint8Array[] = []
  victim.topicEvents.on('message', ({ data }) => {
    heard.push(data)
  })
  await group.start()
  await group.run(20_000)
  return { group, victim, other, heard }
}

const forge = (node: SimulatedNode, change: Partial<Pulse>): Uint8Array => {
  const unsigned = encodePulse({
    sender: node.sid,
    descriptorNumber: 1,
    counter: 4_000_000_000,
    fingerprint: 0,
    clockEpoch: node.clockEpoch,
    columnNumber: 0,
    root: new Uint8Array(32),
    badNews: false,
    body: { kind: 'none', data: new Uint8Array(0) },
    ...change
  })
  return sealPulse(unsigned, fakeSignature(node.member.peerId, signedOctets('srwan-pulse', 'test', unsigned)))
}

describe('hostile input', () => {
  it('a member that says one thing to some and another to others is found by whoever hears both, in any order; a replay is not', async () => {
    const { group, victim, other, heard } = await silentGroup()
    const [, , third] = group.nodes as [SimulatedNode, SimulatedNode, SimulatedNode]
    const last = heard.filter((data) => decodePulse(data).pulse.sender === other.sid).at(-1) as Uint8Array
    const { pulse } = decodePulse(last)
    expect(pulse.columnNumber).to.be.above(0)
    victim.topicEvents.emit('message', { data: last })
    const lie = { ...pulse, root: new Uint8Array(32).fill(9), body: { kind: 'none' as const, data: new Uint8Array(0) } }
    const forged = forge(other, lie)
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    victim.topicEvents.emit('message', { data: forged })
    await group.run(100)
    expect(victim.measurement.contradictions(), 'what nobody signed').to.deep.equal([])
    // The same counter, and it comes late; then one column under a later counter, and it comes first.
    const late = forge(other, lie)
    victim.topicEvents.emit('message', { data: late })
    const next = forge(other, { ...lie, counter: pulse.counter + 1 })
    third.topicEvents.emit('message', { data: next })
    await group.run(100)
    expect(victim.measurement.contradictions()).to.deep.equal([{ router: other.sid, messages: [last, late] }])
    expect(third.measurement.contradictions().map(({ router, messages: [, second] }) => [router, second])).to.deep.equal([[other.sid, next]])
    expect(victim.measurement.drops()).to.include({ pulseContradictory: 1 })
    victim.topicEvents.emit('message', { data: forge(other, { ...lie, badNews: true }) })
    await group.run(100)
    expect(victim.measurement.contradictions(), 'the first is kept').to.have.lengthOf(1)
    await group.run(10_000)
    expect(
      group.nodes.flatMap((node) => node.measurement.contradictions().map(({ router }) => router)),
      'nobody honest is accused'
    ).to.deep.equal([other.sid, other.sid])
  })

  it('unsigned, unknown, replayed, oversized, malformed and foreign pulses are dropped, each under its own name', async () => {
    const { group, victim, other, heard } = await silentGroup()
    const before = victim.measurement.current()
    const dropsBefore = victim.measurement.drops()
    const flipped = Uint8Array.from(forge(other, { counter: 4_000_000_001 }))
    flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 1
    const unsigned = encodePulse(decodePulse(forge(other, {})).pulse)
    const messages = [
      flipped,
      sealPulse(unsigned, fakeSignature(other.member.peerId, signedOctets('srwan-pulse', 'another-network', unsigned))),
      forge(other, { sender: sid('1234567812345678') }),
      forge(other, { descriptorNumber: 0 }),
      new Uint8Array(MAX_PULSE + 1),
      new Uint8Array(100),
      ...heard.filter((data) => decodePulse(data).pulse.sender === other.sid).slice(0, 3)
    ]
    for (const data of messages) victim.topicEvents.emit('message', { data })
    await group.run(100)
    const dropped = Object.fromEntries(Object.entries(victim.measurement.drops()).map(([reason, count]) => [reason, count - (dropsBefore[reason as DropReason] ?? 0)]))
    expect(dropped).to.include({ pulseBadSignature: 2, pulseUnknownSender: 1, pulseReplayed: 4, pulseOversized: 1, pulseMalformed: 1 })
    expect(victim.measurement.current().cells.map((row) => row.map((cell) => cell?.oneWayDelay === undefined))).to.deep.equal(
      before.cells.map((row) => row.map((cell) => cell?.oneWayDelay === undefined))
    )
    await group.stop()
  })

  it('a flood of pulses costs a bounded number of signature checks', async () => {
    const { group, victim, other } = await silentGroup()
    for (let i = 0; i < 5000; i++) {
      const message = forge(other, { counter: 3_000_000_000 + i })
      message[message.length - 1] = (message.at(-1) ?? 0) ^ 1
      victim.topicEvents.emit('message', { data: message })
    }
    await group.run(100)
    expect(victim.measurement.drops().pulseRateLimited).to.be.at.least(4700)
    await group.stop()
  })

  it('random octets on every channel change nothing and raise nothing', async () => {
    const { group, victim, other } = await silentGroup()
    const random = seededRandom(11)
    for (let i = 0; i < 3000; i++) {
      const data = random.bytes(Math.floor(random.next() * 1000))
      data[0] = Math.floor(random.next() * 3)
      victim.events.emit('datagram', { from: other.sid, payload: data })
      victim.topicEvents.emit('message', { data: data.subarray(0, 280) })
    }
    await group.run(4000)
    expect(victim.measurement.current().cells.flatMap((row, i) => row.filter((cell, j) => i !== j && cell?.oneWayDelay === undefined))).to.deep.equal([])
    await group.stop()
  })

  it('a column for another number of members, and a column of one who is not a member, are refused', async () => {
    const { group, victim, other } = await silentGroup()
    const columns = (octets: Uint8Array, from: SimulatedNode['sid']): void => {
      victim.events.emit('datagram', { from, payload: octets })
    }
    const octets = encodeFullColumn({
      number: 1,
      fingerprint: victim.roster().fingerprint,
      clockEpoch: other.clockEpoch,
      base: 0,
      cells: [{ delay: undefined, rate: 0 as never, loss: undefined, ipdv: undefined, senderEpoch: 0, age: 0 }]
    })
    columns(octets, other.sid)
    columns(octets, sid('1234567812345678'))
    expect(victim.measurement.drops()).to.include({ columnMalformed: 1, columnUnknownSender: 1 })
    await group.stop()
  })

  it('requests for the full column are answered at most twice in an interval', async () => {
    const { group, victim, other } = await silentGroup()
    const before = victim.measurement.traffic().columns.sentOctets
    for (let i = 0; i < 100; i++) {
      victim.events.emit('datagram', { from: other.sid, payload: Uint8Array.of(1, 0, 0, 0, 0, 0) })
      await group.run(20)
    }
    expect((victim.measurement.traffic().columns.sentOctets - before) / 43).to.be.within(1, 3)
    await group.stop()
  })

  it('a member that lies about a column shows in the evidence', async () => {
    const { group, victim, other } = await silentGroup(3)
    expect(victim.measurement.evidence()).to.deep.equal([])
    const index = (node: SimulatedNode): number => group.nodes.indexOf(node)
    const honest = victim.measurement.current().cells
    const cells = group.nodes
      .filter((node) => node !== other)
      .map((node) => ({
        delay: ((honest[index(node)]?.[index(other)]?.oneWayDelay ?? 0) - 15_000) as never,
        rate: 0 as never,
        loss: undefined,
        ipdv: undefined,
        senderEpoch: node.clockEpoch & 15,
        age: 0
      }))
    const octets = encodeFullColumn({
      number: (victim.seen.get(other.sid) ?? 0) + 1,
      fingerprint: victim.roster().fingerprint,
      clockEpoch: other.clockEpoch,
      base: Number(BigInt.asUintN(32, group.clockNow(other) / 1_000_000n)),
      cells
    })
    victim.events.emit('datagram', { from: other.sid, payload: octets })
    const [finding] = victim.measurement.evidence()
    expect(finding).to.include({ kind: 'round-trip' })
    expect(finding?.excessMs).to.be.closeTo(15, 1)
    await group.stop()
  })

  it('start is refused under an aborted signal, stop can be repeated', async () => {
    const group = new SimulatedGroup({ size: 2, interval: 2000, seed: 5, delay: () => 1000 })
    const [node] = group.nodes as [SimulatedNode]
    const error = await node.measurement.start(AbortSignal.abort(new Error('enough'))).then(
      () => undefined,
      (reason: unknown) => reason
    )
    expect(error).to.have.property('message', 'enough')
    await node.measurement.start()
    await node.measurement.stop()
    await node.measurement.stop()
    await group.clock.advance(ms(10_000))
    expect(node.measurement.traffic().pulses.sentOctets).to.equal(0)
  })
})
