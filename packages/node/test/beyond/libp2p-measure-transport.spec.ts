import '../../src/polyfill.ts'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { systemClock } from '@srwan/clock'
import { NotAuthorisedError, ms } from '@srwan/interface'
import type { Member, PeerIdText } from '@srwan/interface'
import { createIdentity } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { MAX_MEASURE_MESSAGE } from '@srwan/wire'
import { expect } from 'chai'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { createLibp2pMeasureTransport } from '../../src/beyond/libp2p-measure-transport.ts'
import type { MeasureTransport } from '../../src/beyond/measure-transport.ts'

interface End {
  readonly libp2p: Libp2p
  readonly transport: MeasureTransport
  readonly member: Member
}

describe('/srwan/measure/1 on libp2p', function () {
  this.timeout(30_000)
  const clock = systemClock()
  const strangers = new Set<PeerIdText>()
  const never = new AbortController().signal
  let asker: End
  let responder: End

  async function end(): Promise<End> {
    const identity = createIdentity()
    const libp2p = await createLibp2p({
      privateKey: identity.privateKey,
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionMonitor: { enabled: false }
    })
    const transport = createLibp2pMeasureTransport({
      libp2p,
      admitted: (peerId) => (strangers.has(peerId) ? Promise.reject(new NotAuthorisedError('no membership shown in time')) : Promise.resolve()),
      clock,
      logger: silentLogger().forComponent('test')
    })
    const multiaddrs = libp2p.getMultiaddrs().map(String)
    const descriptor = { peerId: identity.peerId, number: 1, datapathKey: new Uint8Array(32), endpoints: [], multiaddrs, geo: {}, roles: [] }
    return { libp2p, transport, member: { ...identity, name: 'end', prefixes: [], descriptor } }
  }

  beforeEach(async () => {
    strangers.clear()
    asker = await end()
    responder = await end()
  })
  afterEach(async () => {
    await asker.libp2p.stop()
    await responder.libp2p.stop()
  })

  it('dials, asks several times on one stream, and is told apart by its identity', async () => {
    const seen: PeerIdText[] = []
    await responder.transport.serve((from, request) => {
      seen.push(from)
      return Promise.resolve(request.map((octet) => octet + 1))
    })
    const answers = await asker.transport.exchange(responder.member, async ({ ask }) => [await ask(Uint8Array.of(1, 2)), await ask(Uint8Array.of(7))], never)
    expect(answers.map((answer) => [...answer])).to.deep.equal([[2, 3], [8]])
    expect(seen).to.deep.equal([asker.member.peerId, asker.member.peerId])
    await asker.transport.exchange(responder.member, ({ ask }) => ask(Uint8Array.of(1)), never)
    expect(asker.libp2p.getConnections(), 'one connection serves all').to.have.lengthOf(1)
  })

  it('answers nobody who has shown no membership', async () => {
    strangers.add(asker.member.peerId)
    let asked = 0
    await responder.transport.serve((_, request) => {
      asked++
      return Promise.resolve(request)
    })
    const outcome = await asker.transport
      .exchange(responder.member, ({ ask }) => ask(Uint8Array.of(1)), never)
      .then(
        () => 'answered',
        () => 'refused'
      )
    expect([outcome, asked]).to.deep.equal(['refused', 0])
  })

  it('ends a stream at a frame that is too long, and one after too many requests', async () => {
    await responder.transport.serve((_, request) => Promise.resolve(request.subarray(0, 1)))
    const outcome = (requests: number, length: number): Promise<string> =>
      asker.transport
        .exchange(
          responder.member,
          async ({ ask }) => {
            for (let k = 0; k < requests; k++) await ask(new Uint8Array(length))
          },
          never
        )
        .then(
          () => 'answered',
          () => 'refused'
        )
    expect(await outcome(16, 10)).to.equal('answered')
    expect(await outcome(17, 10)).to.equal('refused')
    expect(await outcome(1, MAX_MEASURE_MESSAGE + 1)).to.equal('refused')
    expect(await outcome(1, 10), 'the connection stays').to.equal('answered')
  })

  it('gives up on a router that does not answer when the caller does, and refuses after it was closed', async () => {
    await responder.transport.serve(() => new Promise(() => {}))
    const caller = new AbortController()
    const waiting = asker.transport
      .exchange(responder.member, ({ ask }) => ask(Uint8Array.of(1)), caller.signal)
      .then(
        () => 'answered',
        () => 'gave up'
      )
    clock.setTimeout(() => {
      caller.abort(new Error('enough'))
    }, ms(50))
    expect(await waiting).to.equal('gave up')
    await responder.transport.close()
    const later = await asker.transport
      .exchange(responder.member, ({ ask }) => ask(Uint8Array.of(1)), never)
      .then(
        () => 'answered',
        () => 'refused'
      )
    expect(later).to.equal('refused')
  })
})
