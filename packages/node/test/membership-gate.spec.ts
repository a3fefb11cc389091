import '../src/polyfill.ts'
import { expect } from 'chai'
import { systemClock } from '@srwan/clock'
import { ms } from '@srwan/interface'
import { createOrganisation } from '@srwan/membership'
import { silentLogger } from '@srwan/testing'
import { ROSTER_PROTOCOL, encodeRosterMessage } from '@srwan/wire'
import { lpStream } from '@libp2p/utils'
import { GossipTopic } from '../src/group-topic.ts'
import { fixedTopic } from '../src/topic-subscription.ts'
import { signOwnRecord } from '../src/roster/own-record.ts'
import type { RosterService } from '../src/roster/roster-service.ts'
import { eventually } from './test-network.ts'
import { DESCRIPTOR, EVERYBODY, createTestStack, membershipOf } from './test-stack.ts'
import type { NetworkStack } from '../src/network-stack.ts'
import type { Identity } from '@srwan/membership'
import type { RosterRecord } from '@srwan/wire'

const TOPIC = 'srwan/gate/group/1'
const clock = systemClock()
const organisation = createOrganisation()
const NETWORK = 'gate'

interface Peer {
  readonly identity: Identity
  readonly stack: NetworkStack
  readonly received: string[]
  readonly roster: RosterService
  readonly topic: GossipTopic
}

/** libp2p, roster and topic of a node; a stranger runs the same without the roster and the gate. */
async function peer(gate: 'gated' | 'open' = 'gated'): Promise<Peer> {
  const { identity, stack, roster } = await createTestStack({ id: NETWORK, organisation }, gate === 'gated' ? undefined : () => EVERYBODY)
  const topic = new GossipTopic({ pubsub: stack.services.pubsub, roster, logger: silentLogger().forComponent('t') }, fixedTopic(stack.services.pubsub, TOPIC))
  const received: string[] = []
  topic.on('message', ({ data }) => {
    received.push(Buffer.from(data).toString())
  })
  return { identity, stack, roster, topic, received }
}

async function startMember(member: Peer): Promise<Peer> {
  await member.roster.start()
  await member.stack.start()
  await member.roster.announce(DESCRIPTOR)
  await member.topic.start()
  return member
}

async function startStranger(stranger: Peer): Promise<Peer> {
  await stranger.stack.start()
  stranger.stack.services.pubsub.subscribe(TOPIC)
  stranger.stack.services.pubsub.addEventListener('message', (event) => {
    stranger.received.push(Buffer.from(event.detail.data).toString())
  })
  return stranger
}

