import '../src/polyfill.ts'
import { expect } from 'chai'
import { systemClock, systemRandom } from '@srwan/clock'
import { MemoryEntryStore, createReplica, queryCodec, querySource, withoutProofs } from '@srwan/ditex'
import { verifyDocument } from '@srwan/ditex/query'
import { ms } from '@srwan/interface'
import { createIdentity, createOrganisation } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { askExchange } from '../src/ditex/ask-exchange.ts'
import { memberConnections } from '../src/directory/member-connections.ts'
import { createExchange } from '../src/ditex/exchange.ts'
import { MAX_UNKNOWN_CONNECTIONS, refuseRefused } from '../src/membership-gate.ts'
import { RefusalList } from '../src/refusal-list.ts'
import type { RosterService } from '../src/roster/roster-service.ts'
import { eventually } from './test-network.ts'
import { writtenLog } from './ditex/written-log.ts'
import { DESCRIPTOR, createTestStack } from './test-stack.ts'
import type { Exchange } from '../src/ditex/exchange.ts'
import type { NetworkStack } from '../src/network-stack.ts'
import type { Replica } from '@srwan/ditex'
import type { AuthorRoster, Clock, Startable } from '@srwan/interface'
import type { Identity } from '@srwan/membership'

const NETWORK = 'exchange-test'
const EPOCH_LENGTH = ms(3_600_000)
const clock = systemClock()
/** Stands still, so that no budget grows while a slow machine asks; timers go on. */
const standing: Clock = {
  now: () => ms(0),
  wallTime: () => clock.wallTime(),
  setTimeout: (...timer) => clock.setTimeout(...timer),
  setInterval: (...timer) => clock.setInterval(...timer),
  sleep: async (...pause) => {
    await clock.sleep(...pause)
  }
}
const organisation = createOrganisation()
const never = new AbortController().signal
const everyone: AuthorRoster = { isAuthor: () => true, authors: () => [], groupOf: () => 0, position: () => new Uint8Array(32) }

interface Holder {
  readonly identity: Identity
  readonly stack: NetworkStack
  readonly roster: RosterService
  readonly exchange: Exchange & Startable
  readonly replica: Replica
  readonly address: string
  readonly stop: () => Promise<void>
}

/** libp2p, roster, replica and exchange of a node. */
async function holder(readers: 'anyone' | 'members', entries: readonly Uint8Array[]): Promise<Holder> {
  const logger = silentLogger()
  const { identity, stack, roster } = await createTestStack({ id: NETWORK, organisation })
  const replica = createReplica({ clock, random: systemRandom(), logger, roster: everyone, store: new MemoryEntryStore() }, { network: NETWORK, epochLength: EPOCH_LENGTH })
  await replica.start()
  await replica.offer(entries)
  const exchange = createExchange(
    {
      source: querySource(replica, EPOCH_LENGTH),
      accepted: replica,
      codec: queryCodec,
      proofs: withoutProofs,
      anchors: () => [],
      libp2p: stack,
      connect: memberConnections({ libp2p: stack, roster, directory: { locate: () => Promise.resolve(undefined) }, clock }),
      admissions: roster,
      clock: standing,
      random: systemRandom(),
      logger
    },
    { network: NETWORK, self: identity.peerId, readers }
  )
  await roster.load()
  await roster.start()
  await stack.start()
  await exchange.start()
  await roster.announce(DESCRIPTOR)
  const address = stack.getMultiaddrs()[0]?.toString() ?? ''
  const stop = async (): Promise<void> => {
    await exchange.stop()
    await roster.stop()
    await stack.stop()
    await replica.stop()
  }
  return { identity, stack, roster, exchange, replica, address, stop }
}

