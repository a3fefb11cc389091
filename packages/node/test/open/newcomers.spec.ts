import { createVirtualClock, seededRandom } from '@srwan/clock'
import { ms, peerIdText } from '@srwan/interface'
import { createIdentity } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { expect } from 'chai'
import { Newcomers } from '../../src/roster/newcomers.ts'
import type { VirtualClock } from '@srwan/clock'
import type { Member, PeerIdText } from '@srwan/interface'
import type { NewcomersComponents } from '../../src/roster/newcomers.ts'
import type { RosterEntry } from '../../src/roster/roster-entry.ts'

const random = seededRandom(11)

function memberAt(address: string, peerId = createIdentity(random).peerId): Member {
  return { peerId, descriptor: { number: 1, endpoints: [{ address, port: 1 }], multiaddrs: [`/ip4/${address}/tcp/1/p2p/${peerId}`], geo: {} } } as unknown as Member
}

const entryOf = (member: Member): RosterEntry => ({ member }) as unknown as RosterEntry

/** Newcomers over a network in memory, where only some addresses answer. */
class Meetings {
  readonly clock: VirtualClock = createVirtualClock()
  readonly admitted: PeerIdText[] = []
  readonly dialled: { readonly to: string; readonly at: number }[] = []
  readonly answering = new Set<string>()
  readonly open: { status: string; remotePeer: PeerIdText; remoteAddr: string }[] = []
  connected: readonly Member[] = []
  readonly newcomers: Newcomers

  constructor() {
    const libp2p = {
      dial: async (addresses: unknown) => {
        const to = String(addresses)
        this.dialled.push({ to, at: this.clock.now() })
        if (!this.answering.has(to)) throw new Error('refused')
      },
      getConnections: () => this.open
    } as unknown as NewcomersComponents['libp2p']
    const logger = silentLogger().forComponent('t')
    this.newcomers = new Newcomers({ libp2p, clock: this.clock, logger, connected: () => this.connected, admit: ({ member }) => this.admitted.push(member.peerId) })
  }
}

const TELLER = createIdentity(random).peerId

describe('whose address is proven in an open network', function () {
  this.timeout(30_000)
  it('who answers at the address that it names; whoever does not is forgotten after three dials', async () => {
    const meetings = new Meetings()
    const [real, invented] = [memberAt('192.0.2.1'), memberAt('203.0.113.1')]
    meetings.answering.add(real.descriptor.multiaddrs[0] ?? '')
    for (const member of [invented, real]) meetings.newcomers.told(entryOf(member), TELLER)
    await meetings.clock.advance(ms(1000))
    expect(meetings.admitted).to.deep.equal([real.peerId])
    await meetings.clock.advance(ms(120_000))
    expect(meetings.admitted).to.deep.equal([real.peerId])
    expect(meetings.dialled.filter(({ to }) => to === invented.descriptor.multiaddrs[0])).to.have.lengthOf(3)
    expect(meetings.newcomers.size).to.equal(0)
  })

  it('who is connected from there already, without a dial; a connection from elsewhere proves nothing', async () => {
    const meetings = new Meetings()
    const [here, elsewhere] = [memberAt('192.0.2.1'), memberAt('203.0.113.1')]
    meetings.open.push({ status: 'open', remotePeer: here.peerId, remoteAddr: '/ip4/192.0.2.1/tcp/40000' })
    meetings.open.push({ status: 'open', remotePeer: elsewhere.peerId, remoteAddr: '/ip4/192.0.2.9/tcp/40000' })
    expect(await meetings.newcomers.prove(entryOf(here))).to.equal(true)
    expect(meetings.dialled).to.deep.equal([])
    expect(await meetings.newcomers.prove(entryOf(elsewhere))).to.equal(false)
    expect(meetings.dialled).to.have.lengthOf(1)
  })

  it('never dials an address other than the counted one', async () => {
    const meetings = new Meetings()
    const member = memberAt('192.0.2.1')
    const lying = { ...member, descriptor: { ...member.descriptor, multiaddrs: [`/ip4/198.51.100.7/tcp/25/p2p/${member.peerId}`] } }
    expect(await meetings.newcomers.prove(entryOf(lying))).to.equal(false)
    expect(meetings.dialled).to.deep.equal([])
  })

  it('counts on the word of more than half of the connected members, of three networks at least', async () => {
    const meetings = new Meetings()
    const members = ['10.1.1.1', '10.1.1.2', '10.1.2.1', '10.1.3.1', '10.1.4.1', '10.1.5.1'].map((address) => memberAt(address))
    meetings.connected = members
    const newcomer = memberAt('203.0.113.1')
    const tells = (...tellers: readonly number[]): void => {
      for (const teller of tellers) meetings.newcomers.told(entryOf(newcomer), members[teller]?.peerId ?? TELLER)
    }
    tells(0, 1, 2)
    expect(meetings.admitted, 'half of them, of two networks').to.deep.equal([])
    tells(3)
    expect(meetings.admitted, 'four of six, of three networks').to.deep.equal([newcomer.peerId])
    meetings.connected = members.slice(0, 3)
    const other = memberAt('203.0.113.2')
    for (const { peerId } of meetings.connected) meetings.newcomers.told(entryOf(other), peerId)
    expect(meetings.admitted, 'all three, of two networks').to.deep.equal([newcomer.peerId])
  })

  it('a flood of names takes bounded memory and a bounded rate of dials, and leaves room for what others tell', async () => {
    const meetings = new Meetings()
    for (let i = 0; i < 128; i++) meetings.newcomers.told(entryOf(memberAt(`10.1.${i}.1`)), TELLER)
    for (let i = 0; i < 3000; i++) meetings.newcomers.told(entryOf(memberAt('10.2.0.1', peerIdText(`more ${i}`))), TELLER)
    expect(meetings.newcomers.size).to.equal(128)
    const real = memberAt('192.0.2.1')
    meetings.answering.add(real.descriptor.multiaddrs[0] ?? '')
    meetings.newcomers.told(entryOf(real), createIdentity(random).peerId)
    expect(meetings.newcomers.size).to.equal(129)
    await meetings.clock.advance(ms(20_000))
    expect(meetings.admitted).to.deep.equal([real.peerId])
    expect(meetings.dialled.length, 'ten a second at most').to.be.within(100, 201)
    for (let teller = 0; teller < 20; teller++) {
      for (let i = 0; i < 100; i++) meetings.newcomers.told(entryOf(memberAt('10.3.0.1', peerIdText(`of ${teller} ${i}`))), peerIdText(`teller ${teller}`))
    }
    expect(meetings.newcomers.size).to.be.at.most(1024)
    meetings.newcomers.stop()
  })
})