describe('the membership gate', function () {
  this.timeout(40_000)
  const running: Peer[] = []
  const track = async (starting: Promise<Peer>): Promise<Peer> => {
    const started = await starting
    running.push(started)
    return started
  }
  afterEach(async () => {
    for (const each of running.splice(0)) {
      await each.roster.stop()
      await each.stack.stop()
    }
  })

  it('lets members publish and subscribe, and strangers neither', async () => {
    const a = await track(startMember(await peer()))
    const b = await track(startMember(await peer()))
    await b.stack.dial(a.stack.getMultiaddrs())
    await eventually('a and b know each other', () => a.roster.members().length === 2 && b.roster.members().length === 2)
    const stranger = await track(startStranger(await peer('open')))
    await stranger.stack.dial(a.stack.getMultiaddrs())
    await eventually('the stranger believes to be subscribed', () => stranger.stack.services.pubsub.getPeers().length > 0)
    await eventually('the pulse of b arrives', () => {
      void b.topic.publish(Buffer.from(`pulse of b ${Math.random()}`))
      void stranger.stack.services.pubsub.publish(TOPIC, Buffer.from(`pulse of a stranger ${Math.random()}`))
      return a.received.length > 3
    })
    await eventually('the stranger is disconnected', () => a.stack.getConnections().length === 1)
    expect([...a.received, ...b.received].filter((text) => text.includes('stranger'))).to.deep.equal([])
    expect(stranger.received).to.deep.equal([])
    expect(a.roster.members()).to.have.lengthOf(2)
  })

  it('carries what each of six members publishes to all others', async () => {
    const members: Peer[] = []
    for (let i = 0; i < 6; i++) members.push(await track(startMember(await peer())))
    for (const [i, member] of members.entries()) {
      for (const other of members.slice(0, i).slice(-2)) await member.stack.dial(other.stack.getMultiaddrs())
    }
    await eventually('six in one roster', () => members.every((member) => member.roster.members().length === 6))
    const heard = (listener: Peer, speaker: Peer): boolean => listener === speaker || listener.received.some((text) => text.includes(speaker.identity.sid))
    const pulses = clock.setInterval(() => {
      for (const member of members) void member.topic.publish(Buffer.from(`pulse of ${member.identity.sid} ${Math.random()}`))
    }, ms(250))
    await eventually('everybody hears everybody', () => members.every((listener) => members.every((speaker) => heard(listener, speaker)))).finally(() => {
      pulses.cancel()
    })
  })

  const hostile: readonly (readonly [string, (stranger: Peer, victim: Peer) => Promise<Uint8Array>])[] = [
    ['nothing that decodes', () => Promise.resolve(Buffer.from('ffffffffffff', 'hex'))],
    ['an empty frame', () => Promise.resolve(new Uint8Array(0))],
    ['a frame without a record', () => Promise.resolve(encodeRosterMessage({}))],
    ['the record of another member', (_stranger, victim) => Promise.resolve(encodeRosterMessage({ records: victim.roster.members().length > 0 ? [recordOf(victim)] : [] }))],
    [
      'a certificate of another organisation',
      async (stranger) =>
        encodeRosterMessage({
          records: [
            await signOwnRecord(stranger.identity, NETWORK, { membership: membershipOf(createOrganisation(), NETWORK, stranger.identity), descriptor: DESCRIPTOR, number: 1 })
          ]
        })
    ],
    [
      'a certificate of somebody else with an own descriptor',
      async (stranger, victim) =>
        encodeRosterMessage({
          records: [await signOwnRecord(stranger.identity, NETWORK, { membership: membershipOf(organisation, NETWORK, victim.identity), descriptor: DESCRIPTOR, number: 1 })]
        })
    ],
    [
      'an own certificate with a descriptor of another network',
      async (stranger) =>
        encodeRosterMessage({
          records: [await signOwnRecord(stranger.identity, 'other', { membership: membershipOf(organisation, NETWORK, stranger.identity), descriptor: DESCRIPTOR, number: 1 })]
        })
    ]
  ]
  for (const [what, frame] of hostile) {
    it(`tells nothing to, and disconnects, a peer that shows ${what}`, async () => {
      const victim = await track(startMember(await peer()))
      const stranger = await track(startStranger(await peer('open')))
      const connection = await stranger.stack.dial(victim.stack.getMultiaddrs())
      const frames = lpStream(await connection.newStream(ROSTER_PROTOCOL))
      await frames.write(await frame(stranger, victim))
      const answer = await frames.read().then(
        (bytes) => Buffer.from(bytes.subarray()),
        () => undefined
      )
      const name = Buffer.from(victim.identity.publicKey)
      expect(answer?.includes(name) ?? false).to.equal(false)
      await eventually('disconnected', () => victim.stack.getConnections().length === 0)
      expect(victim.roster.members()).to.have.lengthOf(1)
      await stranger.stack.dial(victim.stack.getMultiaddrs()).catch(() => {})
      await eventually('not listened to again', () => victim.stack.getConnections().length === 0)
    })
  }
})

function recordOf(of: Peer): RosterRecord {
  const record = of.roster.ownRecord()
  if (record === undefined) throw new Error('no own record')
  return record
}