describe('the exchange over libp2p', function () {
  this.timeout(30_000)
  let nodes: Holder[] = []
  const author = createIdentity()
  let entries: Uint8Array[]

  before(async () => {
    const epoch = Math.floor(clock.wallTime() / EPOCH_LENGTH)
    entries = (await writtenLog(author, { network: NETWORK, epoch }, 21)).map(({ encoded }) => encoded)
  })
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.stop()))
    nodes = []
  })
  const start = async (...inits: readonly ['anyone' | 'members', readonly Uint8Array[]][]): Promise<Holder[]> => {
    nodes = await Promise.all(inits.map(([readers, held]) => holder(readers, held)))
    return nodes
  }
  const codeOf = async (asked: Promise<unknown>): Promise<unknown> =>
    asked.then(
      () => 'answered',
      (error: unknown) => (error as { code?: unknown }).code
    )

  it('answers a stranger alike from every peer, octet for octet', async () => {
    await start(['anyone', entries], ['anyone', entries])
    const said = await askExchange(
      nodes.map(({ address }) => address),
      { kind: 'listing', limit: 7 },
      never
    )
    expect(said.map(({ answer }) => answer?.entries.length)).to.deep.equal([7, 7])
    expect(said[0]?.answer).to.deep.equal(said[1]?.answer)
  })

  it('refuses a stranger where only members may read, and closes its connection when it shows no membership', async () => {
    const [node] = (await start(['members', entries])) as [Holder]
    expect(await codeOf(askExchange([node.address], {}, never))).to.equal('ERR_NOT_AUTHORISED')
    await eventually('no connection is left', () => node.stack.getConnections().length === 0)
  })

  it('says what is wrong with a question, and which peer cannot be reached', async () => {
    const [node] = (await start(['anyone', entries])) as [Holder]
    expect(await codeOf(askExchange([node.address], { at: 5 }, never))).to.equal('ERR_INVALID_INPUT')
    expect(await codeOf(askExchange([node.address.replace(/tcp\/\d+/, 'tcp/1')], {}, never))).to.equal('ERR_PEER_UNREACHABLE')
  })

  it('turns a stranger away that asks without end, while a member is answered', async () => {
    const [node, member] = (await start(['anyone', entries], ['anyone', entries])) as [Holder, Holder]
    await member.stack.dial(node.stack.getMultiaddrs())
    await eventually('the member is admitted', () => node.roster.isAdmitted(member.identity.peerId) && member.roster.isAdmitted(node.identity.peerId))
    const said = await askExchange(Array(90).fill(node.address) as string[], { limit: 1 }, never)
    expect(said.filter(({ answer }) => answer !== undefined).length).to.be.within(30, 80)
    expect(said.filter(({ error }) => error === 'too many questions').length).to.be.greaterThan(10)
    expect(node.exchange.counts().refused).to.be.greaterThan(10)
    const document = await member.exchange.query({ kind: 'listing' }, 2, never)
    expect(document.completeness).to.deep.include({ checked: true })
    expect(document.completeness.peers.map(({ peer, missing }) => [peer, missing])).to.deep.equal([
      [member.identity.peerId, 0],
      [node.identity.peerId, 0]
    ])
  })

  it('shows what a peer leaves out, and the answer verifies', async () => {
    const [node, member] = (await start(['anyone', entries], ['anyone', entries.slice(0, 11)])) as [Holder, Holder]
    await member.stack.dial(node.stack.getMultiaddrs())
    await eventually('the member is admitted', () => member.roster.isAdmitted(node.identity.peerId))
    const document = await member.exchange.query({ kind: 'listing' }, 2, never)
    expect(document.completeness.peers.map(({ missing }) => missing)).to.deep.equal([10, 0])
    expect(document.entries).to.have.length(20)
    expect(verifyDocument(queryCodec, JSON.parse(JSON.stringify(document)), { network: NETWORK }).ok).to.equal(true)
  })

  it('tells entries as they are accepted', async () => {
    const [node] = (await start(['anyone', entries.slice(0, 5)])) as [Holder]
    const stop = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { key } of node.exchange.follow({ kind: 'listing', where: [{ field: ['price'], operator: '>', value: 6 }] }, stop.signal))
        if (seen.push(key) === 2) stop.abort()
    })()
    await node.replica.offer(entries.slice(5, 9))
    await following
    expect(seen).to.deep.equal(['7', '8'])
  })

  it('keeps room for members: connections of unknown peers end at their number', async () => {
    const [node, member] = (await start(['anyone', entries], ['anyone', entries])) as [Holder, Holder]
    const gate = refuseRefused(new RefusalList(clock), { includes: (name) => name !== member.identity.peerId, count: () => MAX_UNKNOWN_CONNECTIONS })
    const denied = async (peer: string): Promise<unknown> => gate.denyInboundEncryptedConnection?.({ toString: () => peer } as never, undefined as never)
    expect([await denied(author.peerId), await denied(member.identity.peerId)]).to.deep.equal([true, false])
    await member.stack.dial(node.stack.getMultiaddrs())
    await eventually('the member is admitted', () => node.roster.isAdmitted(member.identity.peerId))
  })

  it('survives frames that are no question', async () => {
    const [node] = (await start(['anyone', entries])) as [Holder]
    const other = await holder('anyone', [])
    nodes = [...nodes, other]
    const { multiaddr } = await import('@multiformats/multiaddr')
    const { lpStream } = await import('@libp2p/utils')
    for (const frame of [Uint8Array.of(), Uint8Array.of(0xff), new Uint8Array(4096).fill(0x81)]) {
      const stream = await other.stack.dialProtocol(multiaddr(node.address), '/srwan/ditex/query/1')
      const frames = lpStream(stream)
      await frames.write(frame)
      expect((await frames.read()).length).to.be.greaterThan(0)
      stream.abort(new Error('done'))
    }
    const big = lpStream(await other.stack.dialProtocol(multiaddr(node.address), '/srwan/ditex/query/1'))
    await big.write(new Uint8Array(5000)).catch(() => {})
    expect(await big.read().catch(() => 'closed')).to.equal('closed')
    expect(await codeOf(askExchange([node.address], { limit: 1 }, never))).to.equal('answered')
  })
})
