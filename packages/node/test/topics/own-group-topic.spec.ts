import '../../src/polyfill.ts'
import { createVirtualClock } from '@srwan/clock'
import { Listeners, ms } from '@srwan/interface'
import type { VirtualClock } from '@srwan/clock'
import type { OwnGroup } from '@srwan/groups'
import { createOrganisation } from '@srwan/membership'
import { expect } from 'chai'
import { fixedTopic, OwnGroupTopic } from '../../src/topic-subscription.ts'
import { eventually } from '../test-network.ts'
import { DESCRIPTOR, EVERYBODY, createTestStack } from '../test-stack.ts'
import type { TopicPubsub } from '../../src/topic-subscription.ts'

const OVERLAP = ms(60_000)
const accept = (): never => 'accept' as never

/** Gossipsub as far as subscriptions go, with what was done to it. */
function recorded(): { readonly pubsub: TopicPubsub; readonly read: Set<string>; readonly done: string[] } {
  const read = new Set<string>()
  const done: string[] = []
  const pubsub = {
    topicValidators: new Map(),
    subscribe: (topic: string) => {
      read.add(topic)
      done.push(`+${topic}`)
    },
    unsubscribe: (topic: string) => {
      read.delete(topic)
      done.push(`-${topic}`)
    }
  } as unknown as TopicPubsub
  return { pubsub, read, done }
}

describe('the topic of the own group', () => {
  let clock: VirtualClock
  let number: number
  let gossip: ReturnType<typeof recorded>
  let listeners: Listeners<{ change: OwnGroup }>
  let topic: OwnGroupTopic
  const own = (): OwnGroup => ({ number, isGuest: false, members: [], guests: [] })
  const moveTo = (next: number): void => {
    number = next
    listeners.emit('change', own())
  }

  beforeEach(() => {
    clock = createVirtualClock()
    number = 4
    gossip = recorded()
    listeners = new Listeners<{ change: OwnGroup }>()
    const groups = { own, on: listeners.on.bind(listeners), off: listeners.off.bind(listeners) }
    topic = new OwnGroupTopic({ pubsub: gossip.pubsub, groups, clock }, { nameOf: (group) => (group === 0 ? undefined : `g${group}`), overlap: OVERLAP })
    topic.open(accept)
  })

  it('is spoken to at once after a regrouping, and the one before is listened to for a while', async () => {
    expect([topic.current(), ...gossip.read]).to.deep.equal(['g4', 'g4'])
    moveTo(5)
    expect([topic.current(), ...gossip.read]).to.deep.equal(['g5', 'g4', 'g5'])
    expect([topic.includes('g4'), topic.includes('g5'), topic.includes('g6')]).to.deep.equal([true, true, false])
    expect([...gossip.pubsub.topicValidators.keys()]).to.deep.equal(['g4', 'g5'])
    await clock.advance(ms(OVERLAP - 1))
    expect([...gossip.read]).to.deep.equal(['g4', 'g5'])
    await clock.advance(ms(1))
    expect([...gossip.read]).to.deep.equal(['g5'])
    expect([...gossip.pubsub.topicValidators.keys()]).to.deep.equal(['g5'])
    expect(topic.includes('g4')).to.equal(false)
  })

  it('is one of two at most, however often the groups change', async () => {
    for (let group = 5; group < 40; group++) {
      moveTo(group)
      expect([...gossip.read]).to.deep.equal([`g${group - 1}`, `g${group}`])
    }
    await clock.advance(OVERLAP)
    expect([...gossip.read]).to.deep.equal(['g39'])
  })

  it('is not left and entered again by whoever goes back at once', async () => {
    moveTo(5)
    await clock.advance(ms(OVERLAP / 2))
    moveTo(4)
    await clock.advance(ms(OVERLAP - 1))
    expect([topic.current(), ...gossip.read]).to.deep.equal(['g4', 'g4', 'g5'])
    await clock.advance(ms(1))
    expect(gossip.done).to.deep.equal(['+g4', '+g5', '+g4', '-g5'])
  })

  it('is none for a guest whom no group takes, and nothing is left of it at the end', async () => {
    moveTo(0)
    expect(topic.current()).to.equal(undefined)
    expect([...gossip.read]).to.deep.equal(['g4'])
    moveTo(7)
    topic.close()
    moveTo(8)
    await clock.advance(OVERLAP)
    expect([...gossip.read]).to.deep.equal([])
    expect(gossip.pubsub.topicValidators.size).to.equal(0)
    expect(topic.current()).to.equal(undefined)
  })
})

describe('topics that nobody asked for', function () {
  this.timeout(30_000)

  it('are remembered of a member up to a bound, and what is said there is dropped', async () => {
    const organisation = createOrganisation()
    const honest = await createTestStack({ id: 'bounds', organisation }, () => EVERYBODY)
    const hostile = await createTestStack({ id: 'bounds', organisation }, () => EVERYBODY)
    const peers = [honest, hostile]
    try {
      for (const { roster, stack } of peers) {
        await roster.start()
        await stack.start()
        await roster.announce(DESCRIPTOR)
      }
      const { pubsub } = honest.stack.services
      const received: string[] = []
      pubsub.addEventListener('message', ({ detail }) => received.push(detail.topic))
      fixedTopic(pubsub, 'wanted').open(accept)
      await hostile.stack.dial(honest.stack.getMultiaddrs())
      const others = Array.from({ length: 100 }, (_, i) => `x${i}`)
      const remembered = (): number => others.filter((topic) => pubsub.getSubscribers(topic).length > 0).length
      await eventually('they gossip', () => hostile.stack.services.pubsub.getSubscribers('wanted').length === 1)
      const flood = hostile.stack.services.pubsub
      for (const topic of ['wanted', ...others]) flood.subscribe(topic)
      // Both sides of its messages would be remembered where they were taken.
      const inner = pubsub as unknown as { readonly mcache: { readonly msgs: ReadonlyMap<string, unknown> }; readonly subscriptions: ReadonlySet<string> }
      const sender = flood as unknown as { readonly sendRpc: (to: string, rpc: unknown) => void }
      await eventually('the one that both read is known', () => pubsub.getSubscribers('wanted').length === 1)
      for (const topic of ['x1', 'x2', 'x90', 'wanted']) sender.sendRpc(honest.identity.peerId, { subscriptions: [], messages: [{ topic, data: Buffer.from(topic) }] })
      await eventually('the one that both read arrives', () => received.length > 0)
      expect(received).to.deep.equal(['wanted'])
      expect(inner.mcache.msgs.size).to.equal(1)
      expect(remembered()).to.be.within(1, 7)
    } finally {
      for (const { roster, stack } of peers) {
        await roster.stop()
        await stack.stop()
      }
    }
  })
})
